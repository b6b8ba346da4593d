"""Cells of a log: values as ``CellData``, and rows as requests."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence

from hilt.core.columns import Cell
from hilt.io.sheets.columns import Columns
from hilt.io.sheets.connection import Json

__all__ = [
    "CELL_FIELDS",
    "MAX_CELL_CHARACTERS",
    "MONEY_PATTERN",
    "TIME_PATTERN",
    "append_request",
    "cell_data",
    "rating_rule",
    "review_cells",
    "row_data",
    "truncate",
    "update_request",
    "without_control_characters",
]

MAX_CELL_CHARACTERS = 50_000
"""The most that Google takes in one cell, in UTF-16 code units."""

CELL_FIELDS = (
    "userEnteredValue,userEnteredFormat.numberFormat,userEnteredFormat.wrapStrategy,dataValidation"
)
"""The fields of a cell that are written; colours and fonts are left to people."""

_MAX_EXACT = 2**53
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_CLIPPED = frozenset({"message", "question", "answer"})
MONEY_PATTERN = '[<0.01]"$"0.000000;[<1]"$"0.0000;"$"#,##0.00'
"""Dollars: the cost of one call is often a small part of a cent."""
TIME_PATTERN = "yyyy-mm-dd hh:mm:ss"

_NUMBER_PATTERNS = {
    "cost_usd": "0.000000",
    "cost": MONEY_PATTERN,
    "seconds": "0.00",
    "tokens_read": "#,##0",
    "tokens_written": "#,##0",
    "latency_ms": "#,##0",
    "tokens_in": "#,##0",
    "tokens_out": "#,##0",
    "relevance_score": "0.000",
}


def truncate(text: str) -> str:
    """A text cut to fit into a cell; its end says how much is missing, with a hash of it all."""
    units = text.encode("utf-16-le", "replace")
    if len(units) <= 2 * MAX_CELL_CHARACTERS:
        return text
    digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
    kept = MAX_CELL_CHARACTERS - len(f"…[+{len(text)} chars sha256:{digest}]")
    head = units[: 2 * kept].decode("utf-16-le", "ignore")
    return f"{head}…[+{len(text) - len(head)} chars sha256:{digest}]"


def without_control_characters(value: Cell) -> Cell:
    """Replace the control characters of a text by U+FFFD; other values stay as they are."""
    return _CONTROL.sub("\ufffd", value) if isinstance(value, str) else value


def cell_data(column: str, value: Cell) -> Json:
    """A ``CellData``: text stays text, whatever it begins with, and numbers stay numbers."""
    if value is None or value == "":
        return {}
    if not _is_exact_number(value):
        cell: Json = {"userEnteredValue": {"stringValue": truncate(str(value))}}
        if column in _CLIPPED:
            # If lines wrapped, rows would be as tall as the text.
            cell["userEnteredFormat"] = {"wrapStrategy": "CLIP"}
        return cell
    cell = {"userEnteredValue": {"numberValue": value}}
    if column == "time":
        pattern = {"type": "DATE_TIME", "pattern": TIME_PATTERN}
        cell["userEnteredFormat"] = {"numberFormat": pattern}
    if column in _NUMBER_PATTERNS:
        pattern = {"type": "NUMBER", "pattern": _NUMBER_PATTERNS[column]}
        cell["userEnteredFormat"] = {"numberFormat": pattern}
    return cell


def row_data(
    positions: Mapping[str, int],
    values: Mapping[str, Cell],
    blanks: Mapping[str, Json] | None = None,
) -> list[Json]:
    """A row's cells at the positions of their columns; columns without a position are left out.

    Args:
        positions: Where each column is.
        values: The values by column.
        blanks: The ``CellData`` of columns that have no value yet: their formats and rules.
    """
    cells = {name: cell_data(name, value) for name, value in values.items()} | dict(blanks or {})
    width = max((positions[name] for name in cells if name in positions), default=-1) + 1
    row: list[Json] = [{} for _ in range(width)]
    for name, cell in cells.items():
        if name in positions:
            row[positions[name]] = cell
    return row


def review_cells(columns: Columns) -> dict[str, Json]:
    """Empty cells for reviewers: what they type stays text, and ``rating`` is a choice.

    A new row may not take over its column's format, so each row has its own.
    """
    text = {"userEnteredFormat": {"numberFormat": {"type": "TEXT"}}}
    cells: dict[str, Json] = dict.fromkeys(columns.review, text)
    if "rating" in cells:
        cells["rating"] = {**text, "dataValidation": rating_rule(columns.ratings)}
    return cells


def rating_rule(ratings: Sequence[str]) -> Json:
    """A drop-down of ratings; anything else is marked, and not refused."""
    values = [{"userEnteredValue": rating} for rating in ratings]
    condition = {"type": "ONE_OF_LIST", "values": values}
    return {"condition": condition, "showCustomUi": True, "strict": False}


def append_request(
    sheet_id: int, rows: Sequence[Sequence[Json]], table: tuple[str, int] | None = None
) -> Json:
    """Append rows after the last one with data, growing the grid if need be.

    Args:
        sheet_id: The tab.
        rows: The cells of each row, from the tab's first column on.
        table: The id of the table that the rows are to join, and its first column: a table does
            not take in rows that are only below it.
    """
    target: Json = {"sheetId": sheet_id}
    left = 0
    if table is not None:
        target, left = {"tableId": table[0]}, table[1]
    return {
        "appendCells": {
            **target,
            "rows": [{"values": list(row[left:])} for row in rows],
            "fields": CELL_FIELDS,
        }
    }


def update_request(
    sheet_id: int, row: int, column: int, cells: Sequence[Json], fields: str
) -> Json:
    """Write existing cells that are side by side.

    Args:
        sheet_id: The tab.
        row: The row, from 0.
        column: The column of the first cell, from 0.
        cells: The cells.
        fields: Which of their fields are written, as a field mask.
    """
    return {
        "updateCells": {
            "start": {"sheetId": sheet_id, "rowIndex": row, "columnIndex": column},
            "rows": [{"values": [*cells]}],
            "fields": fields,
        }
    }


def _is_exact_number(value: Cell) -> bool:
    """Whether a sheet's number can hold a value: JSON has no NaN, and a double no 2**60."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return abs(value) <= _MAX_EXACT  # False for NaN and infinity
