"""Checking whether a spreadsheet can be written to at all, without leaving anything behind."""

from __future__ import annotations

from hilt.io.sheets.cells import update_request
from hilt.io.sheets.connection import Json
from hilt.io.sheets.marks import new_sheet_id

__all__ = ["probe_requests"]


def probe_requests() -> list[Json]:
    """Write to a hidden tab that the same request removes, so that people never see it.

    If the answer is lost, it makes no difference whether it was carried out.
    """
    sheet_id = new_sheet_id()
    grid = {"rowCount": 1, "columnCount": 1}
    properties = {"sheetId": sheet_id, "title": f"hilt check {sheet_id}", "hidden": True}
    cell = {"userEnteredValue": {"stringValue": "hilt sheets check"}}
    return [
        {"addSheet": {"properties": {**properties, "gridProperties": grid}}},
        update_request(sheet_id, 0, 0, [cell], "userEnteredValue"),
        {"deleteSheet": {"sheetId": sheet_id}},
    ]
