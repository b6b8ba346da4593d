"""Rows that were on their way while a person moved columns, and that Google did not refuse."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hilt.testing.sheets import Fault

from .conftest import HURRY, prompt_of, put


@pytest.fixture(autouse=True)
def takes_what_moved(sheets):
    """Let batches be carried out although their columns are elsewhere."""
    sheets.books["book"].refuses_unmatched = False


def move(sheets, source: int, target: int) -> None:
    """Drag a column elsewhere."""
    tab = sheets.book().tab("Logs")
    where = {"sheetId": tab.sheet_id, "dimension": "COLUMNS", "startIndex": source, "endIndex": source + 1}  # fmt: skip
    sheets.edit("book", {"moveDimension": {"source": where, "destinationIndex": target}})


@pytest.mark.parametrize("kind", ["hold_before", "reset_after"])
@pytest.mark.parametrize(("source", "target"), [(3, 0), (0, 3), (1, 4)])
@pytest.mark.slow_after(2)
def test_row_in_flight_is_read_once_and_whole(sheets, sink_of, kind, source, target):
    """Whether its answer comes or not."""
    sink = sink_of(columns=["timestamp", "message", "model"], pace=replace(HURRY, read_s=5))
    sink.open()
    put(sink, prompt_of("a"))
    assert sink.flush(10)
    held = sheets.faults.add(Fault("hold_before"))
    event = prompt_of("b", extensions={"model": "m"})
    put(sink, event)
    assert held.reached.wait(5)
    move(sheets, source, target)
    if kind == "reset_after":
        sheets.faults.add(Fault("status", on="read", status=503))
    held.release()

    assert sink.flush(10)
    put(sink, prompt_of("c"))
    assert sink.flush(10)
    assert [each.content.text for each in sink.read()] == ["a", "b", "c"]
    assert [each.extensions for each in sink.read()][1] == {"model": "m"}
    header, *table = sheets.book().tab("Logs").values()
    assert len(table) == 3
    assert [row[header.index("event_id")] for row in table][1] == event.event_id
    assert [tab.title for tab in sheets.book()] == ["Sheet1", "Logs"]


def test_nothing_more_is_read_where_nothing_moved(sheets, sink_of):
    """The answer to an append says where its columns were."""
    sink = sink_of(columns=["timestamp", "message"])
    sink.open()
    put(sink, prompt_of("a"))
    assert sink.flush(10)
    before = len(sheets.calls_of("read"))
    put(sink, prompt_of("b"))
    assert sink.flush(10)

    assert len(sheets.calls_of("read")) - before == 0


def insert_row(sheets) -> None:
    """Insert a row above all others."""
    area = {"sheetId": sheets.book().tab("Logs").sheet_id, "dimension": "ROWS"}
    sheets.edit("book", {"insertDimension": {"range": {**area, "startIndex": 1, "endIndex": 2}}})


def sort(sheets) -> None:
    """Sort by message, the last one first."""
    tab = sheets.book().tab("Logs")
    at = tab.values()[0].index("message")
    spec = {"dimensionIndex": at, "sortOrder": "DESCENDING"}
    area = {"sheetId": tab.sheet_id, "startRowIndex": 1}
    sheets.edit("book", {"sortRange": {"range": area, "sortSpecs": [spec]}})


@pytest.mark.parametrize("deed", [insert_row, sort])
def test_rows_that_are_moved_while_they_are_put_into_their_columns_are_whole(
    sheets, sink_of, monkeypatch, deed
):
    """Also those that were written over, beside columns that people have added."""
    sink = sink_of(columns=["timestamp", "message", "model"], pace=replace(HURRY, read_s=5))
    sink.open()
    put(sink, prompt_of("a"), prompt_of("b"))
    assert sink.flush(10)
    held, perform = sheets.faults.add(Fault("hold_before")), sheets.perform
    put(sink, *(prompt_of(text, extensions={"model": "m"}) for text in "cde"))
    assert held.reached.wait(5)
    tab = sheets.book().tab("Logs")
    where = {"sheetId": tab.sheet_id, "dimension": "COLUMNS", "startIndex": 0, "endIndex": 6}
    sheets.edit("book", {"insertDimension": {"range": where}})

    def performed(call, query):
        if "copyPaste" in str(call.body):
            monkeypatch.setattr(sheets, "perform", perform)
            deed(sheets)
        return perform(call, query)

    monkeypatch.setattr(sheets, "perform", performed)
    held.release()
    assert sink.flush(10)
    assert sorted((each.content.text, each.extensions) for each in sink.read()) == [
        ("a", None), ("b", None), ("c", {"model": "m"}), ("d", {"model": "m"}), ("e", {"model": "m"}),
    ]  # fmt: skip
    table = [row for row in sheets.book().tab("Logs").values()[1:] if row]
    assert len(table) == 5
    assert all(cell == "" for row in table for cell in row[:6])
    assert [tab.title for tab in sheets.book()] == ["Sheet1", "Logs"]
