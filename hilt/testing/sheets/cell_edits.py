"""Requests of a batch that write cells: append, update, repeat, validate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from hilt.testing.sheets.book import Book, Tab
from hilt.testing.sheets.cells import Cell, typed
from hilt.testing.sheets.errors import invalid
from hilt.testing.sheets.request_fields import (
    Body,
    area_of,
    check_protection,
    mask_of,
    select,
)
from hilt.testing.sheets.tables import append_to_table

__all__ = [
    "append_cells",
    "copy_paste",
    "find_replace",
    "repeat_cell",
    "set_data_validation",
    "update_cells",
]


def append_cells(book: Book, body: Body) -> dict[str, Any]:
    """Add rows after the last one with data, and rows to the grid where needed.

    With ``tableId`` they go after the last row with data of the table, which grows.
    """
    fields = mask_of(body)
    rows = body.get("rows", [])
    if "tableId" in body:
        tab, start, left = append_to_table(book, str(body["tableId"]), len(rows))
    else:
        tab = book.by_id(body["sheetId"])
        start, left = tab.data_rows, 0
        tab.row_count = max(tab.row_count, start + len(rows))
    _write_rows(book, tab, start, left, rows, fields)
    return {}


def update_cells(book: Book, body: Body) -> dict[str, Any]:
    """Write cells from a corner of the grid on."""
    fields = mask_of(body)
    start = body.get("start") or {}
    area = body.get("range")
    if area is not None:
        start = {
            "sheetId": area["sheetId"],
            "rowIndex": area.get("startRowIndex", 0),
            "columnIndex": area.get("startColumnIndex", 0),
        }
    tab = book.by_id(start.get("sheetId", 0))
    top, left = start.get("rowIndex", 0), start.get("columnIndex", 0)
    _write_rows(book, tab, top, left, body.get("rows", []), fields)
    return {}


def copy_paste(book: Book, body: Body) -> dict[str, Any]:
    """Copy cells with their formats to an area of the same size, also of another tab."""
    if body.get("pasteType", "PASTE_NORMAL") != "PASTE_NORMAL":
        raise invalid("This emulator pastes everything that a cell has.")
    source, rows, columns = area_of(book, body["source"])
    target, new_rows, new_columns = area_of(book, body["destination"])
    if (len(rows), len(columns)) != (len(new_rows), len(new_columns)):
        raise invalid("This emulator pastes to areas of the same size.")
    check_protection(book, target, new_rows, new_columns)
    copied = [[source.cell(row, column) for column in columns] for row in rows]
    for row, cells in zip(new_rows, copied, strict=True):
        target.put(row, dict(zip(new_columns, cells, strict=True)))
    return {}


def repeat_cell(book: Book, body: Body) -> dict[str, Any]:
    """Give a whole range one value or format; what is outside the grid is left out."""
    fields = mask_of(body)
    tab, rows, columns = area_of(book, body["range"], clip=True)
    check_protection(book, tab, rows, columns)
    cell = body.get("cell", {})
    # The grid is sparse: below the data the format is kept by column.
    bottom = min(rows.stop, len(tab.rows))
    for row in range(rows.start, bottom):
        tab.put(row, {column: _merged(tab.cell(row, column), cell, fields) for column in columns})
    if rows.stop > bottom and rows.stop == tab.row_count:
        first = max(rows.start, bottom)
        for column in columns:
            tab.column_formats[column] = (first, _merged(Cell(), cell, fields).format)
    elif rows.start >= bottom:
        tab.put(rows.start, {column: _merged(Cell(), cell, fields) for column in columns})
    return {}


def find_replace(book: Book, body: Body) -> dict[str, Any]:
    """Replace a text wherever whole cells of a tab hold it."""
    if not body.get("matchEntireCell") or not body.get("matchCase"):
        raise invalid("This emulator finds whole cells only, and minds upper and lower case.")
    tab = book.by_id(body["sheetId"])
    found = 0
    for number, row in enumerate(tab.rows):
        hits = {column for column, cell in row.items() if cell.value == body["find"]}
        if hits:
            check_protection(book, tab, range(number, number + 1), range(min(hits), max(hits) + 1))
            new = body.get("replacement") or None
            tab.put(number, {column: replace(row[column], value=new) for column in hits})
            found += len(hits)
    return {"valuesChanged": found, "occurrencesChanged": found}


def set_data_validation(book: Book, body: Body) -> dict[str, Any]:
    """Set the rule for what may be typed into a range; the API itself is not held to it."""
    tab, _, _ = area_of(book, body["range"], clip=True)
    tab.validations.append(dict(body))
    return {}


def _write_rows(
    book: Book, tab: Tab, top: int, left: int, rows: Sequence[Body], fields: Sequence[str]
) -> None:
    width = max((len(row.get("values", [])) for row in rows), default=0)
    check_protection(book, tab, range(top, top + len(rows)), range(left, left + width))
    for row, data in enumerate(rows, top):
        values = enumerate(data.get("values", []), left)
        cells = {column: _merged(tab.cell(row, column), value, fields) for column, value in values}
        tab.put(row, cells)


def _merged(cell: Cell, data: Body, fields: Sequence[str]) -> Cell:
    """The cell after a ``CellData`` has been written to it through a field mask."""
    everything = "*" in fields
    if everything or any(name.startswith("userEnteredValue") for name in fields):
        new = typed(data.get("userEnteredValue", {}))
        cell = replace(cell, value=new.value, formula=new.formula)
    if everything or any(name.startswith("userEnteredFormat") for name in fields):
        chosen = select({"userEnteredFormat": data.get("userEnteredFormat", {})}, fields)
        formats: Mapping[str, Any] = chosen.get("userEnteredFormat", {})
        cell = replace(cell, format={**cell.format, **formats})
    if everything or any(name.startswith("dataValidation") for name in fields):
        cell = replace(cell, validation=data.get("dataValidation"))
    return cell
