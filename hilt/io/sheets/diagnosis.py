"""Facts about a refusal that its message holds only in somebody's language: looked up."""

from __future__ import annotations

from dataclasses import dataclass

from hilt.io.sheets.connection import Connection, Json
from hilt.io.sheets.errors import CallError

__all__ = ["MAX_CELLS", "Diagnosis", "diagnose"]

MAX_CELLS = 10_000_000
"""How many cells a spreadsheet may have, empty ones included."""

_BAD_REQUEST, _UNAUTHORIZED = 400, 401
_NEARLY = 0.99


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What was looked up.

    Args:
        protected: Whether a protected range keeps this account out.
        is_full: Whether the spreadsheet has about as many cells as it may.
        clock_offset_s: How far this machine's clock is ahead of Google's; below zero if behind.
    """

    protected: bool = False
    is_full: bool = False
    clock_offset_s: float = 0.0


def diagnose(connection: Connection, error: CallError, title: str) -> Diagnosis:
    """The facts that explain a refusal, as far as they can be looked up. Never raises.

    Args:
        connection: The spreadsheet.
        error: The refusal.
        title: The worksheet.
    """
    if error.code == _UNAUTHORIZED:
        return Diagnosis(clock_offset_s=connection.clock_offset_s() or 0.0)
    if error.code != _BAD_REQUEST:
        return Diagnosis()
    try:
        sheets = connection.structure()
    except CallError:
        return Diagnosis()
    cells = sum(_cells(sheet["properties"].get("gridProperties", {})) for sheet in sheets)
    return Diagnosis(
        protected=any(_keeps_out(sheet, title) for sheet in sheets),
        is_full=cells >= MAX_CELLS * _NEARLY,
    )


def _cells(grid: Json) -> int:
    return int(grid.get("rowCount", 0)) * int(grid.get("columnCount", 0))


def _keeps_out(sheet: Json, title: str) -> bool:
    """Whether a tab of the log has a protected range that is closed to this account."""
    if not str(sheet["properties"]["title"]).casefold().startswith(title.casefold()):
        return False
    return any(
        not each.get("requestingUserCanEdit") and not each.get("warningOnly")
        for each in sheet.get("protectedRanges", ())
    )
