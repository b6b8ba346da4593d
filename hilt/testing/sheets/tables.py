"""Tables: named ranges with a header, which grow only by their own id."""

from __future__ import annotations

from typing import Any

from hilt.testing.sheets.book import Book, Tab
from hilt.testing.sheets.errors import invalid
from hilt.testing.sheets.request_fields import Body, area_of, mask_of, select

__all__ = ["add_table", "append_to_table", "delete_table", "update_table"]


def add_table(book: Book, body: Body) -> dict[str, Any]:
    """Make a range a table; it must not overlap another one."""
    table = dict(body["table"])
    tab, rows, columns = area_of(book, table["range"])
    for other in tab.tables:
        _, other_rows, other_columns = area_of(book, other["range"])
        if _overlap(rows, other_rows) and _overlap(columns, other_columns):
            raise invalid("Tables cannot overlap.")
    number = sum(len(each.tables) for each in book) + 1
    table.setdefault("tableId", f"table{number}")
    table.setdefault("name", f"Table{number}")
    table["range"] = {
        "sheetId": tab.sheet_id,
        "startRowIndex": rows.start,
        "endRowIndex": rows.stop,
        "startColumnIndex": columns.start,
        "endColumnIndex": columns.stop,
    }
    tab.tables.append(table)
    return {"table": table}


def update_table(book: Book, body: Body) -> dict[str, Any]:
    """Change a table's name or range."""
    _, table = _find(book, str(body["table"]["tableId"]))
    table.update(select(body["table"], mask_of(body)))
    return {}


def delete_table(book: Book, body: Body) -> dict[str, Any]:
    """Remove a table with its data."""
    tab, table = _find(book, str(body["tableId"]))
    tab.tables.remove(table)
    return {}


def append_to_table(book: Book, table_id: str, count: int) -> tuple[Tab, int, int]:
    """Make room in a table: its tab, the first row to write to, and the table's first column."""
    tab, table = _find(book, table_id)
    _, rows, columns = area_of(book, table["range"], clip=True)
    first = rows.stop
    while first > rows.start + 1 and all(
        tab.cell(first - 1, column).is_empty for column in columns
    ):
        first -= 1
    more = first + count - rows.stop
    if more > 0:
        if rows.stop < len(tab.rows):
            tab.rows[rows.stop : rows.stop] = [{} for _ in range(more)]
            tab.row_count += more
        tab.row_count = max(tab.row_count, rows.stop + more)
        table["range"] = {**table["range"], "endRowIndex": rows.stop + more}
    return tab, first, columns.start


def _find(book: Book, table_id: str) -> tuple[Tab, dict[str, Any]]:
    for tab in book:
        for table in tab.tables:
            if table["tableId"] == table_id:
                return tab, table
    raise invalid(f"No table with id: {table_id}")


def _overlap(one: range, other: range) -> bool:
    return one.start < other.stop and other.start < one.stop
