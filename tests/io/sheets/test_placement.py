"""Rows that were on their way while a person moved columns."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hilt.testing.sheets import Fault

from .conftest import HURRY, prompt_of, put


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
    """One look at the columns for each append."""
    sink = sink_of(columns=["timestamp", "message"])
    sink.open()
    put(sink, prompt_of("a"))
    assert sink.flush(10)
    before = len(sheets.calls_of("read"))
    put(sink, prompt_of("b"))
    assert sink.flush(10)

    assert len(sheets.calls_of("read")) - before == 1
