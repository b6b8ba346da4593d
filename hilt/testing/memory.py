"""A sink that keeps events in memory, with nothing on disk."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from hilt.core.event import Event

__all__ = ["MemorySink"]

_NUMBERS = count()


class MemorySink:
    """Keep events in a list, for tests.

    >>> from hilt.io.session import Session
    >>> sink = MemorySink()
    >>> with Session(sink) as session:
    ...     _ = session.append(Event(session_id="s", actor={"type": "human", "id": "user"},
    ...                              action="prompt", content={"text": "Hi"}))
    >>> [event.content.text for event in sink.events]
    ['Hi']
    """

    name = "memory"

    def __init__(self) -> None:
        self._number = next(_NUMBERS)  # not its address, which the next one may have
        self.lines: list[bytes] = []
        self.steps: list[int] = []
        self.dropped = 0
        self.is_open = False

    @property
    def destination(self) -> str:
        """This sink and no other."""
        return f"memory {self._number}"

    @property
    def events(self) -> list[Event]:
        """The events that were written, oldest first."""
        return [Event.from_json(line) for line in list(self.lines)]

    def open(self) -> None:
        """Note that the sink is open."""
        self.is_open = True

    def write(self, lines: bytes, count: int) -> None:
        """Keep some lines; ``count`` is the number of events."""
        self.lines.extend(lines.split(b"\n")[:-1])
        self.steps.append(count)

    def flush(self, timeout: float | None = None) -> bool:
        """Always True: there is nothing to wait for."""
        return True

    def read(self) -> Iterator[Event]:
        """The events that were written, oldest first."""
        return iter(self.events)

    def clear(self) -> None:
        """Forget all events."""
        self.lines.clear()
        self.steps.clear()

    def close(self) -> None:
        """Note that the sink is closed; the events stay."""
        self.is_open = False
