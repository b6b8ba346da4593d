"""Which tab a log is written to, and what happens to its header."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from hilt.core.exceptions import SinkError
from hilt.testing.sheets import Fault, SheetsEmulator, Tab

from .conftest import DOCUMENTED, HURRY, prompt_of, put


def test_new_tab_has_a_frozen_bold_header_and_no_cell_too_many(sheets, sink):
    """The tab looks made, and its grid is as small as it can be."""
    tab = sheets.book().tab("Logs")

    assert tab.frozen_rows == 1
    assert all(tab.cell(0, column).format["textFormat"] == {"bold": True} for column in range(7))
    assert tab.widths[3] > tab.widths[4]
    assert (tab.row_count, tab.column_count) == (2, 7)


def test_renamed_tab_with_an_inserted_column_is_found(sheets, sink_of, rows):
    """The tab keeps its id, and its header is read anew."""
    sink = sink_of(columns=DOCUMENTED, pace=replace(HURRY, look_s=0.0))
    sink.open()
    tab = sheets.book().tab("Logs")
    properties = {"sheetId": tab.sheet_id, "title": "Umbenannt"}
    where = {"sheetId": tab.sheet_id, "dimension": "COLUMNS", "startIndex": 0, "endIndex": 1}
    sheets.edit(
        "book",
        {"updateSheetProperties": {"properties": properties, "fields": "title"}},
        {"insertDimension": {"range": where}},
    )
    put(sink, prompt_of("a"))

    assert sink.flush(10)
    assert [row["message"] for row in rows("Umbenannt")] == ["a"]


def test_full_tab_rolls_over_to_the_next(sheets, sink_of, rows):
    """A tab that has all the cells it may have is followed by another."""
    sink = sink_of(columns=DOCUMENTED, rollover_cells=70)
    sink.open()
    for number in range(12):
        put(sink, prompt_of(str(number)))
        assert sink.flush(10)

    first, second = rows("Logs"), rows("Logs (2)")
    assert [row["message"] for row in first + second] == [str(number) for number in range(12)]
    assert sheets.book().tab("Logs (2)").frozen_rows == 1
    again = sink_of(columns=DOCUMENTED, rollover_cells=1000)
    assert [event.content.text for event in again.read()] == [str(number) for number in range(12)]


def book_with(sheets: SheetsEmulator, *rows: list, title: str = "Logs", columns: int = 26) -> None:
    """A spreadsheet in which somebody has written before."""
    sheets.add_book("book", [Tab(5, title, column_count=columns)])
    for number, row in enumerate(rows, 1):
        sheets.type_in("book", f"{title}!A{number}", *row)


def test_same_header_is_written_below(sheets, sink_of, rows):
    """A tab made before is used again, and its rows stay."""
    book_with(sheets, DOCUMENTED, ["old"])
    sink = sink_of(columns=DOCUMENTED)
    sink.open()
    put(sink, prompt_of("new"))

    assert sink.flush(10)
    assert rows()[0]["timestamp"] == "old"
    assert rows()[1]["message"] == "new"


def test_missing_columns_are_added_at_the_right(sheets, sink_of, rows):
    """A header that is the beginning of what is asked for is completed."""
    book_with(sheets, ["timestamp", "my notes", "message"], ["t", "n", "m"], columns=3)
    sink = sink_of(columns=["timestamp", "message", "cost_usd"])
    sink.open()
    put(sink, prompt_of("new"))

    assert sink.flush(10)
    assert sheets.book().tab("Logs").values()[:2] == [
        ["timestamp", "my notes", "message", "cost_usd", "event_id"],
        ["t", "n", "m"],
    ]
    assert rows()[1]["message"] == "new"
    assert rows()[1]["my notes"] == ""


@pytest.mark.parametrize(
    "there",
    [
        [["message", "timestamp"]],
        [["Name", "Age"], ["Ada", 36]],
        [[], [], ["data without a header"]],
    ],
)
def test_differing_header_gets_a_new_tab(sheets, sink_of, rows, there):
    """Columns in another order, or somebody else's table, are left as they are."""
    book_with(sheets, *there)
    before = sheets.book().tab("Logs").values()
    for _ in range(2):
        sink = sink_of(columns=["timestamp", "message"])
        sink.open()
        put(sink, prompt_of("x"))
        assert sink.flush(10)
        sink.close()

    assert sheets.book().tab("Logs").values() == before
    assert [row["message"] for row in rows("Logs (2)")] == ["x", "x"]
    assert len(sheets.book().tabs) == 2


def test_empty_tab_gets_the_header(sheets, sink_of, rows):
    """A tab that a person has made and left empty is used."""
    book_with(sheets, columns=2)
    sink = sink_of(columns=DOCUMENTED)
    sink.open()
    put(sink, prompt_of("x"))

    assert sink.flush(10)
    assert sheets.book().tab("Logs").values()[0] == [*DOCUMENTED, "event_id"]
    assert sheets.book().tab("Logs").frozen_rows == 1


def test_second_start_changes_nothing(sheets, sink_of):
    """Opening again reads twice and writes nothing."""
    sink_of(columns=DOCUMENTED).open()
    before = len(sheets.calls_of("write"))
    sink_of(columns=DOCUMENTED).open()

    assert len(sheets.calls_of("write")) == before


@pytest.mark.parametrize("language", ["en", "de", "es"])
def test_tab_made_by_another_process_meanwhile_is_used(sheets, sink_of, rows, language, tmp_path):
    """Two programs that start at once make one tab, whatever Google says about it."""
    sheets.language = language
    first, second = (
        sink_of(columns=DOCUMENTED),
        sink_of(columns=DOCUMENTED, outbox=tmp_path / "other"),
    )
    held = sheets.faults.add(Fault("hold_before"))
    thread = threading.Thread(target=first.open)
    thread.start()
    assert held.reached.wait(5)
    second.open()
    held.release()
    thread.join(10)
    put(first, prompt_of("x"))

    assert first.flush(10)
    assert len(rows()) == 1
    assert [tab.title for tab in sheets.book()] == ["Sheet1", "Logs"]


def test_refusal_of_a_new_tab_for_another_reason_is_raised(sheets, sink_of):
    """It is not tried for ever."""
    sheets.faults.add(Fault("status", status=400, message="Nein"))

    with pytest.raises(SinkError, match="refuses the request \\(Google: Nein\\)"):
        sink_of(columns=DOCUMENTED).open()
    assert len(sheets.calls_of("write")) == 0


def test_column_inserted_by_a_reviewer_is_left_to_them(sheets, sink_of, rows):
    """Rows go to the columns by name, wherever these are now."""
    sink = sink_of(columns=DOCUMENTED, pace=replace(HURRY, look_s=0.0))
    sink.open()
    put(sink, prompt_of("a"))
    assert sink.flush(10)
    tab = sheets.book().tab("Logs")
    where = {"sheetId": tab.sheet_id, "dimension": "COLUMNS", "startIndex": 1, "endIndex": 2}
    sheets.edit("book", {"insertDimension": {"range": where}})
    sheets.type_in("book", "Logs!B1", "my notes")
    put(sink, prompt_of("b"))

    assert sink.flush(10)
    assert [row["message"] for row in rows()] == ["a", "b"]
    assert [row["my notes"] for row in rows()] == ["", ""]


def test_column_deleted_by_a_reviewer_is_added_again(sheets, sink_of, rows):
    """Even the hidden one, without which no row could be identified."""
    sink = sink_of(columns=DOCUMENTED, pace=replace(HURRY, look_s=0.0))
    sink.open()
    tab = sheets.book().tab("Logs")
    where = {"sheetId": tab.sheet_id, "dimension": "COLUMNS", "startIndex": 6, "endIndex": 7}
    sheets.edit("book", {"deleteDimension": {"range": where}})
    put(sink, prompt_of("a"))

    assert sink.flush(10)
    assert rows()[0]["event_id"].startswith("evt_")


@pytest.mark.parametrize(
    ("header", "written", "titles"),
    [
        (["x", "timestamp", "y"], ["x", "timestamp", "y", "message", "event_id"], []),
        (["event_id", "timestamp"], ["event_id", "timestamp", "message"], []),
        (["message", "timestamp"], ["message", "timestamp"], ["Logs (2)"]),
        (["message"], ["message"], ["Logs (2)"]),
        (["timestamp", "timestamp", "message"], ["timestamp", "timestamp", "message"], ["Logs (2)"]),
    ],
)  # fmt: skip
def test_header_fits_if_it_begins_with_the_columns(sheets, sink_of, header, written, titles):
    """Other columns may stand between; the chosen ones stand in the chosen order."""
    book_with(sheets, header)
    sink_of(columns=["timestamp", "message"]).open()

    assert sheets.book().tab("Logs").values()[0] == written
    assert [tab.title for tab in sheets.book()][1:] == titles


@pytest.mark.parametrize(
    ("there", "why"),
    [
        ([["message", "timestamp"]], "the tab 'Logs' has another header: ['message', 'timestamp']"),
        ([[], ["data"]], "the tab 'Logs' has data without a header"),
    ],
)
def test_new_tab_beside_another_says_why(sheets, sink_of, caplog, there, why):
    """A second tab is never made without a warning."""
    book_with(sheets, *there)
    sink = sink_of(columns=["timestamp", "message"])

    assert [*sink.setup(dashboard=False)] == [f"Logs (2): made ready, because {why}"]
    assert f"rows go to the new tab 'Logs (2)', because {why}" in caplog.text


def test_data_beside_the_header_is_not_overwritten(sheets, sink_of):
    """A person's column without a title is theirs, too."""
    book_with(sheets, ["timestamp"], ["t", "mine", "mine too"])
    sink_of(columns=["timestamp", "message"]).open()

    assert sheets.book().tab("Logs").values() == [
        ["timestamp", "", "", "message", "event_id"],
        ["t", "mine", "mine too"],
    ]


def test_program_with_other_columns_gets_a_tab_of_its_own(sheets, sink_of, caplog):
    """Two programs never mix, also when a person has moved the columns of the first."""
    sink_of(columns=["timestamp", "message"]).open()
    tab = sheets.book().tab("Logs")
    source = {"sheetId": tab.sheet_id, "dimension": "COLUMNS", "startIndex": 0, "endIndex": 1}
    sheets.edit("book", {"moveDimension": {"source": source, "destinationIndex": 2}})
    sink_of(columns=["message", "timestamp"]).open()
    sink_of(columns=["timestamp", "message"]).open()

    assert [each.title for each in sheets.book()] == ["Sheet1", "Logs", "Logs (2)"]
    assert "has other columns: timestamp, message, event_id" in caplog.text


def test_tab_renamed_to_the_name_of_another_log_is_not_that_log(sheets, sink_of, rows, caplog):
    """A program that is started with this name gets a tab of its own."""
    first = sink_of(columns=DOCUMENTED)
    first.open()
    rename(sheets, "Logs", "Journal")
    second = sink_of(columns=DOCUMENTED, worksheet_name="Journal")
    second.open()
    put(first, prompt_of("first"))
    put(second, prompt_of("second"))
    assert first.flush(10)
    assert second.flush(10)

    assert [row["message"] for row in rows("Journal")] == ["first"]
    assert [row["message"] for row in rows("Journal (2)")] == ["second"]
    assert "the tab 'Journal' is the renamed tab of the log 'Logs'" in caplog.text


def test_copy_of_a_tab_is_a_persons_own(sheets, sink_of, rows):
    """Whether its marks were copied or not, nothing is written to it or read from it."""
    sink = sink_of(columns=DOCUMENTED)
    sink.open()
    put(sink, prompt_of("a"))
    assert sink.flush(10)
    sink.close()
    tab = sheets.book().tab("Logs")
    copy = {"sourceSheetId": tab.sheet_id, "newSheetName": "Copy of Logs", "insertSheetIndex": 0}
    sheets.edit("book", {"duplicateSheet": copy})
    sink.open()
    put(sink, prompt_of("b"))

    assert sink.flush(10)
    assert [row["message"] for row in rows()] == ["a", "b"]
    assert [row["message"] for row in rows("Copy of Logs")] == ["a"]
    assert len([*sink.read()]) == 2


def rename(sheets: SheetsEmulator, title: str, new: str) -> None:
    """Rename a tab, as a person does."""
    properties = {"sheetId": sheets.book().tab(title).sheet_id, "title": new}
    sheets.edit("book", {"updateSheetProperties": {"properties": properties, "fields": "title"}})
