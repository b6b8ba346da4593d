"""The sink in memory."""

from __future__ import annotations

from hilt.core.event import Event
from hilt.io.session import Session
from hilt.testing import MemorySink


def test_events_are_kept():
    """In order, with the steps in which they came, until they are forgotten."""
    sink = MemorySink()
    event = Event(session_id="s", actor={"type": "human", "id": "u"}, action="prompt")
    with Session(sink) as session:
        assert sink.is_open
        session.append_all([event, event])
        assert session.flush()

    assert not sink.is_open
    assert sink.events == list(session.read()) == [event, event]
    assert sink.steps == [2]
    sink.clear()
    assert sink.events == []
