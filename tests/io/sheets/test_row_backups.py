"""What a backup holds."""

from __future__ import annotations

import pytest

from hilt.io.sheets.row_backups import (
    Backup,
    RowWrite,
    WrittenCell,
    comparable,
    guarded_requests,
    read_backups,
)
from hilt.testing.sheets import SheetsEmulator

WRITE = RowWrite(7, 1, "evt_2", 0, [WrittenCell("event_id", 0, "evt_2")], [(1, "evt_1")], 2)


def test_backup_holds_the_row_and_its_header(sheets: SheetsEmulator, sink_of):
    """As they were right before the write, which is in the same request."""
    sheets.edit("book", {"addSheet": {"properties": {"sheetId": 7, "title": "Log"}}})
    for at, cells in enumerate([("Event id", "Prompt id"), ("evt_0", "evt_1")], 1):
        sheets.type_in("book", f"Log!A{at}", *cells)
    connection = sink_of().connect()
    write = {"userEnteredValue": {"stringValue": "evt_2"}}
    start = {"sheetId": 7, "rowIndex": 1, "columnIndex": 0}
    update = {"start": start, "rows": [{"values": [write]}], "fields": "userEnteredValue"}
    connection.batch([*guarded_requests([WRITE], [{"updateCells": update}], "Log")])

    (tab,) = [each for each in sheets.book() if each.title.startswith("HILT backup")]
    assert read_backups(connection, {tab.sheet_id: tab.title}) == [
        Backup(tab.sheet_id, 0, WRITE, ["evt_0", "evt_1"], ["Event id", "Prompt id"])
    ]
    assert sheets.book().tab("Log").values()[1] == ["evt_2", "evt_1"]


@pytest.mark.parametrize(
    ("before", "is_right"),
    [(["", "evt_1"], True), (["", "evt_9"], False), ([], False)],
)
def test_row_is_known_by_what_is_not_written(before, is_right):
    """Another row's prompt is in its place."""
    assert WRITE.is_right(before) is is_right


@pytest.mark.parametrize(
    ("before", "is_right"),
    [
        (["", "evt_2"], True),
        (["evt_2", ""], True),
        (["evt_9", ""], False),
        (["", ""], False),
    ],
)
def test_row_that_another_program_has_put_right_is_known_by_all_that_was_written(before, is_right):
    """An empty cell where the id was says nothing: most rows have one there."""
    cells = [WrittenCell("event_id", 0, "evt_2"), WrittenCell("", 1, "")]
    assert RowWrite(7, 1, "evt_2", 0, cells, [(1, "evt_2")], 2).is_right(before) is is_right


@pytest.mark.parametrize(
    ("header", "column"),
    [(["a", "b"], 1), (["b", "a"], 0), (["b", "b"], 1), (["a"], 1)],
)
def test_column_is_found_by_its_header_if_that_is_clear(header, column):
    """A name that is there twice, or no more, says nothing."""
    assert Backup(1, 0, WRITE, [], ["a", "b"]).column_now(1, header) == column


@pytest.mark.parametrize(
    ("value", "text"), [(1.0, "1"), (1, "1"), (0.25, "0.25"), ("x" * 99, "x" * 60), ("", "")]
)
def test_values_are_compared_as_a_sheet_gives_them_back(value, text):
    """A whole number comes back without its point."""
    assert comparable(value) == text
