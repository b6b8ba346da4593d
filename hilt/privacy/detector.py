"""Detectors that users write: functions that find what no pattern can, names above all."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from operator import index
from typing import SupportsIndex

from hilt.core import forks
from hilt.privacy.patterns import Finding

__all__ = ["DetectorFunction", "TimedDetector"]

DetectorFunction = Callable[[str], Iterable[tuple[SupportsIndex, SupportsIndex, str]]]
"""Gets a text; returns the place and the kind of each finding in it: ``(start, end, "name")``."""

_MOST_STUCK = 4


class TimedDetector:
    """Runs a detector in a thread of its own, and waits for it for a limited time.

    Args:
        function: The detector.
        seconds: How long one text may take.
    """

    def __init__(self, function: DetectorFunction, seconds: float) -> None:
        self._function = function
        self._seconds = seconds
        self._renew()
        forks.on_fork(self._renew)

    def _renew(self) -> None:
        self._lock = threading.Lock()
        self._stuck = 0

    def find(self, text: str) -> list[Finding]:
        """What the detector finds in a text.

        Raises:
            TimeoutError: If it takes too long, and its answer is thrown away; or if too many
                earlier calls still run.
            Exception: Whatever the detector raises.
            ValueError, TypeError: If it returns anything but places in the text and their kinds.
        """
        if self._stuck >= _MOST_STUCK:
            raise TimeoutError(f"the detector is busy with {self._stuck} earlier texts")
        request = _Request(text)
        threading.Thread(
            target=self._work, args=(request,), name="hilt-detector", daemon=True
        ).start()
        if not request.done.wait(self._seconds):
            with self._lock:
                request.given_up = not request.done.is_set()
                self._stuck += request.given_up
            raise TimeoutError(f"the detector took longer than {self._seconds} s")
        if request.error is not None:
            raise request.error
        return request.found

    def _work(self, request: _Request) -> None:
        request.run(self._function)
        with self._lock:
            request.done.set()
            self._stuck -= request.given_up


class _Request:
    """One text, and what was found in it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.done = threading.Event()
        self.found: list[Finding] = []
        self.error: Exception | None = None
        self.given_up = False

    def run(self, function: DetectorFunction) -> None:
        """Ask the detector. Never raises."""
        try:
            self.found = [self._checked(*each) for each in function(self.text)]
        except Exception as error:  # it is the user's code; the caller raises it
            self.error = error

    def _checked(self, start: SupportsIndex, end: SupportsIndex, kind: object) -> Finding:
        begin, stop = index(start), index(end)  # of NumPy, too
        if not isinstance(kind, str) or not 0 <= begin < stop <= len(self.text):
            raise ValueError(
                f"detector: ({start!r}, {end!r}, {kind!r}) is no finding; expected two places in "
                "the text and a kind"
            )
        return Finding(begin, stop, kind)
