"""Pace: requests a minute, shared by the processes of a machine, and waits after failures."""

from __future__ import annotations

import contextlib
import json
import os
import random
import time
from dataclasses import dataclass
from pathlib import Path

from hilt.io.descriptors import Descriptor, lock_beside

__all__ = ["Backoff", "Pace", "RateLimiter"]


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast and how patient a Sheets sink is.

    Args:
        writes_per_minute: Requests that write, for all sinks of this machine that use the same
            service account. Google's own limit is 60.
        reads_per_minute: Requests that read; only setting up and lost answers need any.
        minute_s: How long a minute is: a bit longer than Google's, as requests take time to
            arrive; short in tests.
        connect_s: How long to wait for a connection.
        read_s: How long to wait for an answer.
        settle_s: How long after an unanswered request it may still be carried out. Google gives
            up after 180 seconds.
        backoff_s: The longest first wait after a failure; it doubles with every further one.
        backoff_cap_s: The longest wait.
        look_s: How old the last look at the header may be when rows are sent, as people insert
            columns.
        poll_s: How often to look for what other processes have written.
        exit_s: How long the end of the program may take to deliver what waits.
        batch_rows: The most rows in one request.
        batch_bytes: The most bytes in one request; Google recommends 2 MB.
    """

    writes_per_minute: int = 60
    reads_per_minute: int = 60
    minute_s: float = 61.0
    connect_s: float = 5.0
    read_s: float = 60.0
    settle_s: float = 180.0
    backoff_s: float = 1.0
    backoff_cap_s: float = 64.0
    look_s: float = 2.0
    poll_s: float = 0.2
    exit_s: float = 5.0
    batch_rows: int = 500
    batch_bytes: int = 1_500_000

    def retry_refused(self) -> Backoff:
        """The waits between attempts while everything is refused: soon, then every few minutes."""
        return Backoff(self.minute_s / 6, 3 * self.minute_s, jitter=0.2)


class RateLimiter:
    """Counts requests in the last minute, in a file that processes share.

    Up to half of a minute's requests may go at once; the others are spread, so that a steady
    stream of rows is never held up for long.

    Args:
        path: The file.
        per_minute: How many requests a minute.
        minute_s: How long a minute is.
    """

    def __init__(self, path: Path, per_minute: int, minute_s: float) -> None:
        self.path = path
        self.per_minute = max(1, per_minute)
        self.minute_s = minute_s

    def take(self) -> float:
        """Count one request and return 0, or return how many seconds to wait before asking."""
        with lock_beside(str(self.path)):
            now = time.time()
            # Times in the future are from before the clock was set back.
            recent = [at for at in self._read() if now - self.minute_s < at <= now]
            wait = self._wait(recent, now)
            if wait <= 0:
                with Descriptor(str(self.path), os.O_WRONLY | os.O_CREAT | os.O_TRUNC) as file:
                    os.write(file.fd, json.dumps([*recent, now]).encode())
            return max(0.0, wait)

    def used(self) -> int:
        """How many requests there were in the last minute."""
        now = time.time()
        return len([at for at in self._read() if now - self.minute_s < at <= now])

    def _wait(self, recent: list[float], now: float) -> float:
        if len(recent) >= self.per_minute:
            return recent[-self.per_minute] + self.minute_s - now
        if len(recent) * 2 >= self.per_minute and len(recent) > 1:
            return recent[-1] + 2 * self.minute_s / self.per_minute - now
        return 0.0

    def _read(self) -> list[float]:
        with contextlib.suppress(OSError, ValueError, TypeError):
            return sorted(float(at) for at in json.loads(self.path.read_text()))
        return []


class Backoff:
    """Waits that grow with every failure in a row, and are shortened at random.

    Args:
        first_s: The longest first wait.
        cap_s: The longest wait of all.
        jitter: The part of a wait that is random; 1 is all of it ("full jitter").
    """

    def __init__(self, first_s: float, cap_s: float, jitter: float = 1.0) -> None:
        self._first, self._cap, self._jitter = first_s, cap_s, jitter
        self._random = random.Random()  # noqa: S311 - chance, not secrecy
        self.failures = 0

    def reset(self) -> None:
        """Start over after a success."""
        self.failures = 0

    def next(self, at_least: float | None = None) -> float:
        """How many seconds to wait now; at least as long as the service asks for."""
        longest = min(self._cap, self._first * 2.0 ** min(self.failures, 32))
        self.failures += 1
        wait = self._random.uniform(longest * (1 - self._jitter), longest)
        return wait if at_least is None else at_least + min(wait, 1.0)
