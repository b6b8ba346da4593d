"""Headers that people have deleted, emptied, sorted away or written over."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hilt.testing.sheets import SheetsEmulator

from .conftest import HURRY, answer_to, prompt_of, put


def rows_area(sheets: SheetsEmulator, start: int, end: int) -> dict[str, object]:
    """Some rows of the tab."""
    sheet_id = sheets.book().tab("Logs").sheet_id
    return {"sheetId": sheet_id, "dimension": "ROWS", "startIndex": start, "endIndex": end}


def delete_header(sheets: SheetsEmulator) -> None:
    """Delete the first row."""
    sheets.edit("book", {"deleteDimension": {"range": rows_area(sheets, 0, 1)}})


def empty_header(sheets: SheetsEmulator) -> None:
    """Select the first row, and press Delete."""
    sheets.type_in("book", "Logs!A1", *[""] * sheets.book().tab("Logs").column_count)


def empty_some(sheets: SheetsEmulator) -> None:
    """Empty three names."""
    sheets.type_in("book", "Logs!B1", "", "", "")


def sort_away(sheets: SheetsEmulator) -> None:
    """Sort the tab with its header."""
    area = {"sheetId": sheets.book().tab("Logs").sheet_id}
    spec = {"dimensionIndex": 0, "sortOrder": "ASCENDING"}
    sheets.edit("book", {"sortRange": {"range": area, "sortSpecs": [spec]}})


def move_columns_and_delete(sheets: SheetsEmulator) -> None:
    """Drag the last column to the front, and delete the first row."""
    last = sheets.book().tab("Logs").column_count - 1
    source = {**rows_area(sheets, last, last + 1), "dimension": "COLUMNS"}
    sheets.edit("book", {"moveDimension": {"source": source, "destinationIndex": 0}})
    delete_header(sheets)


@pytest.mark.parametrize(
    "harm", [delete_header, empty_header, empty_some, sort_away, move_columns_and_delete]
)
@pytest.mark.parametrize("rows", ["calls", "events"])
def test_header_is_written_again_and_rows_stay(sheets, sink_of, harm, rows):
    """The next program puts it back; all rows are read before and afterwards."""
    sink = sink_of(rows=rows)
    sink.open()
    prompt = prompt_of("a")
    put(sink, prompt, answer_to(prompt))
    assert sink.flush(10)
    sink.close()
    before = sheets.book().tab("Logs")
    harm(sheets)
    read = [event.event_id for event in sink_of(rows=rows).read()]
    assert read == [prompt.event_id, *read[1:]]
    assert len(read) == 2

    following = sink_of(rows=rows)
    following.open()
    put(following, prompt_of("b"), answer_to(prompt_of("c")))
    assert following.flush(10)
    after = sheets.book().tab("Logs")
    assert sorted(after.values()[0]) == sorted(before.values()[0])
    assert len(after.values()) == len(before.values()) + (1 if rows == "calls" else 2)
    assert [event.event_id for event in following.read()][:2] == read
    assert [tab.title for tab in sheets.book()] == ["Sheet1", "Logs"]
    assert all(after.cell(0, at).format["textFormat"] == {"bold": True} for at in range(15))


def test_running_program_puts_a_deleted_header_back(sheets, sink_of):
    """It looks now and then, when it looks for tables."""
    sink = sink_of(pace=replace(HURRY, look_s=0.0))
    sink.open()
    for text in "abcdef":
        prompt = prompt_of(text)
        put(sink, prompt, answer_to(prompt))
        assert sink.flush(10)
        if text == "a":
            delete_header(sheets)

    assert sheets.book().tab("Logs").values()[0][:3] == ["Time", "Who", "Outcome"]
    assert len(sheets.book().tab("Logs").values()) == 7
    assert [tab.title for tab in sheets.book()] == ["Sheet1", "Logs"]


def test_titles_above_the_header_stay(sheets, sink_of):
    """A second header is not written into the rows that a person has inserted."""
    sink_of().open()
    sheets.edit("book", {"insertDimension": {"range": rows_area(sheets, 0, 2)}})
    sheets.type_in("book", "Logs!A1", "Our log")
    before = sheets.book().tab("Logs").rows

    sink_of().open()
    assert sheets.book().tab("Logs").rows == before


def test_first_row_of_a_person_stays_and_is_named(sheets, sink_of, caplog):
    """Where nobody can know what the first row is, the one thing to do is said."""
    sink_of().open()
    empty_header(sheets)
    sheets.type_in("book", "Logs!A1", "Our log")
    before = sheets.book().tab("Logs").rows

    sink_of().open()
    assert sheets.book().tab("Logs").rows == before
    assert "Insert an empty row at the top" in caplog.text
    sheets.edit("book", {"insertDimension": {"range": rows_area(sheets, 0, 1)}})
    sink_of().open()
    assert sheets.book().tab("Logs").values()[0][:3] == ["Time", "Who", "Outcome"]


def test_renamed_header_stays(sheets, sink_of):
    """Other words over the columns are a person's choice."""
    sink_of().open()
    sheets.type_in("book", "Logs!A1", "Wann", "Wer")
    writes = len(sheets.calls_of("write"))

    sink_of().open()
    assert sheets.book().tab("Logs").values()[0][:3] == ["Wann", "Wer", "Outcome"]
    assert len(sheets.calls_of("write")) == writes
