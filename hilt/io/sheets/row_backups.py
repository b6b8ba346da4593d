"""Writes into rows that are there, each with a copy of the row that it goes to.

A cell is written by its position, and nothing in a request can say "if this is still that row":
people sort, delete rows and move columns at any moment. Developer metadata of a row does not help,
as nobody has documented that sorting moves it. So one request, which is carried out as a whole or
not at all, first copies the rows into a hidden tab, the *backup*, and then writes. The copies show
afterwards which rows were written to; what was another row's is put back from its copy, by a
request of the same kind; and the backup is deleted when every write is right. A program that is
killed in between leaves the backup, and the next one goes on from there.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

import msgspec

from hilt.io.sheets.a1 import column_letters, quote_title
from hilt.io.sheets.connection import Connection, Json
from hilt.io.sheets.errors import CallError
from hilt.io.sheets.marks import BACKUP_KEY, LogMark, Marks, log_mark_request, read_marks

__all__ = ["RowWrite", "WrittenCell", "comparable", "guarded_requests", "settle_backups"]

_log = logging.getLogger(__name__)
_ATTEMPTS = 8
_PATIENCE_S = 60.0
"""How long rows are put back before people are told."""
_COMPARED = 60
"""How many characters of a cell are kept to know it again."""
_MOST_CANDIDATES = 50
"""How many rows are read to find the one that was written to; people have copies of rows."""
_FIRST = 1
"""The column of a backup, from 0, where the copy of a row begins."""


class WrittenCell(msgspec.Struct, frozen=True, array_like=True):
    """A cell that is written.

    Args:
        name: The column's name; empty for a column that is not the log's.
        column: Where the column is, from 0.
        value: What the cell holds then, as `comparable` gives it.
    """

    name: str
    column: int
    value: str


class RowWrite(msgspec.Struct, frozen=True, omit_defaults=True):
    """A write into a row.

    Args:
        sheet: The tab's id.
        row: The row's number, from 0.
        event_id: The event whose row it is then.
        event_column: The column that the event's id is written to.
        cells: All that is written.
        expected: By which cells the row is known: the column, and what it holds before.
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
        """The columns by which the row is known and which are not written."""
        written = {each.column for each in self.cells}
        return [column for column, _ in self.expected if column not in written]

    def is_right(self, before: Sequence[object]) -> bool:
        """Whether a row with these cells was the one to write to, or was written before."""
        written = {each.column: each.value for each in self.cells}
        return all(
            _at(before, column) in {value, written.get(column, value)}
            for column, value in self.expected
        )

    def is_placed(self, actual: Sequence[object]) -> bool:
        """Whether a row holds what was written."""
        return all(_at(actual, each.column) == each.value for each in self.cells)

    def is_in(self, positions: Mapping[str, int]) -> bool:
        """Whether it went to the columns that are at these positions."""
        return all(positions.get(each.name, each.column) == each.column for each in self.cells)

    def moved(self, column_of: Callable[[int], int]) -> RowWrite:
        """The write as if it had gone to the columns where people have moved them to."""
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
class _Backup:
    """What a backup holds of a write.

    Args:
        sheet_id: The backup's tab.
        number: The row in it, from 0.
        write: The write.
        before: The cells of the row that was written to, before.
        header: The first row of its tab, then.
    """

    sheet_id: int
    number: int
    write: RowWrite
    before: Sequence[object]
    header: Sequence[object]

    def column_now(self, column: int, header: Sequence[object]) -> int:
        """Where a column is now, by what the header says of it; where it was if that is unclear."""
        name = _at(self.header, column)
        before, now = [*map(comparable, self.header)], [*map(comparable, header)]
        is_clear = bool(name) and before.count(name) == now.count(name) == 1
        return now.index(name) if is_clear else column


def guarded_requests(
    writes: Sequence[RowWrite], requests: Sequence[Json], log: str, since: str = ""
) -> Iterator[Json]:
    """The requests that write, behind those that keep what is there; for one batch.

    Args:
        writes: What is written.
        requests: The requests that write it.
        log: The worksheet's name.
        since: When the first of several such writes was, in seconds since the epoch.
    """
    if not writes:
        return
    sheet_id = random.randrange(1, 2**31)  # noqa: S311 - an id
    width = _FIRST + 2 * max(each.width for each in writes)
    grid = {"rowCount": len(writes), "columnCount": width}
    properties = {"sheetId": sheet_id, "title": _title(sheet_id), "hidden": True}
    yield {"addSheet": {"properties": {**properties, "gridProperties": grid}}}
    mark = LogMark(log, sheet_id, columns=(since or str(int(time.time())),))
    yield log_mark_request(mark, BACKUP_KEY)
    for number, write in enumerate(writes):
        text = msgspec.json.encode(write).decode()
        cell = {"userEnteredValue": {"stringValue": text}}
        at = {"sheetId": sheet_id, "rowIndex": number, "columnIndex": 0}
        yield {
            "updateCells": {
                "start": at,
                "rows": [{"values": [cell]}],
                "fields": "userEnteredValue",
            }
        }
        row, header = (_area(write.sheet, at, 0, write.width) for at in (write.row, 0))
        yield _copy(row, _area(sheet_id, number, _FIRST, write.width))
        yield _copy(header, _area(sheet_id, number, _FIRST + write.width, write.width))
    yield from requests


def settle_backups(connection: Connection, marks: Marks | None = None) -> set[str]:
    """Put back what was written into other rows than it was meant for, and delete the backups.

    Args:
        connection: The spreadsheet.
        marks: Its marks, if they have just been read.

    Returns:
        The ids of the events that were written into their rows.

    Raises:
        CallError: If the service refuses, or rows keep moving.
    """
    right: set[str] = set()
    for _ in range(_ATTEMPTS):
        marks = marks or read_marks(connection)
        if not marks.backups:
            break
        try:
            if _settle(connection, marks, right):
                break
        except CallError as error:
            if error.kind != "refused":
                raise
            # Another program has deleted a backup, or a person has changed the grid: look again.
        marks = None
    else:
        _give_up(connection)
    return right


def _give_up(connection: Connection) -> None:
    """Leave backups that do not come to an end to people, who see what they hold.

    Raises:
        CallError: If it is too early for that.
    """
    marks = read_marks(connection)
    if marks.backups and time.time() - float(_since(marks)) < _PATIENCE_S:
        raise CallError("rows keep moving while they are written", kind="retryable")
    for sheet_id in marks.backups:
        _log.warning(
            "HILT: people changed the spreadsheet so often while an answer was written that some "
            "cells may be in a wrong row or column. What was there before is in the tab %r: "
            "compare, and delete that tab.",
            _title(sheet_id),
        )
        lookup = {"metadataKey": BACKUP_KEY, "metadataLocation": {"sheetId": sheet_id}}
        properties = {"sheetId": sheet_id, "hidden": False}
        show = {"properties": properties, "fields": "hidden"}
        forget = {"dataFilter": {"developerMetadataLookup": lookup}}
        connection.batch([{"updateSheetProperties": show}, {"deleteDeveloperMetadata": forget}])


def _since(marks: Marks) -> str:
    """When the first write was whose backup is there."""
    return min((mark.columns or ("0",))[0] for mark in marks.backups.values())


def comparable(value: object) -> str:
    """The beginning of what a cell holds, by which it is known again."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value)[:_COMPARED]


def _settle(connection: Connection, marks: Marks, right: set[str]) -> bool:
    """Put back what is wrong, and delete the backups that are needed no more; whether all are."""
    tabs = {int(each["sheetId"]): each for each in connection.tabs()}
    writes: list[RowWrite] = []
    requests: list[Json] = []
    backups, needed = [each for each in marks.backups if each in tabs], set()
    for backup in _read(connection, backups):
        write = backup.write
        if write.sheet not in tabs:
            continue
        title, positions = str(tabs[write.sheet]["title"]), marks.columns.get(write.sheet, {})
        now = _where_now(connection, backup, title)
        if write.is_right(backup.before) and now.is_in(positions):
            right.add(write.event_id)
            continue
        right.discard(write.event_id)
        row = _row_of(connection, now, backup, title)
        if row is not None:
            width = int(tabs[write.sheet]["gridProperties"]["columnCount"])
            writes.append(_restoring(backup, now, row, positions, width))
            requests += _restore_requests(backup, writes[-1])
            needed.add(backup.sheet_id)
    if read_marks(connection).columns != marks.columns:
        return False  # what was read is of different moments
    log = next(iter(marks.backups.values())).log
    done = [{"deleteSheet": {"sheetId": each}} for each in backups if each not in needed]
    if writes or done:
        since = _since(marks)
        connection.batch([*guarded_requests(writes, requests, log, since), *done])
    return not writes


def _read(connection: Connection, sheet_ids: Sequence[int]) -> Iterator[_Backup]:
    """What backups hold."""
    if not sheet_ids:
        return
    ranges = connection.values([quote_title(_title(each)) for each in sheet_ids])
    for sheet_id, rows in zip(sheet_ids, ranges, strict=True):
        for number, row in enumerate(rows):
            write = msgspec.json.decode(str(row[0]), type=RowWrite)
            header = _FIRST + write.width
            yield _Backup(sheet_id, number, write, row[_FIRST:header], row[header:])


def _where_now(connection: Connection, backup: _Backup, title: str) -> RowWrite:
    """A write with its columns where they are now, by the header: they may be back already."""
    rows = connection.values([f"{quote_title(title)}!1:1"])[0]
    header = rows[0] if rows else []
    return backup.write.moved(lambda column: backup.column_now(column, header))


def _restoring(
    backup: _Backup, now: RowWrite, row: int, positions: Mapping[str, int], width: int
) -> RowWrite:
    """The write that puts back what a write has replaced."""
    write, before = backup.write, backup.before
    names = {column: name for name, column in positions.items()}
    cells = [
        WrittenCell(names.get(new.column, ""), new.column, _at(before, old.column))
        for old, new in zip(write.cells, now.cells, strict=True)
    ]
    kept = [(new, _at(before, old)) for old, new in zip(write.kept, now.kept, strict=True)]
    return RowWrite(
        write.sheet,
        row,
        _at(before, write.event_column),
        now.event_column,
        cells,
        [(now.event_column, write.event_id), *kept],
        width,
    )


def _restore_requests(backup: _Backup, restoring: RowWrite) -> Iterator[Json]:
    for old, new in zip(backup.write.cells, restoring.cells, strict=True):
        source = _area(backup.sheet_id, backup.number, _FIRST + old.column, 1)
        yield _copy(source, _area(restoring.sheet, restoring.row, new.column, 1))


def _row_of(connection: Connection, write: RowWrite, backup: _Backup, title: str) -> int | None:
    """The number of the row that holds what was written, whichever row that is."""
    kept = [_at(backup.before, column) for column in backup.write.kept]
    wanted, cells = [write.event_id, *kept], f"{quote_title(title)}!"
    letters = [column_letters(column) for column in (write.event_column, *write.kept)]
    ranges = connection.values([f"{cells}{letter}1:{letter}" for letter in letters])
    by_row = zip_longest(*([_at(row, 0) for row in rows] for rows in ranges), fillvalue="")
    numbers = [number for number, row in enumerate(by_row) if list(row) == wanted]
    last = column_letters(write.width - 1)
    for number in numbers[:_MOST_CANDIDATES]:
        rows = connection.values([f"{cells}A{number + 1}:{last}{number + 1}"])[0]
        if write.is_placed(rows[0] if rows else ()):
            return number
    return None


def _at(cells: Sequence[object], column: int) -> str:
    return comparable(cells[column]) if column < len(cells) else ""


def _title(sheet_id: int) -> str:
    return f"HILT backup {sheet_id}"


def _area(sheet_id: int, row: int, column: int, width: int) -> Json:
    return {
        "sheetId": sheet_id,
        "startRowIndex": row,
        "endRowIndex": row + 1,
        "startColumnIndex": column,
        "endColumnIndex": column + width,
    }


def _copy(source: Json, destination: Json) -> Json:
    return {
        "copyPaste": {
            "source": source,
            "destination": destination,
            "pasteType": "PASTE_NORMAL",
            "pasteOrientation": "NORMAL",
        }
    }
