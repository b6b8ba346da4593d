"""Backups: writing into existing rows, each with a copy of the row that is written to.

A cell is written by its position, and nothing in a request can say "if this is still that row":
people sort, delete rows and move columns at any moment. Developer metadata of a row does not help,
as it is not documented that sorting moves it. So one request, which is carried out as a whole or
not at all, first copies the rows into a hidden tab, the *backup*, and then writes. The copies show
afterwards which rows were written to, and wrong ones are restored from them
(`hilt.io.sheets.restored_rows`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from hilt.io.sheets.a1 import quote_title
from hilt.io.sheets.cells import update_request
from hilt.io.sheets.connection import Connection, Json
from hilt.io.sheets.marks import BACKUP_KEY, LogMark, log_mark_request, new_sheet_id

__all__ = [
    "Backup",
    "RowWrite",
    "WrittenCell",
    "backup_title",
    "cell_at",
    "cells_of_row",
    "comparable",
    "copy_cells",
    "guarded_requests",
    "read_backups",
]

_COMPARED = 60
"""How many characters of a cell are kept to recognize it."""
_FIRST = 1
"""The column of a backup, from 0, where the copy of a row begins."""


class WrittenCell(msgspec.Struct, frozen=True, array_like=True):
    """A cell that is written.

    Args:
        name: The column's name; empty for a column that is not the log's.
        column: Where the column is, from 0.
        value: The new value of the cell, as `comparable` returns it.
    """

    name: str
    column: int
    value: str


class RowWrite(msgspec.Struct, frozen=True, omit_defaults=True):
    """A write into a row.

    Args:
        sheet: The tab's id.
        row: The row's number, from 0.
        event_id: The event whose row it is afterwards.
        event_column: The column of the event's id, which is written or identifies the row.
        cells: All cells that are written.
        expected: The cells that identify the row: the column, and its value before the write.
        width: How many columns the tab has.
    """

    sheet: int
    row: int
    event_id: str
    event_column: int
    cells: list[WrittenCell]
    expected: list[tuple[int, str]]
    width: int

    @property
    def kept(self) -> list[int]:
        """The columns that identify the row and are not written."""
        written = {each.column for each in self.cells}
        return [column for column, _ in self.expected if column not in written]

    @property
    def identity(self) -> list[tuple[int, str]]:
        """What identifies the row afterwards besides `kept`: the id, if that is written."""
        is_written = any(each.column == self.event_column for each in self.cells)
        return [(self.event_column, comparable(self.event_id))] if is_written else []

    def is_right(self, before: Sequence[object]) -> bool:
        """Whether a row with these cells was the right one, or had been written already."""
        kept = set(self.kept)
        others = [at for at, value in self.expected if cell_at(before, at) != comparable(value)]
        return not others or (kept.isdisjoint(others) and self.is_placed(before))

    def is_placed(self, actual: Sequence[object]) -> bool:
        """Whether a row has what was written."""
        return all(cell_at(actual, each.column) == each.value for each in self.cells)

    def is_in(self, positions: Mapping[str, int]) -> bool:
        """Whether it went to the right columns, if they are at these positions."""
        return all(positions.get(each.name, each.column) == each.column for each in self.cells)

    def moved(self, column_of: Callable[[int], int]) -> RowWrite:
        """The write as if it had gone to the columns where they are after people moved them."""
        return RowWrite(
            self.sheet,
            self.row,
            self.event_id,
            column_of(self.event_column),
            [WrittenCell(each.name, column_of(each.column), each.value) for each in self.cells],
            [(column_of(column), value) for column, value in self.expected],
            self.width,
        )


@dataclass(frozen=True, slots=True)
class Backup:
    """The backup of a row that was written to.

    Args:
        sheet_id: The backup's tab.
        number: The row in it, from 0.
        write: The write.
        before: The cells of the row before the write.
        header: The first row of its tab at that time.
    """

    sheet_id: int
    number: int
    write: RowWrite
    before: Sequence[object]
    header: Sequence[object]

    def column_now(self, column: int, header: Sequence[object]) -> int:
        """Where a column is now, judging by the header; where it was if that is unclear."""
        name = cell_at(self.header, column)
        before, now = [*map(comparable, self.header)], [*map(comparable, header)]
        is_clear = bool(name) and before.count(name) == now.count(name) == 1
        return now.index(name) if is_clear else column

    def copy_of(self, column: int) -> Json:
        """Where the copy of a cell is."""
        return cells_of_row(self.sheet_id, self.number, _FIRST + column, 1)


def guarded_requests(
    writes: Sequence[RowWrite], requests: Sequence[Json], log: str, since: str = ""
) -> Iterator[Json]:
    """The requests that write, after those that back up what is there; for one batch.

    Args:
        writes: What is written.
        requests: The requests that write it.
        log: The worksheet's name.
        since: The time of the first of several such writes, in seconds since the epoch.
    """
    if not writes:
        return
    sheet_id = new_sheet_id()
    width = _FIRST + 2 * max(each.width for each in writes)
    grid = {"rowCount": len(writes), "columnCount": width}
    properties = {"sheetId": sheet_id, "title": backup_title(sheet_id), "hidden": True}
    yield {"addSheet": {"properties": {**properties, "gridProperties": grid}}}
    mark = LogMark(log, sheet_id, columns=(since or str(int(time.time())),))
    yield log_mark_request(mark, BACKUP_KEY)
    for number, write in enumerate(writes):
        text = msgspec.json.encode(write).decode()
        cell = {"userEnteredValue": {"stringValue": text}}
        yield update_request(sheet_id, number, 0, [cell], "userEnteredValue")
        row, header = (cells_of_row(write.sheet, at, 0, write.width) for at in (write.row, 0))
        yield copy_cells(row, cells_of_row(sheet_id, number, _FIRST, write.width))
        yield copy_cells(header, cells_of_row(sheet_id, number, _FIRST + write.width, write.width))
    yield from requests


def read_backups(connection: Connection, titles: Mapping[int, str]) -> list[Backup]:
    """The backups in some tabs, in order; those that people have changed are left out.

    Args:
        connection: The spreadsheet.
        titles: The titles of the backups by their ids.

    Raises:
        CallError: If they cannot be read.
    """
    ranges = connection.values_of([quote_title(title) for title in titles.values()])
    backups = (
        _backup_in(sheet_id, number, row)
        for sheet_id, rows in zip(titles, ranges, strict=True)
        for number, row in enumerate(rows)
    )
    return [each for each in backups if each is not None]


def _backup_in(sheet_id: int, number: int, row: Sequence[object]) -> Backup | None:
    try:
        write = msgspec.json.decode(str(row[0]) if row else "", type=RowWrite)
    except ValueError:
        return None
    header = _FIRST + write.width
    return Backup(sheet_id, number, write, row[_FIRST:header], row[header:])


def comparable(value: object) -> str:
    """The beginning of a cell's value, to recognize it by."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value)[:_COMPARED]


def cell_at(cells: Sequence[object], column: int) -> str:
    """The value of a cell of a row, as `comparable` returns it."""
    return comparable(cells[column]) if column < len(cells) else ""


def backup_title(sheet_id: int) -> str:
    """The title of a backup."""
    return f"HILT backup {sheet_id}"


def cells_of_row(sheet_id: int, row: int, column: int, width: int) -> Json:
    """A range of adjacent cells of one row."""
    return {
        "sheetId": sheet_id,
        "startRowIndex": row,
        "endRowIndex": row + 1,
        "startColumnIndex": column,
        "endColumnIndex": column + width,
    }


def copy_cells(source: Json, destination: Json) -> Json:
    """Copy a range with its formats."""
    return {
        "copyPaste": {
            "source": source,
            "destination": destination,
            "pasteType": "PASTE_NORMAL",
            "pasteOrientation": "NORMAL",
        }
    }
