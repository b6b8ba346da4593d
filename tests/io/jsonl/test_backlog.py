"""What waits in memory."""

from __future__ import annotations

import pytest

from hilt.io.jsonl import backlog
from hilt.io.jsonl.backlog import Backlog, lost_notice
from hilt.testing import fixed


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    """Ten bytes are all."""
    monkeypatch.setattr(backlog, "BACKLOG_BYTES", 10)


def test_steps_come_out_as_they_came_in():
    """Oldest first, and part by part where only a part could be written."""
    waiting = Backlog()
    assert waiting.add(b"aa\nbb\n")
    assert waiting.add(b"c\n")

    assert waiting.first() == b"aa\nbb\n"
    waiting.replace_first(b"bb\n")
    assert waiting.first() == b"bb\n"
    waiting.replace_first(b"")
    assert waiting.first() == b"c\n"
    assert waiting.clear() == 1
    assert not waiting


def test_the_newest_are_lost_when_it_is_full():
    """They are counted; a single step may be as long as it likes."""
    waiting = Backlog()

    assert waiting.add(b"x" * 20 + b"\n")
    assert not waiting.add(b"b\nc\n")
    assert waiting.lost == 2
    waiting.replace_first(b"")
    assert waiting.add(b"d\n")


def test_room_is_made_by_what_is_written():
    """Each byte that leaves can be taken again."""
    waiting = Backlog()
    waiting.add(b"aaaa\nbbbb\n")
    assert not waiting.add(b"c\n")
    waiting.replace_first(b"bbbb\n")

    assert waiting.add(b"c\n")


def test_exactly_so_many_bytes_may_wait():
    """The bound is the last size that is allowed."""
    waiting = Backlog()

    assert waiting.add(b"aaaa\n")
    assert waiting.add(b"bbbb\n")
    assert not waiting.add(b"c\n")


def test_what_is_cleared_leaves_no_trace():
    """Neither in the room that is left, nor in what was lost."""
    waiting = Backlog()
    waiting.add(b"aaaa\nbbbb\n")
    waiting.add(b"c\n")

    assert waiting.clear() == 2
    assert waiting.lost == 0
    assert waiting.add(b"aaaa\nbbb\n")
    assert waiting.add(b"\n")
    assert not waiting.add(b"\n")


@pytest.mark.parametrize(("lost", "events"), [(1, "1 event"), (3, "3 events")])
def test_a_notice_is_an_event(lost, events):
    """It gives the number and the reason, to programs and to people."""
    with fixed():
        notice = lost_notice(lost, "No space")

    assert notice.to_dict() == {
        "hilt_version": "1.0.0",
        "event_id": "evt_019b76daa80070008000000000000001",
        "timestamp": "2026-01-01T00:00:00.000000Z",
        "session_id": "conv_aba0d436bef75e47",
        "actor": {"type": "system", "id": "hilt"},
        "action": "system",
        "extensions": {
            "error_code": "events_lost",
            "lost_events": lost,
            "message": f"{events} could not be written: No space",
        },
    }
