"""Making rows again that were overwritten by another row, and are nowhere any more.

A row is put into its columns by writing all of it. If that hits the row of another call, and a
person deletes that row before it is put right, the other call's row is gone. Its copy is in the
backup, so it is inserted again, at the top, where no row number has to be known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet

from hilt.io.sheets.a1 import quote_title
from hilt.io.sheets.connection import Connection, Json
from hilt.io.sheets.event_ids import hex_digits
from hilt.io.sheets.row_backups import Backup, cells_of_row, comparable, copy_cells

__all__ = ["lost_row_requests"]

_PAGE = 5_000
_FIRST_ROW = 1
"""The row, from 0, below the header."""


def lost_row_requests(
    connection: Connection,
    tabs: Mapping[int, Json],
    headers: Mapping[int, Sequence[object]],
    backups: Sequence[Backup],
) -> list[Json]:
    """The requests that insert the rows that are in backups and nowhere else.

    Args:
        connection: The spreadsheet.
        tabs: The properties of its tabs, by their ids.
        headers: The first rows of the tabs that the backups are about, by the tab's id.
        backups: Backups of rows in which what was written cannot be found.

    Raises:
        CallError: If the tabs cannot be read.
    """
    replaced = [each for each in backups if not each.write.kept and _ids_of(each.before)]
    requests: list[Json] = []
    for sheet_id in {each.write.sheet for each in replaced}:
        of_tab = [each for each in replaced if each.write.sheet == sheet_id]
        made: list[Sequence[object]] = []
        for backup in _missing(connection, tabs[sheet_id], of_tab):
            if not any(_is_there(backup.before, row) for row in made):
                # Another backup may have the same row.
                made.append(backup.before)
                requests += _insert(backup, headers[sheet_id])
    return requests


def _missing(connection: Connection, tab: Json, backups: Sequence[Backup]) -> list[Backup]:
    """The backups whose rows are nowhere in a tab."""
    missing = list(backups)
    title, rows = quote_title(str(tab["title"])), int(tab["gridProperties"]["rowCount"])
    for first in range(1, rows + 1, _PAGE):
        if not missing:
            break
        area = f"{title}!{first}:{min(rows, first + _PAGE - 1)}"
        for row in connection.values([area])[0]:
            missing = [each for each in missing if not _is_there(each.before, row)]
    return missing


def _is_there(before: Sequence[object], row: Sequence[object]) -> bool:
    """Whether a row is that of a backup, even if columns have moved and cells were edited.

    The ids alone do not show it: an answer has its question's id, too, but little else of it.
    """
    cells = set(map(comparable, row))
    wanted = [comparable(cell) for cell in before if cell != ""]
    return _ids_of(before) <= cells and 2 * sum(cell in cells for cell in wanted) > len(wanted)


def _ids_of(cells: Sequence[object]) -> AbstractSet[str]:
    """The ids of events among some cells."""
    return {cell for cell in map(str, cells) if hex_digits(cell) is not None}


def _insert(backup: Backup, header: Sequence[object]) -> Iterator[Json]:
    """Insert a row with the copies of the cells of another, in the columns as they are now."""
    sheet_id = backup.write.sheet
    area = {"sheetId": sheet_id, "dimension": "ROWS"}
    yield {
        "insertDimension": {
            "range": {**area, "startIndex": _FIRST_ROW, "endIndex": _FIRST_ROW + 1},
            "inheritFromBefore": False,
        }
    }
    for column, cell in enumerate(backup.before):
        if cell != "":
            target = cells_of_row(sheet_id, _FIRST_ROW, backup.column_now(column, header), 1)
            yield copy_cells(backup.copy_of(column), target)
