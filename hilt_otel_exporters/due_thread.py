"""A thread that writes what is due, and lives only while something waits."""

from __future__ import annotations

import threading
import time
import weakref
from typing import Protocol

from hilt.core.guard import guard

__all__ = ["Waiting", "start_due_thread"]

_LONGEST_S = 1.0  # what waits may be written earlier than was planned


class Waiting(Protocol):
    """What the thread works for; it does not keep it alive."""

    def wait_s(self) -> float | None:
        """Seconds until something is due; None while nothing waits."""
        ...

    def write_due(self) -> None:
        """Write it."""

    def may_stop(self) -> bool:
        """Whether still nothing waits, so that the thread may end: the next one starts anew."""
        ...


def start_due_thread(waiting: Waiting) -> threading.Thread:
    """Start a thread that writes what is due until nothing waits."""
    thread = threading.Thread(
        target=_run, args=(weakref.ref(waiting),), name="hilt-spans", daemon=True
    )
    thread.start()
    return thread


def _run(reference: weakref.ref[Waiting]) -> None:
    while True:
        seconds = _seconds_to_sleep(reference())
        if seconds is None:
            return
        time.sleep(seconds)
        waiting = reference()
        if waiting is None:
            return
        try:
            waiting.write_due()
        except Exception:
            guard.report("writing spans")
        del waiting


def _seconds_to_sleep(waiting: Waiting | None) -> float | None:
    """How long to sleep before something is due; None if the thread may end."""
    while waiting is not None:
        wait = waiting.wait_s()
        if wait is not None:
            return min(wait, _LONGEST_S)
        if waiting.may_stop():
            return None
    return None
