"""Requests of a batch that change the grid: rows and columns added, moved, removed, sorted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hilt.testing.sheets.book import Book, Tab
from hilt.testing.sheets.cells import Cell
from hilt.testing.sheets.errors import invalid
from hilt.testing.sheets.metadata import move_column_metadata
from hilt.testing.sheets.request_fields import Body, area_of, mask_of, select

__all__ = [
    "append_dimension",
    "delete_dimension",
    "insert_dimension",
    "move_dimension",
    "sort_range",
    "update_dimension_properties",
]


def append_dimension(book: Book, body: Body) -> dict[str, Any]:
    """Add rows or columns at the end of the grid."""
    tab = book.by_id(body["sheetId"])
    if body["dimension"] == "COLUMNS":
        tab.column_count += int(body["length"])
    else:
        tab.row_count += int(body["length"])
    return {}


def insert_dimension(book: Book, body: Body) -> dict[str, Any]:
    """Insert rows or columns, as a person does."""
    tab, start, end = _span(book, body["range"])
    count = end - start

    def shifted(index: int) -> int:
        return index + count if index >= start else index

    if body["range"]["dimension"] == "ROWS":
        if start < len(tab.rows):
            tab.rows[start:start] = [{} for _ in range(count)]
        tab.row_count += count
        _shift_tables(tab, "Row", shifted, lambda end: shifted(end - 1) + 1)
        return {}
    tab.column_count += count
    _move_columns(book, tab, shifted)
    _shift_tables(tab, "Column", shifted, lambda end: shifted(end - 1) + 1)
    return {}


def delete_dimension(book: Book, body: Body) -> dict[str, Any]:
    """Delete rows or columns, as a person does."""
    tab, start, end = _span(book, body["range"])
    count = end - start

    def shifted(index: int) -> int:
        return index - max(0, min(index, end) - start)

    def position(column: int) -> int | None:
        return None if start <= column < end else shifted(column)

    if body["range"]["dimension"] == "ROWS":
        _check_rest(tab.row_count, start, end)
        del tab.rows[start:end]
        tab.row_count -= count
        _shift_tables(tab, "Row", shifted, shifted)
        return {}
    _check_rest(tab.column_count, start, end)
    tab.column_count -= count
    _move_columns(book, tab, position)
    _shift_tables(tab, "Column", shifted, shifted)
    return {}


def move_dimension(book: Book, body: Body) -> dict[str, Any]:
    """Move columns to before another one, as a person does by dragging them."""
    tab, start, end = _span(book, body["source"])
    target = int(body["destinationIndex"])
    if body["source"]["dimension"] != "COLUMNS":
        moved = tab.rows[start:end]
        rest = tab.rows[:start] + tab.rows[end:]
        at = target if target <= start else target - len(moved)
        tab.rows[:] = rest[:at] + moved + rest[at:]
        return {}
    columns = [*range(tab.column_count)]
    rest = columns[:start] + columns[end:]
    at = target if target <= start else target - (end - start)
    order = rest[:at] + columns[start:end] + rest[at:]
    positions = {column: position for position, column in enumerate(order)}
    _move_columns(book, tab, positions.get)
    return {}


def sort_range(book: Book, body: Body) -> dict[str, Any]:
    """Sort rows by one column, as a person does."""
    tab, rows, _ = area_of(book, body["range"])
    spec = body["sortSpecs"][0]
    end = min(rows.stop, tab.data_rows)
    tab.rows[rows.start : end] = sorted(
        tab.rows[rows.start : end],
        key=lambda row: str(row.get(spec["dimensionIndex"], Cell()).shown()),
        reverse=spec.get("sortOrder") == "DESCENDING",
    )
    return {}


def update_dimension_properties(book: Book, body: Body) -> dict[str, Any]:
    """Set the width of columns, or hide them."""
    area = body["range"]
    tab = book.by_id(area["sheetId"])
    chosen = select(body["properties"], mask_of(body))
    if area.get("dimension") != "COLUMNS":
        return {}
    if area["endIndex"] > tab.column_count:
        raise invalid(f"endIndex {area['endIndex']} is outside the grid of {tab.column_count}")
    for column in range(area.get("startIndex", 0), area["endIndex"]):
        if "pixelSize" in chosen:
            tab.widths[column] = chosen["pixelSize"]
        if chosen.get("hiddenByUser"):
            tab.hidden_columns.add(column)
        elif "hiddenByUser" in chosen:
            tab.hidden_columns.discard(column)
    return {}


def _span(book: Book, area: Body) -> tuple[Tab, int, int]:
    return book.by_id(area["sheetId"]), int(area["startIndex"]), int(area["endIndex"])


def _move_columns(book: Book, tab: Tab, position_of: Callable[[int], int | None]) -> None:
    tab.move_columns(position_of)
    move_column_metadata(book, tab.sheet_id, position_of)


def _shift_tables(
    tab: Tab,
    dimension: str,
    shift_start: Callable[[int], int],
    shift_end: Callable[[int], int],
) -> None:
    start, end = f"start{dimension}Index", f"end{dimension}Index"
    for table in tab.tables:
        area = table["range"]
        table["range"] = {**area, start: shift_start(area[start]), end: shift_end(area[end])}


def _check_rest(count: int, start: int, end: int) -> None:
    if not 0 <= start < end <= count:
        raise invalid(f"Cannot delete {start} to {end} of {count}.")
    if end - start == count:
        raise invalid("You can't delete all the rows or columns on the sheet.")
