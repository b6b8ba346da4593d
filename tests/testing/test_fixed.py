"""Fixed ids and a fixed clock."""

from __future__ import annotations

from hilt.core import clock
from hilt.core.event import Event
from hilt.core.ids_and_times import new_event_id, now
from hilt.testing import fixed


def test_events_are_the_same_in_every_run():
    """Ids count, and the time stands still."""
    with fixed("2026-05-01T12:00:00+02:00"):
        event = Event(session_id="s", actor={"type": "human", "id": "u"}, action="prompt")
        second = new_event_id()

    assert event.to_dict() == {
        "hilt_version": "1.0.0",
        "event_id": "evt_019de2fb190070008000000000000001",
        "timestamp": "2026-05-01T10:00:00.000000Z",
        "session_id": "s",
        "actor": {"type": "human", "id": "u"},
        "action": "prompt",
    }
    assert second == "evt_019de2fb190070018000000000000002"


def test_time_moves_when_it_is_told_to():
    """Both clocks move together."""
    with fixed("2026-01-01T00:00:00Z") as time:
        assert now() == "2026-01-01T00:00:00.000000Z"
        time.advance(1.5)
        assert now() == "2026-01-01T00:00:01.500000Z"
        assert clock.monotonic_nanos() == 1_500_000_000


def test_time_can_move_with_each_reading():
    """For durations that are not zero."""
    with fixed(step_ms=2):
        assert clock.monotonic_nanos() == 0
        assert clock.monotonic_nanos() == 2_000_000


def test_afterwards_all_is_as_before():
    """Ids are random again, and sort after those of before; clocks run."""
    before = new_event_id()
    clocks = clock.unix_nanos, clock.monotonic_nanos
    with fixed(), fixed():
        pass

    assert (clock.unix_nanos, clock.monotonic_nanos) == clocks
    assert new_event_id() > before
