"""Finding the event or the conversation whose id begins with a text."""

from __future__ import annotations

from dataclasses import dataclass, field

from hilt.analysis.event_lines import EventLine, event_line
from hilt.core.exceptions import ConfigurationError
from hilt.core.ids_and_times import conversation_id_of
from hilt.io.read.scan import LogScan

__all__ = ["IdMatches", "begins_session_id", "match_ids", "names_a_time"]

_MOST_SHOWN = 8
_TIME_DIGITS = len("evt_") + 12


@dataclass
class IdMatches:
    """The ids that begin with a text.

    Args:
        text: The text.
    """

    text: str
    events: dict[str, EventLine] = field(default_factory=dict)
    sessions: set[str] = field(default_factory=set)

    def add(self, line: EventLine) -> None:
        """Take a line whose ids may begin with the text."""
        text, event_id, session = self.text, line.event_id.decode(), line.session.decode()
        if len(self.events) <= _MOST_SHOWN and event_id.startswith((text, f"evt_{text}")):
            self.events[event_id] = line
        if len(self.sessions) <= _MOST_SHOWN and begins_session_id(text, session):
            self.sessions.add(session)

    def only(self) -> EventLine | str | None:
        """The only event (as a line) or conversation (its id) that matches; None if none does.

        Raises:
            ConfigurationError: If there are several; the message lists them.
        """
        for name in (self.text, f"conv_{self.text}", conversation_id_of(self.text)):
            if name in self.sessions:
                return name
        exact = self.events.get(self.text) or self.events.get(f"evt_{self.text}")
        if exact is not None:
            return exact
        names = [*sorted(self.sessions), *sorted(self.events)]
        if len(names) > 1:
            more = ", ..." if len(names) > _MOST_SHOWN else ""
            raise ConfigurationError(
                f"{self.text!r} could be {', '.join(names[:_MOST_SHOWN])}{more}: give more of it"
            )
        if self.sessions:
            return names[0]
        return self.events[names[0]] if names else None

    def nearest(self, other: str) -> str | None:
        """The id that has the longest beginning in common with another one."""
        names = [*self.sessions, *self.events]
        return max(names, key=lambda name: _common(name, other), default=None)


def begins_session_id(text: str, session_id: str) -> bool:
    """Whether a text is the beginning of a conversation's id, or the name that its id is from."""
    return session_id.startswith((text, f"conv_{text}")) or session_id == conversation_id_of(text)


def match_ids(text: str, scan: LogScan) -> IdMatches:
    """The ids in the lines of a scan that begin with a text."""
    matches = IdMatches(text)
    for block in scan:
        for data in block.lines:
            try:
                matches.add(event_line(data))
            except ValueError:
                continue
    return matches


def names_a_time(text: str) -> bool:
    """Whether a beginning of an event's id includes its time, so that similar ids are near it."""
    return text.startswith("evt_") and len(text) >= _TIME_DIGITS


def _common(name: str, other: str) -> int:
    """How many characters two ids have in common at the beginning, with or without a prefix."""
    short = name.partition("_")[2]
    return max(_equal(name, other), _equal(short, other))


def _equal(name: str, other: str) -> int:
    pairs = enumerate(zip(name, other, strict=False))
    return next((index for index, (one, two) in pairs if one != two), min(len(name), len(other)))
