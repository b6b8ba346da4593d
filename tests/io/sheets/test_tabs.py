"""Tabs and columns are found wherever people have put them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hilt.core.exceptions import SinkError
from hilt.io.sheets.tabs import tabs_by_title

from .conftest import DOCUMENTED, HURRY, prompt_of, put

EAGER = replace(HURRY, look_s=0.0)


@pytest.fixture
def edit(sheets):
    """Does what a person does to a tab."""

    def do(kind: str, **body: object) -> None:
        sheet_id = sheets.book().tab("Logs").sheet_id
        span = body.pop("columns", None)
        if span is not None:
            where = {"dimension": "COLUMNS", "startIndex": span[0], "endIndex": span[1]}
            body["source" if kind == "moveDimension" else "range"] = {"sheetId": sheet_id, **where}
        if "title" in body:
            body = {"properties": {"sheetId": sheet_id, **body}, "fields": "title"}
        sheets.edit("book", {kind: body})

    return do


def test_tabs_of_a_title_are_in_their_order():
    """Rolled over tabs follow the first one; others are not ours."""
    titles = ["Logs (10)", "logs", "Logs 2", "Logs (2)", "My Logs"]
    tabs = [{"title": title} for title in titles]

    found = [(number, tab["title"]) for number, tab in tabs_by_title(tabs, "Logs")]
    assert found == [(1, "logs"), (2, "Logs (2)"), (10, "Logs (10)")]


@pytest.mark.parametrize("restart", [False, True])
def test_moved_renamed_and_added_columns_do_no_harm(sheets, sink_of, edit, rows, restart):
    """Rows go to the columns by their marks; a person's columns, named like ours, stay theirs."""
    sink = sink_of(columns=["timestamp", "message", "model"], pace=EAGER)
    sink.open()
    put(sink, prompt_of("a"))
    assert sink.flush(10)
    edit("moveDimension", columns=(1, 2), destinationIndex=0)
    sheets.type_in("book", "Logs!A1", "Frage")
    edit("insertDimension", columns=(0, 1))
    sheets.type_in("book", "Logs!A1", "message")
    if restart:
        sink.close()
        sink = sink_of(columns=["timestamp", "message", "model"], pace=EAGER)
        sink.open()
    put(sink, prompt_of("b"))

    assert sink.flush(10)
    assert sheets.book().tab("Logs").values()[0][:3] == ["message", "Frage", "timestamp"]
    assert [row["Frage"] for row in rows()] == ["a", "b"]
    assert [row["message"] for row in rows()] == ["", ""]
    assert [event.content.text for event in sink.read()] == ["a", "b"]
    assert len(sheets.book().tabs) == 2


@pytest.mark.parametrize("restart", [False, True])
def test_renamed_tab_is_written_read_and_reviewed(sheets, sink_of, edit, rows, restart):
    """By the sink, by readers, and after a restart."""
    options = {"columns": ["message"], "review": True, "pace": EAGER}
    sink = sink_of(**options)
    sink.open()
    put(sink, prompt_of("a"))
    assert sink.flush(10)
    edit("updateSheetProperties", title="Journal")
    if restart:
        sink.close()
        sink = sink_of(**options)
        sink.open()
    put(sink, prompt_of("b"))
    assert sink.flush(10)
    sheets.type_in("book", "Journal!B2", 5)

    assert [row["message"] for row in rows("Journal")] == ["a", "b"]
    assert [event.content.text for event in sink.read()] == ["a", "b", None]
    assert [event.extensions["rating"] for event in sink.feedback()] == [5]
    assert [*sink.setup(dashboard=False)] == ["Journal: is ready"]


def test_table_grows_while_the_program_runs_and_after(sheets, sink_of, edit):
    """Rows join the table that a person has made of the log."""
    sink = sink_of(columns=["timestamp", "message"], pace=EAGER)
    sink.open()
    put(sink, prompt_of("a"))
    assert sink.flush(10)
    edit("insertDimension", columns=(0, 1))
    sheet_id = sheets.book().tab("Logs").sheet_id
    area = {"sheetId": sheet_id, "startRowIndex": 0, "endRowIndex": 2, "startColumnIndex": 1, "endColumnIndex": 4}  # fmt: skip
    sheets.edit("book", {"addTable": {"table": {"tableId": "t", "range": area}}})
    for number in range(7):
        put(sink, prompt_of(f"b{number}"))
        assert sink.flush(10)
    sink.close()
    again = sink_of(columns=["timestamp", "message"], pace=EAGER)
    again.open()
    put(again, prompt_of("c"))
    assert again.flush(10)

    tab = sheets.book().tab("Logs")
    assert [row[2] for row in tab.values()[1:]] == ["a", *[f"b{n}" for n in range(7)], "c"]
    assert [event.content.text for event in again.read()][-1] == "c"
    # The first rows may come before the table is looked at; the header and the last are in it.
    appended = [
        request.get("appendCells", {})
        for call in sheets.calls_of("write")
        for request in call.body["requests"]
    ]
    assert [each["tableId"] for each in appended if "tableId" in each][-3:] == ["t"] * 3


def test_table_without_all_columns_is_left_alone(sheets, sink_of, edit):
    """Rows go below it, rather than in part into it."""
    sink = sink_of(columns=["timestamp", "message"])
    sink.open()
    sheet_id = sheets.book().tab("Logs").sheet_id
    area = {"sheetId": sheet_id, "startRowIndex": 0, "endRowIndex": 2, "startColumnIndex": 0, "endColumnIndex": 2}  # fmt: skip
    sheets.edit("book", {"addTable": {"table": {"tableId": "t", "range": area}}})
    sink.close()
    sink.open()
    put(sink, prompt_of("a"))

    assert sink.flush(10)
    assert [event.content.text for event in sink.read()] == ["a"]


def test_log_that_is_not_there_is_an_error(sheets, sink_of):
    """Reading a wrong worksheet names those that there are."""
    sink_of(columns=DOCUMENTED).open()
    sink = sink_of(columns=DOCUMENTED, worksheet_name="Lgos")

    for read in (sink.read, sink.feedback):
        with pytest.raises(SinkError, match="no log of that name; its tabs are 'Sheet1', 'Logs'"):
            next(read())
