"""Calls of a log as they end, and limits on their sums, checked while the log grows."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

from hilt.analysis.assembling import CallAssembler, is_ending
from hilt.analysis.calls import Call
from hilt.analysis.event_lines import ENDINGS, EventLine, event_line
from hilt.analysis.filters import Filters
from hilt.analysis.limits import Excess, LimitSums
from hilt.analysis.log import open_log
from hilt.core.ids_and_times import parse_timestamp
from hilt.io.read.by_id import event_by_id
from hilt.io.read.following import LogFollower
from hilt.io.read.parts import has_parts

__all__ = ["new_calls", "watch_limits"]

_LONGEST_CALL = timedelta(hours=1)
_RECENT = 1000
"""How many calls may end while the log is first read without being counted twice."""


def new_calls(
    follower: LogFollower,
    filters: Filters,
    before: Iterable[Call],
    stop: threading.Event | None = None,
) -> Iterator[Call]:
    """The calls that end from now on, including those in progress.

    Args:
        follower: Reads the log from where it ended before ``before`` was read.
        filters: Which calls are wanted.
        before: Calls that are known already: those that ended are not yielded again, and the
            endings of the others are waited for.
        stop: Set this to end.
    """
    assembler, tests = CallAssembler(chunks=filters.wants_chunks), filters.call_tests()
    known = set()
    for call in before:
        known.add(call.id)
        for line in call.opening if call.ending_line is None else ():
            assembler.feed(line)
    for batch in follower.batches(stop=stop):
        for event in batch:
            line = event_line(event.encode())
            if line.action in ENDINGS:
                _feed_forgotten(assembler, follower.path, line)
            assembler.feed(line)
        assembler.flush()  # the tools that an answer calls are written together with it
        ready, assembler.ready = assembler.ready, []
        for call in ready:
            if call.id not in known and all(test(call) for test in tests):
                yield call


def _feed_forgotten(assembler: CallAssembler, path: str, ending: EventLine) -> None:
    """Look up the prompt of a call that ends, if it was read so long ago that it is forgotten."""
    reply_to = ending.record.extensions.reply_to
    if not reply_to or assembler.awaits(reply_to):
        return
    if ending.action == b"system" and not is_ending(ending.record):
        return  # of a step: an agent's log has many, and each would take a search
    prompt = event_by_id(path, reply_to)
    if prompt is not None:
        assembler.feed(event_line(prompt.encode()))


def watch_limits(
    path: Path,
    sums: LimitSums,
    filters: Filters,
    *,
    follow: bool = True,
    stop: threading.Event | None = None,
) -> Generator[Excess, None, None]:
    """Each limit that the calls of a log exceed, whichever process wrote them.

    The calls of the current periods are read first, unless the filters say since when.

    Args:
        path: The log.
        sums: What is added up; a new one.
        filters: Which calls count.
        follow: Whether to wait for more at the end of the log.
        stop: Set this to end.
    """
    if filters.since is None:
        filters = replace(filters, since=sums.first_moment(datetime.now(timezone.utc)))
    recent: deque[Call] = deque(maxlen=_RECENT)
    running: list[Call] = []
    follower = LogFollower(path, from_end=True) if follow else None
    if follower is None or has_parts(path):
        log = open_log(path)
        # A call that ends in the period may have begun before it.
        earlier = parse_timestamp(filters.first) - _LONGEST_CALL
        wider = Filters(since=earlier, until=filters.until, utc=filters.utc)
        tests = filters.call_tests()
        scan = log.scan(wider)
        for call in log.read_calls(wider, scan):
            if call.ending_line is None:
                running.append(call)
            elif all(test(call) for test in tests):
                recent.append(call)
                yield from sums.add(call)
        sums.skipped, sums.errors = scan.skipped, scan.errors
    if follower is not None:
        for call in new_calls(follower, filters, [*running, *recent], stop):
            yield from sums.add(call)
