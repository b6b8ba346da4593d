"""Histories from files to a log."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hilt.core.event import Event
from hilt.core.exceptions import ReadError
from hilt.genai.observation import Observation
from hilt.genai.values import Request
from hilt.imports.formats import format_named
from hilt.imports.importing import (
    _event_id,
    _Events,
    _imported_ids,
    import_histories,
)
from hilt.io.session import Session
from tests.imports.histories import entry, events_of, import_file, piece, text, write_lines

FIRST = entry("user", "u1", None, 1, "Hello"), piece("a1", "u1", 2, text("Hi"))
SECOND = entry("user", "u2", "a1", 3, "More"), piece("a2", "u2", 4, text("Yes"), id="msg_2")


def test_second_import_adds_nothing(tmp_path: Path) -> None:
    """The log is as it was."""
    path, log = write_lines(tmp_path / "session.jsonl", *FIRST), tmp_path / "log.jsonl"
    import_file(path)
    before = log.read_bytes()

    assert import_file(path).events == 0
    assert log.read_bytes() == before


def test_history_that_has_grown_adds_what_is_new(tmp_path: Path) -> None:
    """What is new continues what the log has."""
    import_file(write_lines(tmp_path / "session.jsonl", *FIRST))

    events = events_of(write_lines(tmp_path / "session.jsonl", *FIRST, *SECOND))

    assert [each.action for each in events] == ["prompt", "completion"] * 2
    assert (events[2].extensions or {})["context_of"] == events[1].event_id


def test_lost_events_are_written_again(tmp_path: Path) -> None:
    """An import that was interrupted is completed by the next one."""
    path, log = write_lines(tmp_path / "session.jsonl", *FIRST), tmp_path / "log.jsonl"
    import_file(path)
    whole = log.read_bytes()
    log.write_bytes(whole.splitlines(keepends=True)[0])

    assert import_file(path).events == 1
    assert log.read_bytes() == whole


def test_events_are_in_the_order_of_their_times(tmp_path: Path) -> None:
    """Whichever file has them."""
    later = write_lines(tmp_path / "later.jsonl", *SECOND)
    earlier = write_lines(tmp_path / "earlier.jsonl", *FIRST)
    found = format_named("claude-code")

    with Session(tmp_path / "log.jsonl") as session:
        import_histories([(later, found), (earlier, found)], session)

    with Session(tmp_path / "log.jsonl", mode="r") as session:
        moments = [each.timestamp for each in session.read()]
    assert moments == sorted(moments)
    assert len(moments) == 4


def test_ids_sort_by_time_within_a_call(tmp_path: Path) -> None:
    """As those of calls that are logged as they happen."""
    events = events_of(write_lines(tmp_path / "session.jsonl", *FIRST, *SECOND))

    ids = [each.event_id for each in events]
    assert ids == sorted(ids)


def test_content_can_be_left_out(tmp_path: Path) -> None:
    """Then the log has numbers only, and a pseudonym for the conversation."""
    path = write_lines(tmp_path / "session.jsonl", *FIRST)

    import_file(path, capture_content=False)

    written = (tmp_path / "log.jsonl").read_text()
    assert "Hello" not in written
    assert "session-1" not in written
    assert '"cost_usd"' in written


def test_processors_get_the_events(tmp_path: Path) -> None:
    """A session with processors writes what they return."""
    path = write_lines(tmp_path / "session.jsonl", *FIRST)

    def drop_prompts(event: Event) -> Event | None:
        return None if event.action == "prompt" else event

    with Session(tmp_path / "log.jsonl", processors=[drop_prompts]) as session:
        import_histories([(path, format_named("claude-code"))], session)

    with Session(tmp_path / "log.jsonl", mode="r") as session:
        assert [each.action for each in session.read()] == ["completion"]


def test_progress_counts_bytes_of_all_files(tmp_path: Path) -> None:
    """It ends at the size of all of them."""
    first = write_lines(tmp_path / "a.jsonl", *FIRST)
    second = write_lines(tmp_path / "b.jsonl", *SECOND)
    found, reports = format_named("claude-code"), []

    with Session(tmp_path / "log.jsonl") as session:
        import_histories([(first, found), (second, found)], session, on_progress=reports.append)

    assert reports[-1] == first.stat().st_size + second.stat().st_size


def test_empty_history_makes_no_log(tmp_path: Path) -> None:
    """A file is made when there is something to write."""
    path = write_lines(tmp_path / "session.jsonl", FIRST[0])
    session = Session(tmp_path / "log.jsonl")

    assert import_histories([(path, format_named("claude-code"))], session).calls == 0
    assert not (tmp_path / "log.jsonl").exists()


def test_log_that_cannot_be_read_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise events would be written twice."""
    path, log = write_lines(tmp_path / "session.jsonl", *FIRST), tmp_path / "log.jsonl"
    import_file(path)

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("hilt.imports.importing.LogScan.__iter__", refuse)

    with pytest.raises(ReadError, match="Permission denied"):
        import_file(path, log)


def test_without_content_only_marks_of_a_call_stay() -> None:
    """A branch may have a person's name; that a call is of an agent of its own is a fact."""
    call = Observation(Request("chat", "openai", model="m"), started=1)
    call.extensions = {"branch": "for-ann", "sidechain": True, "count": 1}

    _Events(capture_content=False).of_call("k", call)

    assert call.extensions == {"sidechain": True}


@pytest.mark.parametrize("most", [1, 100])
def test_events_are_written_as_they_become_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    """All of them, whenever that is."""
    monkeypatch.setattr("hilt.imports.importing._SORTED_AT_ONCE", most)

    events = events_of(write_lines(tmp_path / "session.jsonl", *FIRST, *SECOND))

    assert [each.action for each in events] == ["prompt", "completion"] * 2


def test_log_that_is_no_file_has_no_events(tmp_path: Path) -> None:
    """A device cannot be read again, and a folder that is a file has no log in it."""
    (tmp_path / "file").touch()

    assert list(_imported_ids(Path(os.devnull))) == []
    assert list(_imported_ids(tmp_path / "file" / "log.jsonl")) == []
    assert list(_imported_ids(tmp_path / "none.jsonl")) == []


def test_ids_of_one_call_sort_by_the_position_of_their_events() -> None:
    """Whatever their hashes are, to the hundredth and within one millisecond."""
    started = 1_790_000_000_123_000_000
    ids = [_event_id(f"key/{number}", started, number) for number in range(100)]

    assert ids == sorted(ids)
    assert {each[: len("evt_") + 12] for each in ids} == {f"evt_{started // 1_000_000:012x}"}
    assert {(len(each), each[16]) for each in ids} == {(36, "7")}
    assert _event_id("key/0", started, 0) == ids[0] != _event_id("key/x", started, 0)
