"""Rows that are taken out or changed by the ids of their events."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Any

import pytest

from hilt.core.event import Actor, Content, Event
from hilt.io.sheets.connection import Connection, Json
from hilt.io.sheets.row_edits import delete_rows, edit_rows
from hilt.io.sheets.sink import SheetsSink
from hilt.testing.sheets import SheetsEmulator

pytest.importorskip("gspread")


@pytest.fixture
def events(sink_of: Callable[..., SheetsSink]) -> list[Event]:
    """Twelve events that have rows."""
    actor = Actor(type="human", id="user")
    made = [
        Event(session_id="c", actor=actor, action="prompt", content=Content(text=f"text {number}"))
        for number in range(12)
    ]
    sink = sink_of(rows="events")
    sink.open()
    for event in made:
        sink.write(event.encode() + b"\n", 1)
    assert sink.flush(30)
    return made


def _ids(sheets: SheetsEmulator) -> list[str]:
    return [str(row[2]) for row in sheets.book("book").tab("Logs").values()[1:]]


def test_rows_are_deleted_by_id(
    events: list[Event], sheets: SheetsEmulator, sink_of: Callable[..., SheetsSink]
) -> None:
    """In runs and alone; the others keep their order."""
    gone = {events[each].event_id for each in (0, 3, 4, 5, 9)}
    with closing(sink_of().connect()) as connection:
        done = delete_rows(connection, "Logs", gone | {"evt_that_is_not_there"})
    assert (done.rows, done.left, done.lost) == (5, set(), set())
    assert _ids(sheets) == [each.event_id for each in events if each.event_id not in gone]


def test_a_row_that_went_by_mistake_is_named(
    events: list[Event],
    sheets: SheetsEmulator,
    sink_of: Callable[..., SheetsSink],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where somebody moves rows between the look and the request, the wanted ones still go."""
    batch, moved = Connection.batch, False

    def after_a_move(self: Connection, requests: Sequence[Json]) -> Any:
        nonlocal moved
        if not moved:
            moved = True
            area = {"sheetId": sheets.book("book").tab("Logs").sheet_id, "dimension": "ROWS"}
            first = {**area, "startIndex": 1, "endIndex": 2}
            sheets.edit("book", {"moveDimension": {"source": first, "destinationIndex": 13}})
        return batch(self, requests)

    monkeypatch.setattr(Connection, "batch", after_a_move)
    with closing(sink_of().connect()) as connection:
        done = delete_rows(connection, "Logs", {events[5].event_id})
    assert events[5].event_id not in _ids(sheets)
    assert done.lost == {events[6].event_id}


def test_cells_are_edited_by_id(
    events: list[Event], sheets: SheetsEmulator, sink_of: Callable[..., SheetsSink]
) -> None:
    """A text stays a text, and columns that are not there are passed over."""
    changes = {events[7].event_id: {"message": "=1+1", "comment": "none"}}
    with closing(sink_of().connect()) as connection:
        assert edit_rows(connection, "Logs", changes).rows == 1
    texts = [row[8] for row in sheets.book("book").tab("Logs").values()[1:]]
    assert texts == [f"text {number}" if number != 7 else "=1+1" for number in range(12)]
    assert sheets.book("book").tab("Logs").formulas() == []
