"""Calls with fixed times, and a writer that keeps what it is given."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hilt.core.event import Event
from hilt.core.event_writer import EventWriter
from hilt.genai.observation import Observation
from hilt.genai.values import Message, Part, Request, Response

STARTED = 1_767_225_600_000_000_000  # 2026-01-01T00:00:00Z
ENDED = STARTED + 250_000_000


def text(content: str) -> Part:
    """A part that is text."""
    return {"type": "text", "content": content}


def message(role: str, *parts: Part | str) -> Message:
    """A message of texts and other parts."""
    return {
        "role": role,
        "parts": [text(part) if isinstance(part, str) else part for part in parts],
    }


def request(*messages: Message, **fields: Any) -> Request:
    """A chat request to a provider that does not exist."""
    named = {"operation": "chat", "provider": "acme", "model": "acme-1", "messages": messages}
    return Request(**{**named, **fields})


def answer(*parts: Part | str, **fields: Any) -> Response:
    """An answer of one choice."""
    return Response(messages=[message("assistant", *parts)], **fields)


def call(
    asked: Request | None = None, response: Response | None = None, **fields: Any
) -> Observation:
    """A call that says "Hi", unless told otherwise."""
    return Observation(
        asked or request(message("user", "Hi")),
        STARTED,
        ENDED,
        response=response,
        **fields,
    )


class ListWriter(EventWriter):
    """Keeps what it is given: steps of encoded lines, or events."""

    def __init__(self, *, takes_lines: bool = True) -> None:
        self.takes_lines = takes_lines
        self.steps: list[tuple[int, bool]] = []
        self.events: list[Event] = []

    @property
    def destination(self) -> tuple[str, ...]:
        """Its own."""
        return (str(id(self)),)

    def write_lines(self, lines: bytes, count: int, *, more_follow: bool = False) -> None:
        """Keep the events, how many there were said to be, and whether more follow."""
        self.steps.append((count, more_follow))
        self.events += [Event.from_json(line) for line in lines.splitlines()]

    def append_all(self, events: Iterable[Event], *, are_read: bool = False) -> list[Event]:
        """Keep the events."""
        written = list(events)
        self.steps.append((len(written), False))
        self.events += written
        return written

    @property
    def actions(self) -> list[str]:
        """What the events are."""
        return [event.action for event in self.events]
