"""The requests that make a header: cells, widths, the grid's size, the frozen row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from hilt.io.sheets.cells import rating_rule, update_request
from hilt.io.sheets.columns import Columns, title_of
from hilt.io.sheets.connection import Json

__all__ = [
    "column_request",
    "freeze_request",
    "grow_requests",
    "header_requests",
    "review_requests",
]

_WIDTHS = {
    "timestamp": 190,
    "time": 150,
    "who": 110,
    "outcome": 110,
    "cost": 110,
    "tokens_read": 120,
    "tokens_written": 130,
    "question": 320,
    "answer": 420,
    "tools": 130,
    "conversation": 180,
    "prompt_id": 290,
    "conversation_id": 180,
    "event_id": 290,
    "reply_to": 290,
    "session": 180,
    "speaker": 130,
    "message": 420,
    "model": 150,
    "comment": 240,
    "correction": 320,
}
_NARROW = 95
_FORMAT = {
    "textFormat": {"bold": True},
    "backgroundColor": {"red": 0.9, "green": 0.93, "blue": 0.97},
}
_FIELDS = "userEnteredValue,userEnteredFormat.textFormat.bold,userEnteredFormat.backgroundColor"


def header_requests(
    sheet_id: int, positions: Mapping[str, int], names: Sequence[str], columns: Columns
) -> Iterator[Json]:
    """Write adjacent header cells, with widths; hide columns that only programs need.

    Args:
        sheet_id: The tab.
        positions: Where each column is.
        names: The columns to write; they are neighbours.
        columns: The columns of the log.
    """
    cells = [
        {
            "userEnteredValue": {"stringValue": title_of(name, columns)},
            "userEnteredFormat": _FORMAT,
        }
        for name in names
    ]
    yield update_request(sheet_id, 0, positions[names[0]], cells, _FIELDS)
    for name in names:
        properties: Json = {"pixelSize": _WIDTHS.get(name, _NARROW)}
        if name in columns.hidden:
            properties["hiddenByUser"] = True
        yield column_request(sheet_id, positions[name], positions[name] + 1, properties)


def review_requests(
    sheet_id: int, positions: Mapping[str, int], names: Sequence[str], columns: Columns
) -> Iterator[Json]:
    """Keep what reviewers type as text, and give them a drop-down for the rating.

    Args:
        sheet_id: The tab.
        positions: Where each column is.
        names: Which columns to treat; those that are not for reviewers are left alone.
        columns: The columns of the log.
    """
    for name in names:
        if name not in columns.review:
            continue
        area = {
            "sheetId": sheet_id,
            "startRowIndex": 1,
            "startColumnIndex": positions[name],
            "endColumnIndex": positions[name] + 1,
        }
        yield {
            "repeatCell": {
                "range": area,
                "cell": {"userEnteredFormat": {"numberFormat": {"type": "TEXT"}}},
                "fields": "userEnteredFormat.numberFormat",
            }
        }
        if name == "rating":
            yield {"setDataValidation": {"range": area, "rule": rating_rule(columns.ratings)}}


def grow_requests(sheet_id: int, grid: Mapping[str, int], width: int) -> Iterator[Json]:
    """Make the grid as wide as needed, and tall enough for a frozen row."""
    for dimension, has, wants in (
        ("COLUMNS", grid["columnCount"], width),
        ("ROWS", grid["rowCount"], 2),
    ):
        if has < wants:
            more = {"sheetId": sheet_id, "dimension": dimension, "length": wants - has}
            yield {"appendDimension": more}


def freeze_request(sheet_id: int) -> Json:
    """Keep the first row in sight."""
    return {
        "updateSheetProperties": {
            "properties": {"sheetId": sheet_id, "gridProperties": {"frozenRowCount": 1}},
            "fields": "gridProperties.frozenRowCount",
        }
    }


def column_request(sheet_id: int, start: int, end: int, properties: Json) -> Json:
    """Set a property of columns: their width, or that they are hidden."""
    area = {"sheetId": sheet_id, "dimension": "COLUMNS", "startIndex": start, "endIndex": end}
    return {
        "updateDimensionProperties": {
            "range": area,
            "properties": properties,
            "fields": ",".join(properties),
        }
    }
