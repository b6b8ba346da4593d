"""Restoring rows from their backups after something was written into them by mistake.

A program that is killed leaves its backups, and the next one goes on from there. However many
rows there are, they are looked up together: one look takes six requests, eight if anything has to
be restored, and one more for each two hundred candidate rows. So it comes to an end even if many
requests fail, and stays within the requests that a minute allows.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from functools import partial

import msgspec

from hilt.io.sheets.a1 import column_letters, quote_title
from hilt.io.sheets.connection import Connection, Json
from hilt.io.sheets.errors import CallError
from hilt.io.sheets.lost_rows import lost_row_requests
from hilt.io.sheets.marks import BACKUP_KEY, SHOWN, Marks, log_mark_request, read_marks
from hilt.io.sheets.row_backups import (
    Backup,
    RowWrite,
    WrittenCell,
    backup_title,
    cell_at,
    cells_of_row,
    comparable,
    copy_cells,
    guarded_requests,
    read_backups,
)

__all__ = ["settle_backups"]

_log = logging.getLogger(__name__)
_ATTEMPTS = 8
_PATIENCE_S = 60.0
"""How many seconds restoring is tried before people are told."""
_MOST_CANDIDATES = 50
"""How many rows are read to find the one that was written to, as people copy rows."""


@dataclass(frozen=True, slots=True)
class _Misplaced:
    """A write that hit another row than it was meant for, or other columns.

    Args:
        backup: What was there before.
        now: The write, as if made to the columns where they are now.
        written: All that such writes have put into the row, by column, if they left its id.
    """

    backup: Backup
    now: RowWrite
    written: Mapping[int, AbstractSet[str]] = field(default_factory=dict)

    @property
    def replaced(self) -> str:
        """The id of the event whose row was written to."""
        return cell_at(self.backup.before, self.backup.write.event_column)

    @property
    def columns(self) -> tuple[int, ...]:
        """The columns that now identify the row that was written to."""
        return (*(column for column, _ in self.now.identity), *self.now.kept)

    @property
    def cells(self) -> tuple[str, ...]:
        """The values of the row in these columns."""
        kept = (cell_at(self.backup.before, column) for column in self.backup.write.kept)
        return (*(value for _, value in self.now.identity), *kept)

    def is_in(self, row: Sequence[object]) -> bool:
        """Whether a row has what was written, and has not been restored since."""
        if not self.written:
            return self.now.is_placed(row)
        return any(
            cell_at(row, new.column) in self.written[new.column]
            and _cell(row, new.column) != _cell(self.backup.before, old.column)
            for old, new in zip(self.backup.write.cells, self.now.cells, strict=True)
        )


def settle_backups(connection: Connection, marks: Marks | None = None) -> set[str]:
    """Restore rows that were written to by mistake, and delete the backups.

    Args:
        connection: The spreadsheet.
        marks: Its marks, if they have just been read.

    Returns:
        The ids of the events that were written into the right rows.

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
            # Another program has deleted a backup, or a person has changed the grid; look again.
        marks = None
    else:
        _give_up(connection)
    return right


def _give_up(connection: Connection) -> None:
    """Show the backups to people if restoring does not come to an end; later it still may.

    Raises:
        CallError: If it is too early for that.
    """
    marks = read_marks(connection)
    if marks.open_backups and time.time() - float(_since(marks)) < _PATIENCE_S:
        raise CallError("rows keep moving while they are written", kind="retryable")
    for mark in marks.open_backups:
        title = backup_title(mark.sheet)
        _log.warning(
            "HILT: people changed the spreadsheet so often while an answer was written that some "
            "cells may be in a wrong row or column. What was there before is in the tab %r. It is "
            "tried again; if that tab is still there in an hour, compare, and delete it.",
            title,
        )
        properties = {"sheetId": mark.sheet, "hidden": False}
        shown = msgspec.structs.replace(mark, columns=(*mark.columns, SHOWN))
        connection.batch(
            [
                {"updateSheetProperties": {"properties": properties, "fields": "hidden"}},
                log_mark_request(shown, BACKUP_KEY, is_new=False),
            ]
        )


def _since(marks: Marks) -> str:
    """The time of the first write whose backup exists and is not shown to people yet."""
    times = [(mark.columns or ("0",))[0] for mark in marks.open_backups]
    return min(times, default=str(int(time.time())))


def _settle(connection: Connection, marks: Marks, right: set[str]) -> bool:
    """Restore what is wrong, or delete the backups if nothing is; return whether they are gone."""
    tabs = {int(each["sheetId"]): each for each in connection.tabs()}
    # In the order in which they were made.
    titles = {each: str(tab["title"]) for each, tab in tabs.items() if each in marks.backups}
    backups = [each for each in read_backups(connection, titles) if each.write.sheet in tabs]
    headers = _headers(connection, tabs, {each.write.sheet for each in backups})
    misplaced: list[_Misplaced] = []
    for backup in backups:
        write, header = backup.write, headers[backup.write.sheet]
        now = write.moved(partial(backup.column_now, header=header))
        if write.is_right(backup.before) and now.is_in(marks.columns.get(write.sheet, {})):
            right.add(write.event_id)
        else:
            right.discard(write.event_id)
            misplaced.append(_Misplaced(backup, now))
    # What such a row was given for itself meanwhile may be undone, too.
    replaced = {each.replaced for each in misplaced if not each.now.identity}
    right.difference_update([each for each in right if comparable(each) in replaced])
    misplaced = [*_first_of_each_cell(misplaced)]
    writes, requests = _restoring(connection, tabs, marks, misplaced)
    if not writes and misplaced:
        requests = lost_row_requests(connection, tabs, headers, [each.backup for each in misplaced])
    after = read_marks(connection)
    if after.columns != marks.columns or after.backups.keys() != marks.backups.keys():
        return False  # it was read at different moments, or another program is at work
    if writes:
        log, since = next(iter(marks.backups.values())).log, _since(marks)
        connection.batch([*guarded_requests(writes, requests, log, since)])
        return False
    # If two programs do this at the same moment, one finds no backup any more.
    done = [{"deleteSheet": {"sheetId": each}} for each in titles]
    if done:
        connection.batch([*requests, *done])
    return True


def _first_of_each_cell(misplaced: Sequence[_Misplaced]) -> Iterator[_Misplaced]:
    """The first of several writes into a cell of a row that has kept its id.

    Rows may also be moved while they are being restored, and only the first backup of such a row
    has the original.
    """
    values_of: dict[tuple[int, str], dict[int, set[str]]] = {}
    for each in misplaced:
        if each.now.identity:
            yield each
            continue
        old, now = each.backup.write, each.now
        row = (now.sheet, each.replaced)
        first = []
        for cells in zip(old.cells, now.cells, strict=True):
            values = values_of.setdefault(row, {}).setdefault(cells[1].column, set())
            if not values:
                first.append(cells)
            values.add(cells[1].value)
        if first:
            old = msgspec.structs.replace(old, cells=[before for before, _ in first])
            now = msgspec.structs.replace(now, cells=[after for _, after in first])
            yield _Misplaced(replace(each.backup, write=old), now, values_of[row])


def _headers(
    connection: Connection, tabs: Mapping[int, Json], sheet_ids: set[int]
) -> dict[int, Sequence[object]]:
    """The first rows of some tabs, which show where the columns are now."""
    ranges = connection.values_of([f"{quote_title(tabs[each]['title'])}!1:1" for each in sheet_ids])
    return {each: rows[0] if rows else [] for each, rows in zip(sheet_ids, ranges, strict=True)}


def _restoring(
    connection: Connection, tabs: Mapping[int, Json], marks: Marks, misplaced: Sequence[_Misplaced]
) -> tuple[list[RowWrite], list[Json]]:
    """The writes that restore what misplaced ones have replaced, and their requests."""
    writes: list[RowWrite] = []
    requests: list[Json] = []
    for sheet_id in {each.now.sheet for each in misplaced}:
        tab, of_tab = tabs[sheet_id], [each for each in misplaced if each.now.sheet == sheet_id]
        positions = marks.columns.get(sheet_id, {})
        width = int(tab["gridProperties"]["columnCount"])
        rows = _rows_written(connection, str(tab["title"]), of_tab)
        for each, row in zip(of_tab, rows, strict=True):
            if row is not None:
                writes.append(_restoring_write(each, row, positions, width))
                requests += _restore_requests(each.backup, writes[-1])
    return writes, requests


def _restoring_write(
    misplaced: _Misplaced, row: int, positions: Mapping[str, int], width: int
) -> RowWrite:
    """The write that restores what a misplaced one has replaced."""
    write, before, now = misplaced.backup.write, misplaced.backup.before, misplaced.now
    names = {column: name for name, column in positions.items()}
    cells = [
        WrittenCell(names.get(new.column, ""), new.column, cell_at(before, old.column))
        for old, new in zip(write.cells, now.cells, strict=True)
    ]
    kept = [(new, cell_at(before, old)) for old, new in zip(write.kept, now.kept, strict=True)]
    return RowWrite(
        write.sheet,
        row,
        # Otherwise, restoring is no write into the row of an event.
        misplaced.replaced if write.identity else "",
        now.event_column,
        cells,
        [*now.identity, *kept],
        width,
    )


def _restore_requests(backup: Backup, restoring: RowWrite) -> Iterator[Json]:
    for old, new in zip(backup.write.cells, restoring.cells, strict=True):
        target = cells_of_row(restoring.sheet, restoring.row, new.column, 1)
        yield copy_cells(backup.copy_of(old.column), target)


def _rows_written(
    connection: Connection, title: str, misplaced: Sequence[_Misplaced]
) -> list[int | None]:
    """The number of the row that has what each write has written, whichever row that is."""
    cells = f"{quote_title(title)}!"
    columns = sorted({column for each in misplaced for column in each.columns})
    letters = [column_letters(column) for column in columns]
    ranges = connection.values_of([f"{cells}{letter}1:{letter}" for letter in letters])
    by_column = dict(zip(columns, ranges, strict=True))
    candidates = _candidates(by_column, misplaced)
    numbers = sorted({number for each in candidates for number in each})
    last = column_letters(max(each.now.width for each in misplaced) - 1)
    rows = connection.values_of([f"{cells}A{number + 1}:{last}{number + 1}" for number in numbers])
    by_number = {number: row[0] if row else [] for number, row in zip(numbers, rows, strict=True)}
    return [
        next((number for number in each if write.is_in(by_number[number])), None)
        for write, each in zip(misplaced, candidates, strict=True)
    ]


def _candidates(
    by_column: Mapping[int, Sequence[Sequence[object]]], misplaced: Sequence[_Misplaced]
) -> list[list[int]]:
    """The rows that each write may have gone to, judging by their cells."""
    numbers: dict[tuple[int, ...], dict[tuple[str, ...], list[int]]] = {}
    for columns in {each.columns for each in misplaced}:
        by_cells = numbers.setdefault(columns, {})
        length = max(len(by_column[column]) for column in columns)
        for number in range(length):
            cells = tuple(_first_cell(by_column[column], number) for column in columns)
            by_cells.setdefault(cells, []).append(number)
    return [numbers[each.columns].get(each.cells, [])[:_MOST_CANDIDATES] for each in misplaced]


def _cell(cells: Sequence[object], column: int) -> object:
    return cells[column] if column < len(cells) else ""


def _first_cell(rows: Sequence[Sequence[object]], number: int) -> str:
    return cell_at(rows[number], 0) if number < len(rows) else ""
