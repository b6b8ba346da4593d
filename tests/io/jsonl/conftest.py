"""What the tests of the local file share."""

from __future__ import annotations

import pytest

from hilt.io.jsonl import log_file


class Clock:
    """The clock by which a log knows when to see again whether its path leads to it."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """What time it is, in seconds."""
        return self.now

    def advance(self, milliseconds: float) -> None:
        """Let time pass."""
        self.now += milliseconds / 1000


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still unless it is advanced."""
    clock = Clock()
    monkeypatch.setattr(log_file, "_monotonic", clock)
    return clock
