"""What was written into other rows is put back, in a number of requests that has a limit."""

from __future__ import annotations

import itertools
import time

import pytest

from hilt.core.event import Event
from hilt.io.sheets.connection import Json
from hilt.io.sheets.errors import CallError
from hilt.io.sheets.marks import read_marks
from hilt.io.sheets.restored_rows import settle_backups
from hilt.io.sheets.retry import LOOK_ATTEMPTS
from hilt.io.sheets.row_backups import RowWrite, WrittenCell, guarded_requests
from hilt.io.sheets.sink import SheetsSink
from hilt.testing.sheets import Fault, SheetsEmulator

from .conftest import answer_to, prompt_of, put


@pytest.fixture
def events(sheets: SheetsEmulator, sink_of) -> list[Event]:
    """The endings of two calls, whose rows are in the sheet."""
    sink = sink_of()
    sink.open()
    prompts = [prompt_of("a"), prompt_of("b")]
    endings = [answer_to(each) for each in prompts]
    put(sink, prompts[0], endings[0], prompts[1], endings[1])
    assert sink.flush(10)
    sink.close()
    return endings


def write_of(sheets: SheetsEmulator, row: int, prompt_id: str) -> tuple[RowWrite, list[Json]]:
    """Another answer, and its id, for the row with a prompt's id."""
    tab = sheets.book().tab("Logs")
    header = tab.values()[0]
    answer, event_id, prompt = (header.index(name) for name in ("Answer", "Event id", "Prompt id"))
    cells = [WrittenCell("answer", answer, "new"), WrittenCell("event_id", event_id, "evt_new")]
    write = RowWrite(
        tab.sheet_id, row, "evt_new", event_id, cells, [(prompt, prompt_id)], tab.column_count
    )
    requests = [
        {
            "updateCells": {
                "start": {"sheetId": tab.sheet_id, "rowIndex": row, "columnIndex": each.column},
                "rows": [{"values": [{"userEnteredValue": {"stringValue": each.value}}]}],
                "fields": "userEnteredValue",
            }
        }
        for each in cells
    ]
    return write, requests


def write_all(sheets: SheetsEmulator, sink: SheetsSink, prompts: list[Event]) -> None:
    """Write an answer for each prompt into the row behind its own, all in one request."""
    pairs = [
        write_of(sheets, 1 + at % len(prompts), prompt.event_id)
        for at, prompt in enumerate(prompts, 1)
    ]
    requests = [each for _, requests in pairs for each in requests]
    sink.connect().batch([*guarded_requests([one for one, _ in pairs], requests, "Logs")])


def write(sheets: SheetsEmulator, sink: SheetsSink, row: int, prompt_id: str) -> None:
    """Write into a row as a program that is killed right afterwards."""
    one, requests = write_of(sheets, row, prompt_id)
    sink.connect().batch([*guarded_requests([one], requests, "Logs")])


def test_write_into_the_right_row_stays_and_its_backup_goes(sheets, sink_of, events):
    """The hidden tab is there for a moment only."""
    sink = sink_of()
    write(sheets, sink, 1, events[0].extensions["reply_to"])
    (backup,) = [tab for tab in sheets.book() if tab.title.startswith("HILT backup")]
    assert backup.hidden

    assert settle_backups(sink.connect()) == {"evt_new"}
    assert [row[8] for row in sheets.book().tab("Logs").values()] == [
        "Answer", "new", "A language.",
    ]  # fmt: skip
    assert [tab.title for tab in sheets.book()] == ["Sheet1", "Logs"]


def test_next_program_undoes_what_a_killed_one_wrote_into_another_row(sheets, sink_of, events):
    """All that the row had is there again, with its formats."""
    before = sheets.book().tab("Logs")
    write(sheets, sink_of(), 2, events[0].extensions["reply_to"])
    assert sheets.book().tab("Logs").values() != before.values()

    sink_of().open()
    assert sheets.book().tab("Logs").rows == before.rows
    assert [tab.title for tab in sheets.book()] == ["Sheet1", "Logs"]


def test_row_that_a_person_has_deleted_meanwhile_is_not_looked_for(sheets, sink_of, events):
    """Nothing is written into what is there in its place."""
    sink = sink_of()
    write(sheets, sink, 2, events[0].extensions["reply_to"])
    area = {"sheetId": sheets.book().tab("Logs").sheet_id, "dimension": "ROWS"}
    sheets.edit("book", {"deleteDimension": {"range": {**area, "startIndex": 2, "endIndex": 3}}})
    before = sheets.book().tab("Logs").rows

    assert settle_backups(sink.connect()) == set()
    assert sheets.book().tab("Logs").rows == before
    assert not read_marks(sink.connect()).backups


def test_two_programs_may_undo_the_same_write(sheets, sink_of, events):
    """The second one finds nothing to do."""
    before = sheets.book().tab("Logs").rows
    sink = sink_of()
    write(sheets, sink, 2, events[0].extensions["reply_to"])
    marks = read_marks(sink.connect())

    for _ in range(2):
        assert "evt_new" not in settle_backups(sink.connect(), marks)
    assert sheets.book().tab("Logs").rows == before


@pytest.mark.parametrize(("patience", "is_shown"), [(60.0, False), (0.0, True)])
def test_backup_that_comes_to_no_end_is_left_to_people(
    sheets, sink_of, events, monkeypatch, caplog, patience, is_shown
):
    """For a minute it is tried again; then the tab is shown, and a warning names it."""
    monkeypatch.setattr("hilt.io.sheets.restored_rows._PATIENCE_S", patience)
    monkeypatch.setattr("hilt.io.sheets.restored_rows._settle", lambda *_: False)
    connection = sink_of().connect()
    before = sheets.book().tab("Logs").rows
    write(sheets, sink_of(), 2, events[0].extensions["reply_to"])

    if is_shown:
        assert "evt_new" not in settle_backups(connection)
    else:
        with pytest.raises(CallError, match="rows keep moving"):
            settle_backups(connection)
    (backup,) = [tab for tab in sheets.book() if tab.title.startswith("HILT backup")]
    assert backup.hidden is not is_shown
    assert (backup.title in caplog.text) is is_shown
    assert bool(read_marks(connection).open_backups) is not is_shown
    # Later, when nobody moves anything, it comes to an end all the same.
    monkeypatch.undo()
    monkeypatch.setattr("hilt.io.sheets.restored_rows._PATIENCE_S", patience)
    assert "evt_new" not in settle_backups(connection)
    assert [tab.title for tab in sheets.book()] == ["Sheet1", "Logs"]
    assert sheets.book().tab("Logs").rows == before


def test_shown_backup_holds_up_no_row_and_is_told_of_once(
    sheets, sink_of, events, monkeypatch, caplog
):
    """Programs go on, and those that start, too."""
    monkeypatch.setattr("hilt.io.sheets.restored_rows._PATIENCE_S", 0.0)
    monkeypatch.setattr("hilt.io.sheets.restored_rows._settle", lambda *_: False)
    write(sheets, sink_of(), 2, events[0].extensions["reply_to"])
    sink = sink_of()
    sink.open()
    assert "HILT backup" in caplog.text
    caplog.clear()
    prompt = prompt_of("c")
    put(sink, prompt, answer_to(prompt))
    sheets.faults.add(Fault("reset_after"))
    assert sink.flush(10)
    sink.close()
    sink_of().open()
    assert "HILT backup" not in caplog.text
    assert len(sheets.book().tab("Logs").values()) == 4


def test_running_program_deletes_a_shown_backup_once_all_is_well(
    sheets, sink_of, events, monkeypatch
):
    """It looks again a minute later, and needs no other row to be written."""
    sink = sink_of()
    sink.open()
    monkeypatch.setattr("hilt.io.sheets.restored_rows._PATIENCE_S", 0.0)
    monkeypatch.setattr("hilt.io.sheets.restored_rows._settle", lambda *_: False)
    prompt = prompt_of("c")
    put(sink, prompt, answer_to(prompt))
    assert sink.flush(10)
    sink._thread.sender._unchecked.look_later()
    write(sheets, sink, 2, events[0].extensions["reply_to"])
    until = time.monotonic() + 10
    while not any(not tab.hidden for tab in sheets.book() if "backup" in tab.title):
        assert time.monotonic() < until
        time.sleep(0.02)
    monkeypatch.undo()
    while any("backup" in tab.title for tab in sheets.book()):
        assert time.monotonic() < until
        time.sleep(0.02)


@pytest.fixture
def many(sheets: SheetsEmulator, sink_of, count: int) -> list[Event]:
    """Prompts that are answered."""
    sink = sink_of()
    sink.open()
    prompts = [prompt_of(str(number)) for number in range(count)]
    put(sink, *(event for each in prompts for event in (each, answer_to(each))))
    assert sink.flush(10)
    sink.close()
    return prompts


@pytest.mark.parametrize("count", [2, 40])
def test_number_of_requests_does_not_grow_with_the_rows(sheets, sink_of, many, count):
    """One look at everything, one request that puts all back, and one more look."""
    before = sheets.book().tab("Logs").rows
    sink = sink_of()
    write_all(sheets, sink, many)
    connection, start = sink.connect(), len(sheets.calls)

    assert "evt_new" not in settle_backups(connection)
    kinds = [call.kind for call in sheets.calls[start:] if call.kind != "token"]
    assert (kinds.count("read"), kinds.count("write")) == (13, 2)
    assert sheets.book().tab("Logs").rows == before


@pytest.mark.parametrize("count", [20])
def test_each_request_that_fails_is_made_again_alone(sheets, sink_of, many, count):
    """Every second request fails: a look that had to begin anew would never end."""
    before = sheets.book().tab("Logs").rows
    sink = sink_of()
    write_all(sheets, sink, many)
    connection, usual = sink.connect(LOOK_ATTEMPTS), sheets.faults.next
    fail = itertools.cycle([Fault("status", on="read"), None])
    sheets.faults.next = lambda kind: next(fail) if kind == "read" else usual(kind)
    start = len(sheets.calls)

    assert "evt_new" not in settle_backups(connection)
    assert len([call for call in sheets.calls[start:] if call.kind == "read"]) == 13
    assert sheets.book().tab("Logs").rows == before


def test_backup_that_a_person_has_written_in_holds_up_nothing(sheets, sink_of, events):
    """What it held cannot be read any more: it goes, and the log goes on."""
    sink = sink_of()
    write(sheets, sink, 1, events[0].extensions["reply_to"])
    (backup,) = [tab for tab in sheets.book() if tab.title.startswith("HILT backup")]
    sheets.type_in("book", f"'{backup.title}'!A1", "What is this?")

    assert settle_backups(sink.connect()) == set()
    assert [tab.title for tab in sheets.book()] == ["Sheet1", "Logs"]
