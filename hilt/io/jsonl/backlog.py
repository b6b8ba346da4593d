"""Events that wait in memory while a file cannot be written: a bounded queue."""

from __future__ import annotations

from collections import deque

from hilt.core.event import Actor, Event
from hilt.core.ids_and_times import conversation_id_of

__all__ = ["BACKLOG_BYTES", "Backlog", "count_of", "lost_notice", "number_of_events"]

BACKLOG_BYTES = 16 * 1024 * 1024
"""How many bytes of events may wait; a single step may be longer."""


class Backlog:
    """Steps (lines written together) in order; when it is full, new ones are lost."""

    def __init__(self) -> None:
        self._steps: deque[bytes] = deque()
        self._bytes = 0
        self.lost = 0
        """How many events were lost since the last `clear`."""

    def __bool__(self) -> bool:
        return bool(self._steps)

    def add(self, lines: bytes) -> bool:
        """Add a step if there is room for it; return whether there was."""
        if self._steps and self._bytes + len(lines) > BACKLOG_BYTES:
            self.lost += count_of(lines)
            return False
        if lines:
            self._steps.append(lines)
            self._bytes += len(lines)
        return True

    def first(self) -> bytes:
        """The lines of the oldest step."""
        return self._steps[0]

    def replace_first(self, rest: bytes) -> None:
        """Keep only the rest of the oldest step, or nothing of it."""
        self._bytes += len(rest) - len(self._steps.popleft())
        if rest:
            self._steps.appendleft(rest)

    def clear(self) -> int:
        """Forget everything, and return how many events were waiting."""
        waiting = sum(map(count_of, self._steps))
        self._steps.clear()
        self._bytes = 0
        self.lost = 0
        return waiting


def count_of(lines: bytes) -> int:
    """How many events some lines have."""
    return lines.count(b"\n")


def number_of_events(count: int) -> str:
    """``1 event``, or ``2 events``."""
    return "1 event" if count == 1 else f"{count} events"


def lost_notice(lost: int, reason: str) -> Event:
    """The event by which a log says that events are missing from it."""
    return Event(
        session_id=conversation_id_of("hilt"),
        actor=Actor(type="system", id="hilt"),
        action="system",
        extensions={
            "error_code": "events_lost",
            "lost_events": lost,
            "message": f"{number_of_events(lost)} could not be written: {reason}",
        },
    )
