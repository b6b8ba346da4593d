"""One line of a log, decoded only as far as needed.

The id, time, conversation, actor and action are at the beginning of a line that HILT writes, and
are read by one regular expression; `EventLine.record` and `EventLine.event` decode more.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec

from hilt.analysis.records import Record, RecordActor, decode_record
from hilt.core.decoding import decode_event
from hilt.core.event import ENDING_ACTIONS, Event
from hilt.core.json_types import JsonObject

__all__ = ["ENDINGS", "EventLine", "event_line"]

ENDINGS = frozenset(map(str.encode, ENDING_ACTIONS))
"""`ENDING_ACTIONS` as bytes."""

_head = re.compile(
    rb'\{"hilt_version":"[^"\\]*","event_id":"([^"\\]+)","timestamp":"([^"\\]+)",'
    rb'"session_id":"([^"\\]+)","actor":\{"type":"([a-z]+)","id":"([^"\\]*)"'
    rb'(?:,"name":"[^"\\]*")?\},"action":"([a-z_]+)"'
).match


class EventLine(msgspec.Struct, gc=False):
    """A line, and the values at its beginning, as bytes."""

    line: bytes
    event_id: bytes
    time: bytes
    session: bytes
    actor_type: bytes
    actor_id: bytes
    action: bytes
    decoded: Record | None = None

    @property
    def record(self) -> Record:
        """The fields that questions need; only those at its beginning if the line is no JSON."""
        if self.decoded is None:
            try:
                self.decoded = decode_record(self.line)
            except ValueError:
                self.decoded = self._beginning()
        return self.decoded

    def _beginning(self) -> Record:
        texts = (self.event_id, self.time, self.session, self.actor_type, self.actor_id)
        event_id, time, session, kind, actor = (each.decode("utf-8", "replace") for each in texts)
        return Record(event_id, time, session, RecordActor(kind, actor))

    @property
    def content(self) -> JsonObject:
        """``content``, decoded."""
        return self.record.decoded_content()

    def event(self) -> Event:
        """The whole event.

        Raises:
            EventError: If it breaks the format.
        """
        return decode_event(self.line)


_new: Callable[..., EventLine] = EventLine


def event_line(line: bytes) -> EventLine:
    """A line with the values at its beginning.

    Raises:
        ValueError: If it is no event; the message says what is wrong.
    """
    head = _head(line)
    if head is not None:
        return _new(line, *head.groups())
    record = decode_record(line)
    actor = record.actor
    texts = (record.event_id, record.timestamp, record.session_id, actor.type, actor.id)
    return _new(line, *(text.encode() for text in texts), record.action.encode(), decoded=record)
