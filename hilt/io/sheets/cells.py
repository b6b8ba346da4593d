"""Cells of a log: values as ``CellData``, and rows as requests."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from hilt.core.columns import Cell
from hilt.io.sheets.connection import Json

__all__ = [
    "MAX_CELL_CHARACTERS",
    "append_request",
    "cell_data",
    "row_data",
    "truncate",
    "without_control_characters",
]

MAX_CELL_CHARACTERS = 50_000
"""What Google takes in one cell, in UTF-16 code units."""

_MAX_EXACT = 2**53
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_NUMBER_PATTERNS = {
    "cost_usd": "0.000000",
    "latency_ms": "#,##0",
    "tokens_in": "#,##0",
    "tokens_out": "#,##0",
    "relevance_score": "0.000",
}


def truncate(text: str) -> str:
    """A text that fits into a cell; its end states what is missing, with a hash of the whole."""
    units = text.encode("utf-16-le", "replace")
    if len(units) <= 2 * MAX_CELL_CHARACTERS:
        return text
    digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
    kept = MAX_CELL_CHARACTERS - len(f"…[+{len(text)} chars sha256:{digest}]")
    head = units[: 2 * kept].decode("utf-16-le", "ignore")
    return f"{head}…[+{len(text) - len(head)} chars sha256:{digest}]"


def without_control_characters(value: Cell) -> Cell:
    """A text with a replacement character for every control character; other values as they are."""
    return _CONTROL.sub("\ufffd", value) if isinstance(value, str) else value


def cell_data(column: str, value: Cell) -> Json:
    """A ``CellData``: text stays text, whatever it begins with, and numbers stay numbers."""
    if value is None or value == "":
        return {}
    if not _is_exact_number(value):
        cell: Json = {"userEnteredValue": {"stringValue": truncate(str(value))}}
        if column == "message":
            # Lines that wrap make rows as tall as the text.
            cell["userEnteredFormat"] = {"wrapStrategy": "CLIP"}
        return cell
    cell = {"userEnteredValue": {"numberValue": value}}
    if column in _NUMBER_PATTERNS:
        pattern = {"type": "NUMBER", "pattern": _NUMBER_PATTERNS[column]}
        cell["userEnteredFormat"] = {"numberFormat": pattern}
    return cell


def row_data(positions: Mapping[str, int], values: Mapping[str, Cell]) -> list[Json]:
    """A row's cells at the positions of their columns; columns without a position are left out."""
    width = max((positions[name] for name in values if name in positions), default=-1) + 1
    row: list[Json] = [{} for _ in range(width)]
    for name, value in values.items():
        if name in positions:
            row[positions[name]] = cell_data(name, value)
    return row


def append_request(sheet_id: int, rows: Sequence[Sequence[Mapping[str, Any]]]) -> Json:
    """Add rows after the last one with data, by the tab's id, and rows to the grid."""
    return {
        "appendCells": {
            "sheetId": sheet_id,
            "rows": [{"values": list(row)} for row in rows],
            "fields": "userEnteredValue,userEnteredFormat.numberFormat,"
            "userEnteredFormat.wrapStrategy",
        }
    }


def _is_exact_number(value: Cell) -> bool:
    """Whether a sheet's number can hold a value: JSON has no NaN, and a double no 2**60."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return math.isfinite(value) and abs(value) <= _MAX_EXACT
