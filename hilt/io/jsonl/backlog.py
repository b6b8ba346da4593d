"""Events that wait in memory while a file cannot be written: a bounded queue."""

from __future__ import annotations

from collections import deque

from hilt.core.event import Actor, Event
from hilt.core.ids import conversation_id_of

__all__ = ["BACKLOG_BYTES", "Backlog", "lost_notice"]

BACKLOG_BYTES = 16 * 1024 * 1024
"""How many bytes of events wait at most; a single step may be longer."""


class Backlog:
    """Steps in the order in which they were taken; the newest are lost when it is full."""

    def __init__(self) -> None:
        self._steps: deque[tuple[bytes, int]] = deque()
        self._bytes = 0
        self.lost = 0
        """How many events found no room since `clear` was called last."""

    def __bool__(self) -> bool:
        return bool(self._steps)

    def take(self, lines: bytes, count: int) -> bool:
        """Whether there was room for one more step."""
        if self._steps and self._bytes + len(lines) > BACKLOG_BYTES:
            self.lost += count
            return False
        if lines:
            self._steps.append((lines, count))
            self._bytes += len(lines)
        return True

    def first(self) -> bytes:
        """The lines of the oldest step."""
        return self._steps[0][0]

    def shorten(self, written: int) -> bool:
        """Drop so many bytes of whole lines of the oldest step; whether that was all of it."""
        lines, count = self._steps.popleft()
        self._bytes -= written
        if written == len(lines):
            return True
        self._steps.appendleft((lines[written:], count - lines.count(b"\n", 0, written)))
        return False

    def clear(self) -> int:
        """Forget everything, and return how many events waited."""
        left = sum(count for _, count in self._steps)
        self._steps.clear()
        self._bytes = 0
        self.lost = 0
        return left


def lost_notice(lost: int, reason: str) -> Event:
    """The event that says, in the log itself, that events are missing from it."""
    return Event(
        session_id=conversation_id_of("hilt"),
        actor=Actor(type="system", id="hilt"),
        action="system",
        extensions={
            "error_code": "events_lost",
            "lost_events": lost,
            "message": f"{lost} events could not be written: {reason}",
        },
    )
