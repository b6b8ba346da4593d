"""Removing or changing rows of a log, found by the ids of their events.

People sort, move and add rows at any time, so the number of a row holds for no longer than a
request: the ids are read, a few rows are changed, and the ids are read again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from itertools import islice

from hilt.io.sheets.a1 import column_letters, quote_title
from hilt.io.sheets.cells import cell_data, truncate, update_request
from hilt.io.sheets.connection import Connection, Json
from hilt.io.sheets.errors import CallError
from hilt.io.sheets.marks import column_mark_lookup
from hilt.io.sheets.restored_rows import settle_backups
from hilt.io.sheets.row_backups import RowWrite, WrittenCell, comparable, guarded_requests
from hilt.io.sheets.tabs import LogTab, find_tabs, have_moved

__all__ = ["RowEdits", "delete_rows", "edit_rows", "numbers_by_id"]

_ROWS_AT_ONCE = 500
_BYTES_AT_ONCE = 1_000_000
"""How many bytes of texts one request writes; the JSON around them takes as much again."""
_PORTIONS_AT_ONCE = 10
"""How many requests are sent before checking where they went."""
_MOST_LOOKS = 5
_FIRST_ROW = 1
"""The header need not be the first row: people put titles above it, or delete it."""


_Edit = tuple[int, str, Mapping[str, str]]
"""The number of a row, its event, and the texts by column."""


class _MovedError(Exception):
    """Columns have moved since their positions were read."""


@dataclass(slots=True)
class RowEdits:
    """The result of changing or removing rows.

    Args:
        rows: How many rows were changed or removed.
        left: The ids of events whose rows were not changed or removed, because they kept moving.
        lost: The ids of events whose rows are gone although they were to stay: somebody sorted
            the tab at the moment when others were removed.
    """

    rows: int = 0
    left: set[str] = field(default_factory=set)
    lost: set[str] = field(default_factory=set)


def delete_rows(connection: Connection, title: str, event_ids: AbstractSet[str]) -> RowEdits:
    """Remove the rows of some events, in all tabs of a log.

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
    """Write new texts into the cells of some events' rows, and into no others.

    If people move a row at the moment when it is written, it is looked up again, and the row that
    was hit instead is restored.

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
        left, rows = changes, dict[str, int]()
        for _ in range(_MOST_LOOKS):
            left = _edit_in(connection, title, tab, left, rows)
            if not left:
                break
        result.rows += sum(rows.values())
        result.left |= left.keys()
    return result


def _edit_in(
    connection: Connection,
    title: str,
    tab: LogTab,
    changes: Mapping[str, Mapping[str, str]],
    rows: dict[str, int],
) -> dict[str, Mapping[str, str]]:
    """Write into rows of one tab, and restore other rows that were hit.

    Args:
        connection: The spreadsheet.
        title: The log.
        tab: The tab.
        changes: The new texts by event and column.
        rows: Filled with the number of rows of each event.

    Returns:
        The changes that may not have been written.
    """
    left: dict[str, Mapping[str, str]] = {}
    written: set[str] = set()
    for number, some in enumerate(_portions(changes), 1):
        tab, numbers = _rows_of(connection, title, tab)
        edits = [
            (row, event_id, cells)
            for event_id, texts in some.items()
            if (cells := {name: text for name, text in texts.items() if name in tab.positions})
            for row in numbers.get(event_id, ())
        ]
        ids = {event_id for _, event_id, _ in edits}
        rows.update({each: len(numbers[each]) for each in ids})
        try:
            if edits and _is_kept(connection, tab, title, edits):
                written |= ids
        except _MovedError:
            left |= {each: some[each] for each in ids}
        if number % _PORTIONS_AT_ONCE == 0:
            written -= settle_backups(connection)
    if written:
        written -= settle_backups(connection)
    return left | {each: changes[each] for each in written}


def _portions(
    changes: Mapping[str, Mapping[str, str]],
) -> Iterator[dict[str, Mapping[str, str]]]:
    """Changes in portions that fit into one request each."""
    some: dict[str, Mapping[str, str]] = {}
    size = 0
    for event_id, texts in changes.items():
        length = sum(len(truncate(text).encode("utf-8", "replace")) for text in texts.values())
        if some and (len(some) == _ROWS_AT_ONCE or size + length > _BYTES_AT_ONCE):
            yield some
            some, size = {}, 0
        some[event_id] = texts
        size += length
    if some:
        yield some


def _rows_of(
    connection: Connection, title: str, tab: LogTab
) -> tuple[LogTab, dict[str, list[int]]]:
    """A tab as it is now, and the numbers of its rows by event id."""
    for _ in range(_MOST_LOOKS):
        numbers = numbers_by_id(connection, tab)
        if not have_moved(connection, [tab]):
            return tab, numbers
        tabs = find_tabs(connection, title)
        tab = next((each for each in tabs if each.sheet_id == tab.sheet_id), tab)
    raise CallError("the columns keep moving", kind="retryable")


def _is_kept(connection: Connection, tab: LogTab, title: str, edits: Sequence[_Edit]) -> bool:
    """Write texts into rows; return whether these were backed up.

    A full spreadsheet has no room for backups.

    Raises:
        _MovedError: If nothing is written, because columns have moved.
        CallError: If the service refuses.
    """
    checks = [column_mark_lookup(tab.sheet_id, name, at) for name, at in tab.positions.items()]
    requests = [
        _update(tab, number, column, text)
        for number, _, cells in edits
        for column, text in cells.items()
    ]
    writes = [_row_write(tab, *each) for each in edits]
    kept = [*guarded_requests(writes, requests, title)]
    # A tab may have no marks to check. A refusal for another reason comes again without them.
    for attempt in ([*kept, *checks], kept):
        try:
            connection.batch(attempt)
        except CallError as error:
            if error.kind != "refused":
                raise
            if have_moved(connection, [tab]):
                raise _MovedError from error
        else:
            return True
    connection.batch(requests)
    return False


def _row_write(tab: LogTab, number: int, event_id: str, cells: Mapping[str, str]) -> RowWrite:
    at = tab.positions["event_id"]
    written = [
        WrittenCell(name, tab.positions[name], comparable(text)) for name, text in cells.items()
    ]
    return RowWrite(tab.sheet_id, number, event_id, at, written, [(at, event_id)], tab.width)


def _delete_in(
    connection: Connection, tab: LogTab, event_ids: AbstractSet[str], result: RowEdits
) -> int:
    """Remove rows from one tab; return how many there were."""
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
            return deleted  # the rows move faster than they can be deleted
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
    """Descending row numbers as ranges; to delete one does not move those that follow it."""
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
