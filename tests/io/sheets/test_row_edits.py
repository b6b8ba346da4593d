"""Rows that are taken out or changed by the ids of their events."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Any

import pytest

from hilt.core.event import Actor, Content, Event
from hilt.io.sheets import row_edits
from hilt.io.sheets.connection import Connection, Json
from hilt.io.sheets.row_edits import delete_rows, edit_rows
from hilt.io.sheets.sink import SheetsSink
from hilt.testing.sheets import MAX_CELLS, SheetsEmulator

pytest.importorskip("gspread")


@pytest.fixture
def events(sink_of: Callable[..., SheetsSink]) -> list[Event]:
    """Twelve events that have rows."""
    actor = Actor(type="human", id="user")
    made = [
        Event(session_id="c", actor=actor, action="prompt", content=Content(text=f"text {number}"))
        for number in range(12)
    ]
    made[6].event_id = "urn:example:" + "event:" * 20
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


LONG = "Summarise this ticket in two sentences, and say who is to answer: "
"""What many prompts begin with; it is longer than what a backup keeps of a cell."""

MOVES = {
    "a row to the end": {
        "moveDimension": {
            "source": {"dimension": "ROWS", "startIndex": 1, "endIndex": 2},
            "destinationIndex": 13,
        }
    },
    "a row away": {
        "deleteDimension": {"range": {"dimension": "ROWS", "startIndex": 1, "endIndex": 2}}
    },
    "a column before the id": {
        "insertDimension": {"range": {"dimension": "COLUMNS", "startIndex": 1, "endIndex": 2}}
    },
    "a column behind the id": {
        "insertDimension": {"range": {"dimension": "COLUMNS", "startIndex": 4, "endIndex": 5}}
    },
}


@pytest.mark.parametrize("move", MOVES)
@pytest.mark.parametrize("start", ["", LONG])
@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize("at_once", [1, 500])
def test_no_other_row_is_edited(
    events: list[Event],
    sheets: SheetsEmulator,
    sink_of: Callable[..., SheetsSink],
    monkeypatch: pytest.MonkeyPatch,
    move: str,
    start: str,
    times: int,
    at_once: int,
) -> None:
    """Where somebody moves rows or columns right before the request, and again."""
    monkeypatch.setattr(row_edits, "_ROWS_AT_ONCE", at_once)
    tab, batch = sheets.book("book").tab("Logs"), Connection.batch
    for at in range(len(events)) if start else ():
        sheets.type_in("book", f"Logs!I{at + 2}", f"{start}text {at}")
    moves = iter(range(times))

    def after_a_move(self: Connection, requests: Sequence[Json]) -> Any:
        if any("updateCells" in each for each in requests) and next(moves, None) is not None:
            ((kind, request),) = MOVES[move].items()
            area = {name: {"sheetId": tab.sheet_id, **each} for name, each in request.items()
                    if isinstance(each, dict)}  # fmt: skip
            sheets.edit("book", {kind: {**request, **area}})
        return batch(self, requests)

    monkeypatch.setattr(Connection, "batch", after_a_move)
    changes = {
        events[5].event_id: {"message": f"{start}[ERASED]"},
        events[6].event_id: {"message": "", "speaker": "human:erased"},
    }
    with closing(sink_of().connect()) as connection:
        done = edit_rows(connection, "Logs", changes)

    header, *rows = sheets.book("book").tab("Logs").values()
    by_id = {row[header.index("event_id")]: row for row in rows}
    speaker, action, message = map(header.index, ("speaker", "action", "message"))
    assert (done.rows, done.left) == (2, set())
    for at, event in enumerate(events):
        if event.event_id not in by_id:
            assert move == "a row away"
            continue
        row = [*by_id[event.event_id], ""]
        texts = {5: f"{start}[ERASED]", 6: ""}
        assert row[message] == texts.get(at, f"{start}text {at}")
        assert row[speaker] == ("human:erased" if at == 6 else "human:user")
        assert row[action] == "prompt"
    assert [each.title for each in sheets.book("book")] == ["Sheet1", "Logs"]


def test_rows_that_keep_moving_are_named(
    events: list[Event],
    sheets: SheetsEmulator,
    sink_of: Callable[..., SheetsSink],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What cannot be written is not said to be; nothing else is either."""
    tab, batch = sheets.book("book").tab("Logs"), Connection.batch
    column = {"sheetId": tab.sheet_id, "dimension": "COLUMNS", "startIndex": 0, "endIndex": 1}

    def after_a_move(self: Connection, requests: Sequence[Json]) -> Any:
        sheets.edit("book", {"insertDimension": {"range": column}})
        return batch(self, requests)

    monkeypatch.setattr(Connection, "batch", after_a_move)
    with closing(sink_of().connect()) as connection:
        done = edit_rows(connection, "Logs", {events[5].event_id: {"message": "new"}})
    assert done.left == {events[5].event_id}
    assert "new" not in str(sheets.book("book").tab("Logs").values())


def test_long_texts_are_edited_in_several_requests(
    events: list[Event], sheets: SheetsEmulator, sink_of: Callable[..., SheetsSink]
) -> None:
    """Google takes 10 MB at once, and a cell may have 50,000 characters of four bytes."""
    text = "\N{PARROT}" * 25_000
    many = {
        f"evt_{number}": {"message": text, "speaker": text, "model": text} for number in range(40)
    }
    rows = [{"values": [{}, {}, {"userEnteredValue": {"stringValue": each}}]} for each in many]
    sheet_id = sheets.book("book").tab("Logs").sheet_id
    fields = "userEnteredValue"
    sheets.edit("book", {"appendCells": {"sheetId": sheet_id, "rows": rows, "fields": fields}})
    with closing(sink_of().connect()) as connection:
        done = edit_rows(connection, "Logs", many)
    assert (done.rows, done.left) == (40, set())
    assert sum(row[8:9] == [text] for row in sheets.book("book").tab("Logs").values()) == 40


def test_rows_of_a_full_spreadsheet_are_edited(
    events: list[Event], sheets: SheetsEmulator, sink_of: Callable[..., SheetsSink]
) -> None:
    """Though there is no room for a copy of them: what is to be erased has to go."""
    tab, other = sheets.book("book").tab("Logs"), sheets.book("book").tab("Sheet1")
    grid = {"rowCount": MAX_CELLS - tab.cell_count, "columnCount": 1}
    properties = {"sheetId": other.sheet_id, "gridProperties": grid}
    fields = "gridProperties(rowCount,columnCount)"
    sheets.edit("book", {"updateSheetProperties": {"properties": properties, "fields": fields}})
    with closing(sink_of().connect()) as connection:
        done = edit_rows(connection, "Logs", {events[5].event_id: {"message": "new"}})
    assert (done.rows, done.left) == (1, set())
    assert [row[8] for row in sheets.book("book").tab("Logs").values()[6:8]] == ["new", "text 6"]
