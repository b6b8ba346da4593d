"""Looking up the facts about a refusal, since its message is in the account's language."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass

from hilt.io.sheets.connection import Connection, Json
from hilt.io.sheets.errors import CallError
from hilt.io.sheets.marks import read_marks
from hilt.io.sheets.tabs import candidates

__all__ = ["CLOCK_LEEWAY_S", "MAX_CELLS", "Diagnosis", "diagnose", "keeps_out"]

MAX_CELLS = 10_000_000
"""How many cells a spreadsheet may have, empty ones included."""

CLOCK_LEEWAY_S = 300.0
"""How wrong a clock may be before Google refuses to sign in."""

_BAD_REQUEST, _UNAUTHORIZED = 400, 401
_NEARLY = 0.99


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The facts that were looked up.

    Args:
        protected: Whether a protected range keeps this account out.
        is_full: Whether the spreadsheet has about as many cells as it may.
        clock_offset_s: How far this machine's clock is ahead of Google's; negative if behind.
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
        tabs = [sheet["properties"] for sheet in sheets]
        of_log = candidates(connection, tabs, read_marks(connection), title)
    except CallError:
        return Diagnosis()
    ids = {each.sheet_id for each in of_log}
    cells = sum(_cells(sheet["properties"].get("gridProperties", {})) for sheet in sheets)
    return Diagnosis(
        protected=any(keeps_out(sheet, ids) for sheet in sheets),
        is_full=cells >= MAX_CELLS * _NEARLY,
    )


def _cells(grid: Json) -> int:
    return int(grid.get("rowCount", 0)) * int(grid.get("columnCount", 0))


def keeps_out(sheet: Json, sheet_ids: Container[int]) -> bool:
    """Whether a sheet is one of some tabs, and a protection keeps this account from adding rows.

    A protected header or column keeps no rows out, unless it reaches to the end of the tab.
    """
    return sheet["properties"]["sheetId"] in sheet_ids and any(
        not each.get("requestingUserCanEdit")
        and not each.get("warningOnly")
        and "endRowIndex" not in each.get("range", {})
        for each in sheet.get("protectedRanges", ())
    )
