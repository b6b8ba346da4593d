"""Whether a spreadsheet can be written to at all, asked in a way that leaves nothing behind."""

from __future__ import annotations

import random

from hilt.io.sheets.connection import Json

__all__ = ["probe_requests"]


def probe_requests() -> list[Json]:
    """Write to a hidden tab that is removed by the same request; nobody ever sees it.

    Whether a lost request of this kind was carried out makes no difference.
    """
    sheet_id = random.randrange(1, 2**31)  # noqa: S311 - an id
    grid = {"rowCount": 1, "columnCount": 1}
    properties = {"sheetId": sheet_id, "title": f"hilt check {sheet_id}", "hidden": True}
    cell = {"userEnteredValue": {"stringValue": "hilt sheets check"}}
    return [
        {"addSheet": {"properties": {**properties, "gridProperties": grid}}},
        {
            "updateCells": {
                "start": {"sheetId": sheet_id, "rowIndex": 0, "columnIndex": 0},
                "rows": [{"values": [cell]}],
                "fields": "userEnteredValue",
            }
        },
        {"deleteSheet": {"sheetId": sheet_id}},
    ]
