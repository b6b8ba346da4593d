"""The ``spreadsheets.values`` collection: get, update, append, clear."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from hilt.testing.sheets.book import Book, Tab
from hilt.testing.sheets.cells import Cell, Scalar, entered, raw
from hilt.testing.sheets.errors import invalid
from hilt.testing.sheets.ranges import column_letters, quoted
from hilt.testing.sheets.request_fields import check_protection

__all__ = ["append", "clear", "get", "update"]

Query = Mapping[str, str]


def get(book: Book, where: str, query: Query) -> dict[str, Any]:
    """A ``ValueRange``: rows without trailing empty cells, and without trailing empty rows.

    Raises:
        ApiError: If the range names no tab, or begins outside the grid.
    """
    tab, box = book.range(where)
    rows, columns = tab.box(box, clip=True)
    render = query.get("valueRenderOption", "FORMATTED_VALUE")
    table = [
        [_rendered(tab.cell(row, column), render) for column in columns]
        for row in range(rows.start, min(rows.stop, tab.data_rows))
    ]
    if query.get("majorDimension") == "COLUMNS":
        table = [list(column) for column in zip(*table, strict=True)]
    result: dict[str, Any] = {
        "range": _shown(tab, rows, columns),
        "majorDimension": query.get("majorDimension", "ROWS"),
    }
    table = _without_tail([_without_tail(row, "") for row in table], [])
    if table:
        result["values"] = table
    return result


def update(book: Book, where: str, query: Query, body: Mapping[str, Any]) -> dict[str, Any]:
    """Write values at a range.

    Raises:
        ApiError: If they do not fit into it, or into the grid.
    """
    tab, box = book.range(where)
    rows, columns = tab.box(box)
    return _write(book, tab, rows.start, columns.start, query, body)


def append(book: Book, where: str, query: Query, body: Mapping[str, Any]) -> dict[str, Any]:
    """Write values after the table that is detected in a range, from its first column.

    As the service does by default (``OVERWRITE``), it writes over whatever stands below the
    table; ``INSERT_ROWS`` makes new rows instead.

    Raises:
        ApiError: If the values are wider than the grid.
    """
    tab, box = book.range(where)
    rows, columns = tab.box(box, clip=True)
    bottom, left = _table_end(tab, rows, columns)
    values = body.get("values", [])
    if query.get("insertDataOption") == "INSERT_ROWS":
        tab.rows[bottom:bottom] = [{} for _ in values]
        tab.row_count += len(values)
    tab.row_count = max(tab.row_count, bottom + len(values))
    written = _write(book, tab, bottom, left, query, body)
    return {"spreadsheetId": book.book_id, "tableRange": where, "updates": written}


def clear(book: Book, where: str) -> dict[str, Any]:
    """Empty a range; formats stay.

    Raises:
        ApiError: If it is not in the grid.
    """
    tab, box = book.range(where)
    rows, columns = tab.box(box, clip=True)
    check_protection(book, tab, rows, columns)
    for row in range(rows.start, min(rows.stop, len(tab.rows))):
        tab.put(row, {column: Cell(format=tab.cell(row, column).format) for column in columns})
    return {"spreadsheetId": book.book_id, "clearedRange": _shown(tab, rows, columns)}


def _write(
    book: Book, tab: Tab, top: int, left: int, query: Query, body: Mapping[str, Any]
) -> dict[str, Any]:
    how = query.get("valueInputOption")
    if how not in {"RAW", "USER_ENTERED"}:
        raise invalid(f"'valueInputOption' is required but was {how or 'not specified'}")
    values = body.get("values", [])
    width = max(map(len, values), default=0)
    check_protection(book, tab, range(top, top + len(values)), range(left, left + width))
    for row, items in enumerate(values, top):
        cells = {
            column: _read(value, tab.cell(row, column), str(how), book.locale)
            for column, value in enumerate(items, left)
        }
        tab.put(row, cells)
    book.check_size()
    return {
        "spreadsheetId": book.book_id,
        "updatedRange": _shown(tab, range(top, top + len(values)), range(left, left + width)),
        "updatedRows": len(values),
        "updatedColumns": width,
        "updatedCells": sum(map(len, values)),
    }


def _read(value: object, cell: Cell, how: str, locale: str) -> Cell:
    if how == "RAW":
        return replace(raw(value), format=cell.format, validation=cell.validation)
    return entered(value, cell, locale)


def _table_end(tab: Tab, rows: range, columns: range) -> tuple[int, int]:
    """The row after the last one with data in a range, and the table's first column."""
    last, left = rows.start - 1, None
    for row in range(rows.start, min(rows.stop, len(tab.rows))):
        filled = [column for column in columns if not tab.cell(row, column).is_empty]
        if filled:
            last, left = row, min(filled) if left is None else min(left, *filled)
    return last + 1, columns.start if left is None else left


def _rendered(cell: Cell, render: str) -> Scalar:
    if render == "FORMULA" and cell.formula is not None:
        return cell.formula
    if render == "FORMATTED_VALUE":
        return cell.text()
    return cell.shown()


def _without_tail(values: list[Any], empty: object) -> list[Any]:
    end = len(values)
    while end and values[end - 1] == empty:
        end -= 1
    return values[:end]


def _shown(tab: Tab, rows: Sequence[int], columns: Sequence[int]) -> str:
    if not rows or not columns:
        return quoted(tab.title)
    first = f"{column_letters(columns[0])}{rows[0] + 1}"
    last = f"{column_letters(columns[-1])}{rows[-1] + 1}"
    return f"{quoted(tab.title)}!{first}:{last}"
