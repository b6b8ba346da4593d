"""Writes into rows that are there, and what undoes them."""

from __future__ import annotations

import pytest

from hilt.core.event import Event
from hilt.io.sheets.connection import Json
from hilt.io.sheets.errors import CallError
from hilt.io.sheets.marks import read_marks
from hilt.io.sheets.row_backups import (
    RowWrite,
    WrittenCell,
    comparable,
    guarded_requests,
    settle_backups,
)
from hilt.io.sheets.sink import SheetsSink
from hilt.testing.sheets import SheetsEmulator

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
    monkeypatch.setattr("hilt.io.sheets.row_backups._PATIENCE_S", patience)
    monkeypatch.setattr("hilt.io.sheets.row_backups._settle", lambda *_: False)
    connection = sink_of().connect()
    write(sheets, sink_of(), 2, events[0].extensions["reply_to"])

    if is_shown:
        assert settle_backups(connection) == set()
    else:
        with pytest.raises(CallError, match="rows keep moving"):
            settle_backups(connection)
    (backup,) = [tab for tab in sheets.book() if tab.title.startswith("HILT backup")]
    assert backup.hidden is not is_shown
    assert (backup.title in caplog.text) is is_shown
    assert bool(read_marks(connection).backups) is not is_shown


@pytest.mark.parametrize(
    ("value", "text"), [(1.0, "1"), (1, "1"), (0.25, "0.25"), ("x" * 99, "x" * 60), ("", "")]
)
def test_values_are_compared_as_a_sheet_gives_them_back(value, text):
    """A whole number comes back without its point."""
    assert comparable(value) == text
