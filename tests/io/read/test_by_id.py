"""One event of a log, by its id."""

from __future__ import annotations

from pathlib import Path

import pytest

from hilt.core.event import Event
from hilt.io.read.by_id import event_by_id


def line(event_id: str, **extensions: str) -> bytes:
    """An event in a log."""
    event = Event(
        event_id=event_id,
        session_id=f"conversation of {event_id}",
        actor={"type": "agent", "id": "acme"},
        action="completion",
        extensions=extensions,
    )
    return event.to_json().encode() + b"\n"


def found(path: Path, event_id: str, **options: int) -> str | None:
    """The conversation of the event that is found."""
    event = event_by_id(path, event_id, **options)
    return event.session_id if event else None


def test_event_is_found_by_its_id(tmp_path: Path) -> None:
    """And no other that names it, or is torn."""
    log = tmp_path / "log.jsonl"
    about = [line(f"evt_{number}", reply_to="evt_9") for number in range(3)]
    log.write_bytes(b"".join(about) + b'{"event_id": "evt_9", torn\n' + line("evt_9"))

    assert found(log, "evt_9") == "conversation of evt_9"
    assert found(log, "evt_1") == "conversation of evt_1"
    assert found(log, "evt_") is None


def test_line_that_is_not_ended(tmp_path: Path) -> None:
    """It counts, if it is whole."""
    log = tmp_path / "log.jsonl"
    log.write_bytes(line("evt_1") + line("evt_2").rstrip())

    assert found(log, "evt_2") == "conversation of evt_2"


@pytest.mark.parametrize("count", [1, 5000])
def test_only_the_end_is_read(tmp_path: Path, count: int) -> None:
    """A log may be longer than anybody wants to wait for, and than a chunk."""
    log = tmp_path / "log.jsonl"
    log.write_bytes(line("evt_first") + line("evt_between") * count + line("evt_last"))

    within = len(line("evt_between")) * count + len(line("evt_last")) + 5
    assert found(log, "evt_last", within=within) == "conversation of evt_last"
    assert found(log, "evt_first", within=within) is None
    assert found(log, "evt_first") == "conversation of evt_first"


def test_log_that_is_not_there(tmp_path: Path) -> None:
    """Nothing is in it."""
    assert event_by_id(tmp_path / "none.jsonl", "evt_1") is None
