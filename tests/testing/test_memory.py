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


def test_no_two_sinks_are_one_destination() -> None:
    """Also where the second has the address of the first, which is no more."""
    assert len({MemorySink().destination for _ in range(20)}) == 20
