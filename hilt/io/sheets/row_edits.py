"""Rows of a log that are taken out or changed, found by the ids of their events.

People sort, move and add rows at any time, so a row is never known by its number for longer than
a request takes: the ids are read, a few rows are changed, and the ids are read again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from itertools import islice

from hilt.io.sheets.a1 import column_letters, quote_title
from hilt.io.sheets.cells import cell_data, update_request
from hilt.io.sheets.connection import Connection, Json
from hilt.io.sheets.tabs import LogTab, find_tabs

__all__ = ["RowEdits", "delete_rows", "edit_rows", "numbers_by_id"]

_ROWS_AT_ONCE = 500
_MOST_LOOKS = 5
_FIRST_ROW = 1
"""The header need not be the first row: people put titles above it, or delete it."""


@dataclass(slots=True)
class RowEdits:
    """What was done to rows.

    Args:
        rows: How many rows were changed or taken out.
        left: The ids of events whose rows are still there, because they kept moving.
        lost: The ids of events whose rows went although they were to stay: somebody sorted the
            tab in the moment in which others were taken out.
    """

    rows: int = 0
    left: set[str] = field(default_factory=set)
    lost: set[str] = field(default_factory=set)


def delete_rows(connection: Connection, title: str, event_ids: AbstractSet[str]) -> RowEdits:
    """Take out the rows of some events, in all tabs of a log.

    Raises:
        CallError: If the service refuses.
        SinkError: If there is no such log.
    """
    result = RowEdits()
    for _ in range(_MOST_LOOKS):
        deleted = 0
        for tab in find_tabs(connection, title):
            deleted += _delete_in(connection, tab, event_ids, result)
        result.rows += deleted
        if not deleted:
            return result
    result.left = {
        each
        for tab in find_tabs(connection, title)
        for each in numbers_by_id(connection, tab)
        if each in event_ids
    }
    return result


def edit_rows(
    connection: Connection, title: str, changes: Mapping[str, Mapping[str, str]]
) -> RowEdits:
    """Write other texts into the cells of some events' rows.

    Args:
        connection: The spreadsheet.
        title: The log.
        changes: The new texts by event and column; an empty one empties the cell.

    Raises:
        CallError: If the service refuses.
        SinkError: If there is no such log.
    """
    result = RowEdits()
    for tab in find_tabs(connection, title):
        waiting = list(changes)
        while waiting:
            some, waiting = waiting[:_ROWS_AT_ONCE], waiting[_ROWS_AT_ONCE:]
            numbers = numbers_by_id(connection, tab)
            requests = [
                _update(tab, number, column, text)
                for event_id in some
                for number in numbers.get(event_id, ())
                for column, text in changes[event_id].items()
                if column in tab.positions
            ]
            if requests:
                connection.batch(requests)
                result.rows += sum(len(numbers.get(each, ())) for each in some)
    return result


def _delete_in(
    connection: Connection, tab: LogTab, event_ids: AbstractSet[str], result: RowEdits
) -> int:
    """Take out the rows of one tab; how many there were."""
    deleted, before = 0, numbers_by_id(connection, tab)
    while True:
        found = sorted(
            (number for each in before.keys() & event_ids for number in before[each]), reverse=True
        )
        numbers = found[:_ROWS_AT_ONCE]
        if not numbers:
            return deleted
        requests: list[Json] = []
        if len(numbers) >= tab.rows - 1:  # Google does not delete all rows below the header
            row = {"sheetId": tab.sheet_id, "dimension": "ROWS", "length": 1}
            requests.append({"appendDimension": row})
        requests += [_delete(tab, start, end) for start, end in _runs(numbers)]
        connection.batch(requests)
        deleted += len(numbers)
        after = numbers_by_id(connection, tab)
        result.lost |= before.keys() - after.keys() - event_ids
        if len(after.keys() & event_ids) >= len(before.keys() & event_ids):
            return deleted  # the rows move faster than they can be deleted; look again
        before = after


def numbers_by_id(connection: Connection, tab: LogTab) -> dict[str, list[int]]:
    """The rows of each event, counted from 0."""
    letters = column_letters(tab.positions["event_id"])
    area = f"{quote_title(tab.title)}!{letters}{_FIRST_ROW}:{letters}"
    if tab.rows < _FIRST_ROW:
        return {}
    numbers: dict[str, list[int]] = {}
    for number, row in enumerate(connection.values([area])[0], _FIRST_ROW - 1):
        if row and row[0] != "":
            numbers.setdefault(str(row[0]), []).append(number)
    return numbers


def _runs(numbers: list[int]) -> Iterator[tuple[int, int]]:
    """Descending row numbers as ranges, so that a range does not move those that follow it."""
    start = end = numbers[0]
    for number in islice(numbers, 1, None):
        if number != start - 1:
            yield start, end + 1
            end = number
        start = number
    yield start, end + 1


def _delete(tab: LogTab, start: int, end: int) -> Json:
    area = {"sheetId": tab.sheet_id, "dimension": "ROWS", "startIndex": start, "endIndex": end}
    return {"deleteDimension": {"range": area}}


def _update(tab: LogTab, number: int, column: str, text: str) -> Json:
    at, cells = tab.positions[column], [cell_data(column, text)]
    return update_request(tab.sheet_id, number, at, cells, "userEnteredValue")
