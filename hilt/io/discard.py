"""A sink that keeps nothing, for a program whose logging is switched off."""

from __future__ import annotations

from collections.abc import Iterator

from hilt.core.event import Event

__all__ = ["DiscardSink"]


class DiscardSink:
    """Take events, and keep none of them.

    >>> from hilt.io.session import Session
    >>> with Session(DiscardSink()) as session:
    ...     _ = session.append(Event(session_id="s", actor={"type": "human", "id": "user"},
    ...                              action="prompt"))
    ...     list(session.read())
    []
    """

    name = "discard"
    destination = "discard"
    dropped = 0

    def open(self) -> None:
        """Nothing to open."""

    def write(self, lines: bytes, count: int) -> None:
        """Keep nothing."""

    def flush(self, timeout: float | None = None) -> bool:
        """Always True: there is nothing to wait for."""
        return True

    def read(self) -> Iterator[Event]:
        """No events."""
        return iter(())

    def close(self) -> None:
        """Nothing to close."""
