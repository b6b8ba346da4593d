"""Restoring the header of a tab after people have deleted, emptied or sorted it away.

Columns are found by their marks, so rows are written and read without a header, too. It is written
again only where that does no harm: into empty cells, or into a row of its own.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence

from hilt.io.sheets.a1 import column_letters, quote_title
from hilt.io.sheets.columns import Columns, title_of
from hilt.io.sheets.connection import Connection, Json
from hilt.io.sheets.event_ids import hex_digits
from hilt.io.sheets.header import header_requests
from hilt.io.sheets.rows import HEADS

__all__ = ["header_repair", "is_whole"]

_log = logging.getLogger(__name__)


def is_whole(header: Sequence[str], positions: Mapping[str, int]) -> bool:
    """Whether a first row is a header with some name over each column."""
    texts = [_text(header, at) for at in positions.values()]
    return all(texts) and hex_digits(_text(header, positions["event_id"])) is None


def header_repair(
    connection: Connection,
    tab: Json,
    header: Sequence[str],
    positions: Mapping[str, int],
    columns: Columns,
) -> list[Json]:
    """The requests that restore a header; none if it is there, or if its place is unclear.

    Args:
        connection: The spreadsheet.
        tab: The tab's properties.
        header: The tab's first row.
        positions: Where the columns are.
        columns: The columns of the log.

    Raises:
        CallError: If the service refuses.
    """
    if is_whole(header, positions):
        return []
    sheet_id, name = tab["sheetId"], _text(header, positions["event_id"])
    texts = {each: _text(header, at) for each, at in positions.items()}
    if hex_digits(name) is None and (name or _is_mostly(texts, columns)):
        return [*_cells(sheet_id, positions, [each for each in texts if not texts[each]], columns)]
    row = _row_of_header(connection, str(tab["title"]), positions["event_id"])
    if hex_digits(name) is None and row is not None:
        return []  # it is below, as people put titles above
    if row is not None:
        source = {"sheetId": sheet_id, "dimension": "ROWS", "startIndex": row, "endIndex": row + 1}
        return [{"moveDimension": {"source": source, "destinationIndex": 0}}]
    if hex_digits(name) is not None:
        top = {"sheetId": sheet_id, "dimension": "ROWS", "startIndex": 0, "endIndex": 1}
        insert = {"insertDimension": {"range": top, "inheritFromBefore": False}}
        return [insert, *_cells(sheet_id, positions, [*positions], columns)]
    if not any(texts.values()):
        return [*_cells(sheet_id, positions, [*positions], columns)]
    _log.warning(
        "HILT: the tab %r has no header: its first row is %s. Rows are written and read all the "
        "same. Insert an empty row at the top, and the header is written there.",
        tab["title"],
        list(header),
    )
    return []


def _is_mostly(texts: Mapping[str, str], columns: Columns) -> bool:
    """Whether most of the names in a first row are those that HILT wrote."""
    given = [each for each, text in texts.items() if text]
    own = [each for each in given if texts[each] == title_of(each, columns)]
    return len(own) > len(given) / 2


def _cells(
    sheet_id: int, positions: Mapping[str, int], names: Sequence[str], columns: Columns
) -> Iterator[Json]:
    """Write the names of columns; the widths that people have set stay."""
    for name in names:
        yield next(header_requests(sheet_id, positions, [name], columns))


def _row_of_header(connection: Connection, title: str, column: int) -> int | None:
    """The row, from 0, of a header that is not at the top."""
    letters = column_letters(column)
    rows = connection.values([f"{quote_title(title)}!{letters}1:{letters}"])[0]
    return next((at for at, row in enumerate(rows) if row and row[0] in HEADS), None)


def _text(header: Sequence[str], column: int) -> str:
    return str(header[column]) if column < len(header) else ""
