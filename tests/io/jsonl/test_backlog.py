"""What waits in memory."""

from __future__ import annotations

import pytest

from hilt.io.jsonl import backlog
from hilt.io.jsonl.backlog import Backlog, lost_notice


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    """Ten bytes are all."""
    monkeypatch.setattr(backlog, "BACKLOG_BYTES", 10)


def test_steps_come_out_as_they_came_in():
    """Oldest first, and part by part where only a part could be written."""
    waiting = Backlog()
    assert waiting.take(b"aa\nbb\n", 2)
    assert waiting.take(b"c\n", 1)

    assert waiting.first() == b"aa\nbb\n"
    assert not waiting.shorten(3)
    assert waiting.first() == b"bb\n"
    assert waiting.shorten(3)
    assert waiting.first() == b"c\n"
    assert waiting.clear() == 1
    assert not waiting


def test_the_newest_are_lost_when_it_is_full():
    """They are counted; a single step may be as long as it likes."""
    waiting = Backlog()

    assert waiting.take(b"x" * 20 + b"\n", 1)
    assert not waiting.take(b"b\nc\n", 2)
    assert waiting.lost == 2
    waiting.shorten(21)
    assert waiting.take(b"d\n", 1)


def test_room_is_made_by_what_is_written():
    """Each byte that leaves can be taken again."""
    waiting = Backlog()
    waiting.take(b"aaaa\nbbbb\n", 2)
    assert not waiting.take(b"c\n", 1)
    waiting.shorten(5)

    assert waiting.take(b"c\n", 1)


def test_a_notice_is_an_event():
    """It names the number and the reason."""
    assert lost_notice(3, "No space").extensions["message"] == (
        "3 events could not be written: No space"
    )
