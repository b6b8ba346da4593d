"""Finding rows that were sent while a person moved columns, and putting them right.

A batch is refused if columns have moved (`hilt.io.sheets.guards`). If it was taken all the same,
rows whose cells are in wrong columns are found by their event ids, in whatever column these are,
and their cells are moved. If a person sorts at the same moment, that does no harm, as each row is
copied before it is written (`hilt.io.sheets.row_backups`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from hilt.io.sheets.a1 import quote_title
from hilt.io.sheets.cells import CELL_FIELDS, update_request
from hilt.io.sheets.columns import Columns
from hilt.io.sheets.connection import Connection, Json
from hilt.io.sheets.errors import CallError
from hilt.io.sheets.restored_rows import settle_backups
from hilt.io.sheets.row_backups import (
    RowWrite,
    WrittenCell,
    comparable,
    guarded_requests,
)
from hilt.io.sheets.tabs import LogTab, refresh_tab

__all__ = ["SentRows", "check_placement", "value_of"]

_ATTEMPTS = 6
_MORE_ROWS = 500
_PAGE = 5_000


@dataclass(frozen=True, slots=True)
class SentRows:
    """Rows that were appended.

    Args:
        positions: Where the columns were when they were sent.
        cells: The cells of each row by column, by event id.
    """

    positions: Mapping[str, int]
    cells: Mapping[str, Mapping[str, Json]]

    @classmethod
    def of(cls, positions: Mapping[str, int], rows: Sequence[Sequence[Json]]) -> SentRows:
        """Collect the cells of rows as they were sent."""
        by_id = {}
        for row in rows:
            cells = {name: row[at] for name, at in positions.items() if at < len(row)}
            by_id[str(value_of(cells.get("event_id", {})))] = cells
        return cls(positions, by_id)


@dataclass(frozen=True, slots=True)
class _PlacedRow:
    """A row in the sheet.

    Args:
        event_id: The id of its event.
        number: Its number, from 0.
        id_column: The column that the event's id is in.
        cells: The values of all of its cells.
        is_right: Whether every cell that was sent is in its column.
    """

    event_id: str
    number: int
    id_column: int
    cells: Sequence[object]
    is_right: bool


def check_placement(
    connection: Connection, tab: LogTab, columns: Columns, sent: Sequence[SentRows], log: str
) -> tuple[LogTab | None, set[str]]:
    """Put rows right that were sent while columns moved.

    Args:
        connection: The spreadsheet.
        tab: The tab as it was.
        columns: The columns of the log.
        sent: The rows.
        log: The worksheet's name.

    Returns:
        The tab as it is now, None if it no longer fits; and the ids of the rows that were looked
        up and found.

    Raises:
        CallError: If the service refuses, or columns keep moving.
    """
    found: set[str] = set()
    before, now = tab, refresh_tab(connection, tab, columns)
    if now is tab and _sent_elsewhere(sent, tab):
        # Its columns are known, but not its current number of rows.
        now = refresh_tab(connection, tab, columns, tables=True)
    for _ in range(_ATTEMPTS):
        if now is None:
            break
        moved = _sent_elsewhere(sent, now)
        placed = [*_placed_rows(connection, now, moved)]
        found |= {each.event_id for each in placed}
        astray = [each for each in placed if not each.is_right]
        if astray:
            moved_back = _move_back(connection, now, log, astray, moved)
            sent = [
                *(SentRows(now.positions, {each: moved[each]}) for each in moved_back),
                *_without(sent, {event_id for event_id in moved if event_id in moved_back}),
            ]
        elif found.issuperset(moved):
            break
        # Look once more: people may have moved more columns meanwhile.
        before, now = now, refresh_tab(connection, now, columns, tables=True)
        if not astray and now is not None and now.positions == before.positions:
            break  # the other rows are gone
    else:
        if now is not None and now.positions != before.positions:
            raise CallError("the columns keep moving", kind="retryable")
    return now, found


def _move_back(
    connection: Connection,
    tab: LogTab,
    log: str,
    astray: Sequence[_PlacedRow],
    sent: Mapping[str, Mapping[str, Json]],
) -> set[str]:
    """Move the cells of rows to their columns; return the ids of the rows that are now right."""
    writes: list[RowWrite] = []
    requests: list[Json] = []
    for row in astray:
        cells = _cells_of(tab, row, sent[row.event_id])
        at = tab.positions["event_id"]
        written = [
            WrittenCell(name, column, comparable(value_of(cell)))
            for name, column, cell in cells
            if not cell or "userEnteredValue" in cell
        ]
        expected = [(row.id_column, row.event_id)]
        # The copy of the row must have every cell that is written, whatever the tab had before.
        width = max(tab.width, len(row.cells))
        writes.append(
            RowWrite(tab.sheet_id, row.number, row.event_id, at, written, expected, width)
        )
        requests += [_update(tab, row.number, column, cell) for _, column, cell in cells]
    connection.batch([*guarded_requests(writes, requests, log)])
    return settle_backups(connection) & {each.event_id for each in astray}


def _cells_of(
    tab: LogTab, row: _PlacedRow, sent: Mapping[str, Json]
) -> list[tuple[str, int, Json]]:
    """What to write into a row: its cells in their columns, and blanks where they are now."""
    own = {tab.positions[name]: (name, cell) for name, cell in sent.items() if cell}
    values = {comparable(value_of(cell)) for cell in sent.values()} - {""}
    emptied = {at for at, value in enumerate(row.cells) if comparable(value) in values}
    names = {column: name for name, column in tab.positions.items()}
    cells = [(name, column, cell) for column, (name, cell) in own.items()]
    return cells + [(names.get(at, ""), at, {}) for at in sorted(emptied - own.keys())]


def _without(sent: Sequence[SentRows], event_ids: AbstractSet[str]) -> Iterator[SentRows]:
    for each in sent:
        cells = {name: value for name, value in each.cells.items() if name not in event_ids}
        yield SentRows(each.positions, cells)


def _sent_elsewhere(sent: Sequence[SentRows], tab: LogTab) -> dict[str, Mapping[str, Json]]:
    """The rows that were sent when the columns were elsewhere than now."""
    return {
        event_id: cells
        for each in sent
        if dict(each.positions) != dict(tab.positions)
        for event_id, cells in each.cells.items()
    }


def _placed_rows(
    connection: Connection, tab: LogTab, rows: Mapping[str, Mapping[str, Json]]
) -> Iterator[_PlacedRow]:
    """Where each row is, searched for in all columns from the end."""
    missing = set(rows)
    last, size = tab.rows, len(rows) + _MORE_ROWS
    title, end = quote_title(tab.title), ""  # a person may insert rows at this moment
    while missing and last > 0:
        first = max(1, last - size + 1)
        area, end = f"{title}!A{first}:ZZZ{end}", str(first - 1)
        for number, actual in enumerate(connection.values([area])[0], first - 1):
            at = _id_column(actual, missing, rows)
            if at is not None:
                event_id = str(actual[at])
                missing.discard(event_id)
                is_right = _is_placed(tab, actual, rows[event_id])
                yield _PlacedRow(event_id, number, at, actual, is_right)
        last, size = first - 1, _PAGE


def _id_column(
    actual: Sequence[object], event_ids: AbstractSet[str], rows: Mapping[str, Mapping[str, Json]]
) -> int | None:
    """The column with a row's own event id; a reply also has the id of another row."""

    def matching_cells(at: int) -> int:
        cells = rows[str(actual[at])].values()
        return sum(value_of(cell) in actual for cell in cells if value_of(cell) != "")

    columns = [at for at, cell in enumerate(actual) if cell in event_ids]
    return max(columns, key=matching_cells, default=None)


def _is_placed(tab: LogTab, actual: Sequence[object], cells: Mapping[str, Json]) -> bool:
    """Whether every cell that was sent is in its column."""
    for name, cell in cells.items():
        at, wanted = tab.positions.get(name, len(actual)), value_of(cell)
        if wanted not in ("", actual[at] if at < len(actual) else ""):
            return False
    return True


def _update(tab: LogTab, row: int, column: int, cell: Json) -> Json:
    fields = CELL_FIELDS
    if cell and "userEnteredValue" not in cell:
        fields = fields.removeprefix("userEnteredValue,")  # a reviewer may have written there
    return update_request(tab.sheet_id, row, column, [cell], fields)


def value_of(cell: Json) -> object:
    """The value of a cell that is sent, as it is read back."""
    return next(iter(cell.get("userEnteredValue", {}).values()), "")
