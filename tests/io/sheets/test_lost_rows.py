"""A row that another was written over, and that a person has deleted then, comes back."""

from __future__ import annotations

import pytest

from hilt.io.sheets.restored_rows import settle_backups
from hilt.io.sheets.row_backups import RowWrite, WrittenCell, guarded_requests

from .conftest import answer_to, prompt_of, put


@pytest.fixture
def overwrite(sheets, sink_of):
    """Writes the first of three rows over the second one, as if a column had moved before."""
    options = {"rows": "events", "columns": ["message", "reply_to", "model"]}
    sink = sink_of(**options)
    sink.open()
    prompt = prompt_of("b")
    put(sink, prompt_of("a"), prompt, answer_to(prompt))
    assert sink.flush(10)
    sink.close()
    tab = sheets.book().tab("Logs")
    at = tab.values()[0].index("event_id")
    # The first row's id is where the column was when the row was sent.
    sheets.type_in("book", "Logs!C2", tab.values()[1][at])
    sheets.type_in("book", f"Logs!{chr(ord('A') + at)}2", "")
    values = sheets.book().tab("Logs").values()
    event_id = str(values[1][2])

    def write():
        cells = [
            WrittenCell("message", 0, "a"),
            WrittenCell("event_id", at, event_id),
            WrittenCell("model", 2, ""),
        ]
        expected = [(2, event_id)]
        one = RowWrite(tab.sheet_id, 2, event_id, at, cells, expected, tab.column_count)
        requests = [
            {
                "updateCells": {
                    "start": {"sheetId": tab.sheet_id, "rowIndex": 2, "columnIndex": each.column},
                    "rows": [{"values": [{"userEnteredValue": {"stringValue": each.value}}]}],
                    "fields": "userEnteredValue",
                }
            }
            for each in cells
        ]
        sink.connect().batch([*guarded_requests([one], requests, "Logs")])
        return values

    return write, sink


def delete_row(sheets, row: int) -> None:
    """Delete a row by hand."""
    area = {"sheetId": sheets.book().tab("Logs").sheet_id, "dimension": "ROWS"}
    area |= {"startIndex": row, "endIndex": row + 1}
    sheets.edit("book", {"deleteDimension": {"range": area}})


def test_row_that_was_written_over_and_deleted_is_made_again(sheets, overwrite):
    """Its answer, which has its id too, is not taken for it."""
    write, sink = overwrite
    header, first, second, third = write()
    delete_row(sheets, 2)

    settle_backups(sink.connect())
    assert sheets.book().tab("Logs").values() == [header, second, first, third]
    assert [tab.title for tab in sheets.book()] == ["Sheet1", "Logs"]


def test_two_programs_make_it_once(sheets, overwrite):
    """The one that comes later finds no backup any more."""
    write, sink = overwrite
    header, first, second, third = write()
    delete_row(sheets, 2)
    real, other = sheets.perform, sink.connect()

    def perform(call, query):
        if "insertDimension" in str(call.body):
            sheets.perform = real
            settle_backups(other)
        return real(call, query)

    sheets.perform = perform
    settle_backups(sink.connect())
    assert sheets.book().tab("Logs").values() == [header, second, first, third]


def test_row_that_is_put_back_is_not_made_again(sheets, overwrite):
    """Nobody has deleted anything."""
    write, sink = overwrite
    values = write()

    settle_backups(sink.connect())
    assert sheets.book().tab("Logs").values() == values
