"""Fixed ids and a fixed clock, so that a test can compare whole events."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

from hilt.core import clock, git_commit, ids_and_times
from hilt.core.arguments import millis_checked
from hilt.core.exceptions import ConfigurationError
from hilt.core.ids_and_times import to_nanos

__all__ = ["FixedClock", "fixed"]


class FixedClock:
    """A clock that moves only when `advance` is called, or a little at each reading.

    Args:
        start: Its first time, RFC 3339.
        step_ms: How far each reading moves it, in milliseconds.
    """

    def __init__(self, start: str = "2026-01-01T00:00:00Z", step_ms: float = 0) -> None:
        if not isinstance(start, str):
            raise ConfigurationError(f"start: {start!r} is not a time as 2026-01-01T00:00:00Z")
        self.start = to_nanos(start)
        self.now = self.start
        self.step = round(millis_checked("step_ms", step_ms) * 1_000_000)

    def advance(self, seconds: float) -> None:
        """Move the clock forward by a number of seconds."""
        if isinstance(seconds, bool) or not isinstance(seconds, int | float):
            raise ConfigurationError(f"advance: {seconds!r} is not a number of seconds")
        self.now += round(seconds * 1_000_000_000)

    def unix_nanos(self) -> int:
        """The time, in nanoseconds since the epoch."""
        reading = self.now
        self.now += self.step
        return reading

    def monotonic_nanos(self) -> int:
        """The time since the start, in nanoseconds."""
        return self.unix_nanos() - self.start


class _Counter:
    """Counts 1, 2, 3 in place of random bits."""

    def __init__(self) -> None:
        self._numbers = count(1)

    def getrandbits(self, _k: int, /) -> int:
        return next(self._numbers)


@contextmanager
def fixed(start: str = "2026-01-01T00:00:00Z", *, step_ms: float = 0) -> Iterator[FixedClock]:
    """Stop HILT's clocks, make its event ids the same in every run, and name no git commit.

    >>> from hilt.core.ids_and_times import new_event_id
    >>> with fixed() as time:
    ...     first = new_event_id()
    ...     time.advance(1.5)
    >>> first
    'evt_019b76daa80070008000000000000001'

    Args:
        start: The time at which the clock stands, RFC 3339.
        step_ms: How far each reading of the clock moves it, in milliseconds.
    """
    stopped = FixedClock(start, step_ms)
    clocks = clock.unix_nanos, clock.monotonic_nanos
    hidden, git_commit.is_hidden = git_commit.is_hidden, True
    before = ids_and_times.swap_source(_Counter())
    clock.unix_nanos, clock.monotonic_nanos = stopped.unix_nanos, stopped.monotonic_nanos
    try:
        yield stopped
    finally:
        clock.unix_nanos, clock.monotonic_nanos = clocks
        ids_and_times.swap_source(*before)
        git_commit.is_hidden = hidden
