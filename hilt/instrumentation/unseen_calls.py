"""The counter of unseen calls: requests to known model hosts that no adapter observed.

Their host and their path are noted, and nothing else of them is read. Each host and path is said
once, by a warning and an event; how often it was, by an event at the end.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from logging import getLogger
from typing import Any

import msgspec

from hilt.core import forks
from hilt.core.event import Actor, Content, Event
from hilt.core.guard import guard
from hilt.instrumentation.calling_package import (
    calling_package,
    is_inside_http_library,
    is_read_by_stream,
    is_sent_by_pool,
)
from hilt.instrumentation.enclosing_calls import ENCLOSING, EnclosingCall
from hilt.instrumentation.engine import Call
from hilt.instrumentation.http_functions import HttpFunction, HttpFunctions
from hilt.instrumentation.model_hosts import call_path, is_model_host
from hilt.instrumentation.nested_methods import NestedCall
from hilt.instrumentation.wrapping import OBSERVER_VARIABLES

__all__ = ["CONVERSATION", "UnseenCall", "UnseenCalls", "is_observed"]

CONVERSATION = "conv_unseen_calls"
"""The ``session_id`` of the events about unseen calls, which belong to no conversation."""

_LIMIT = 100  #: hosts and paths; a program that sends to more has been told enough

_logger = getLogger("hilt")


class UnseenCall(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is known of requests that no adapter observed.

    Args:
        host: Where they went.
        path: Without its query, and ``{id}`` for each part that somebody named; None for a TLS
            connection, whose requests are not looked at.
        package: The package that sent them, where one did.
    """

    host: str
    path: str | None = None
    package: str | None = None

    def __str__(self) -> str:
        what = f"POST {self.host}{self.path}"
        if self.path is None:
            what = f"a TLS connection to {self.host}"
        return what if self.package is None else f"{what} by {self.package}"


class UnseenCalls:
    """Counts the unseen calls of this process.

    Args:
        write: Writes an event to the log.
        capture_content: Whether an event has a text, which says what its fields say.
        excluded: The packages that the program does not want to be observed.
        hosts: More hosts that models are served at.
    """

    def __init__(
        self,
        write: Callable[[Event], Any],
        *,
        capture_content: bool = True,
        excluded: Collection[str] = (),
        hosts: Collection[str] = (),
    ) -> None:
        self._write = write
        self._capture_content = capture_content
        self._excluded = frozenset(excluded)
        self._counts: dict[UnseenCall, int] = {}
        self._logged: dict[UnseenCall, int] = {}
        more = frozenset(hosts)
        is_of_interest = (
            (lambda host: host in more or is_model_host(host)) if more else is_model_host
        )
        self._functions = HttpFunctions(is_of_interest, self._notice)
        self._renew()
        forks.on_fork(self._renew)

    def _renew(self) -> None:
        """A forked child counts its own, and says nothing again."""
        self._lock = threading.RLock()  # A signal handler may send a request, too.
        self._logged = dict(self._counts)

    @property
    def counts(self) -> dict[UnseenCall, int]:
        """How often each was sent, since `start`."""
        with self._lock:
            return dict(self._counts)

    def start(self) -> None:
        """Look at the requests of this process from now on."""
        self._functions.apply()

    def stop(self) -> None:
        """Give the HTTP libraries their functions back, and write what was counted."""
        self._functions.undo()
        self.write_totals()

    def _notice(
        self, host: str, function: HttpFunction, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        """A request is about to leave."""
        if is_observed(host):
            return
        if function.request is None:
            path, is_call = None, not is_inside_http_library()
        else:
            method, target = function.request(args, kwargs)
            path = call_path(method, target.partition("?")[0])
            is_call = path is not None
        if is_call and not (is_read_by_stream() or is_sent_by_pool()):
            package = calling_package()
            if package is None or self._excluded.isdisjoint((package, package.partition(".")[0])):
                self._count(UnseenCall(host, path, package))

    def _count(self, call: UnseenCall) -> None:
        with self._lock:
            count = self._counts.get(call, 0)
            if count == 0 and len(self._counts) >= _LIMIT:
                return
            self._counts[call] = count + 1
            if count == 0:
                self._logged[call] = 1
        if count == 0:
            _logger.warning(
                "%s is not logged: no adapter observes it; see docs/unseen_calls.md", call
            )
            self._write(self._event(call, 1))

    def write_totals(self) -> None:
        """Write how many there were since the event about each. Never raises."""
        with self._lock:
            later = {call: count - self._logged[call] for call, count in self._counts.items()}
            self._logged = dict(self._counts)
        for call, count in later.items():
            if count:
                try:
                    self._write(self._event(call, count))
                except Exception:
                    guard.report("writing how many calls were not observed")

    def _event(self, call: UnseenCall, count: int) -> Event:
        text = f"Not logged: {call}"
        if count > 1:
            text = f"{text}, {count:,} times more"
        unseen: dict[str, Any] = {**msgspec.to_builtins(call), "requests": count}
        return Event(
            session_id=CONVERSATION,
            actor=Actor("system", "hilt"),
            action="system",
            content=Content(text=text) if self._capture_content else None,
            extensions={"unseen_call": unseen},
        )


def is_observed(host: str | None = None) -> bool:
    """Whether the request that leaves here is part of a call that an adapter observes.

    Args:
        host: Where it goes, if it may stand for a call whose requests nothing observes.
    """
    for variable in OBSERVER_VARIABLES:
        observer = variable.get()
        if not isinstance(observer, EnclosingCall) and _is_in_progress(observer):
            return True
    enclosing = ENCLOSING.get()
    return enclosing is not None and enclosing.takes_http_request(host)


def _is_in_progress(observer: object) -> bool:
    if isinstance(observer, NestedCall):
        observer = observer.call
    return observer is not None and not (isinstance(observer, Call) and observer.is_over)
