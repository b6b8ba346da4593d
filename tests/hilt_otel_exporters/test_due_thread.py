"""Tests for the thread that writes what is due."""

from __future__ import annotations

import threading

from hilt.core.guard import guard
from hilt_otel_exporters.due_thread import start_due_thread


class Work:
    """Waits for so many rounds, and notes what is done."""

    def __init__(self, rounds: int, *, fails: bool = False, arrivals: int = 0) -> None:
        self.rounds, self.fails, self.arrivals = rounds, fails, arrivals
        self.written = 0

    def wait_s(self) -> float | None:
        """Nothing waits after the last round."""
        return 0.0 if self.rounds else None

    def write_due(self) -> None:
        """One round."""
        self.rounds -= 1
        self.written += 1
        if self.fails:
            raise ValueError

    def may_stop(self) -> bool:
        """Something may have come at the last moment."""
        if not self.arrivals:
            return True
        self.arrivals -= 1
        self.rounds += 1
        return False


def run(work: Work) -> None:
    """Let a thread do the work until it ends."""
    thread = start_due_thread(work)
    thread.join(10)
    assert not thread.is_alive()


def test_it_ends_when_nothing_waits() -> None:
    """After every round there was."""
    work = Work(3)
    run(work)

    assert work.written == 3


def test_it_does_not_end_if_something_came_at_the_last_moment() -> None:
    """Between the look and the end."""
    work = Work(1, arrivals=2)
    run(work)

    assert work.written == 3


def test_error_is_counted_and_ends_nothing() -> None:
    """The next round is done all the same."""
    errors, work = guard.errors, Work(2, fails=True)
    run(work)

    assert (work.written, guard.errors) == (2, errors + 2)


def test_it_ends_when_its_work_is_gone() -> None:
    """It holds nobody alive."""
    asleep, gone = threading.Event(), threading.Event()

    class Endless(Work):
        def wait_s(self) -> float | None:
            asleep.set()
            return 0.01

        def __del__(self) -> None:
            gone.set()

    thread = start_due_thread(Endless(1_000_000))
    assert asleep.wait(10)
    thread.join(10)

    assert gone.wait(10)
    assert not thread.is_alive()
