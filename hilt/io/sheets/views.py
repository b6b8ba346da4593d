"""Making a tab of calls easy to read: colours by rule, a filter, and named filter views."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hilt.io.sheets.a1 import column_letters
from hilt.io.sheets.call_rows import FAILED, NO_ANSWER
from hilt.io.sheets.columns import Columns
from hilt.io.sheets.connection import Json

__all__ = ["view_requests"]

_RED = {"red": 0.99, "green": 0.87, "blue": 0.86}
_YELLOW = {"red": 1.0, "green": 0.95, "blue": 0.8}
_IN_PART = ("length", "filtered", "closed", "abandoned", NO_ANSWER)


def view_requests(sheet_id: int, positions: Mapping[str, int], columns: Columns) -> Iterator[Json]:
    """Colour failed calls, and add filter buttons to the header and views for reviewers."""
    if columns.rows != "calls":
        return
    width = max(positions.values()) + 1
    area = {
        "sheetId": sheet_id,
        "startRowIndex": 0,
        "startColumnIndex": 0,
        "endColumnIndex": width,
    }
    outcome, rating = positions["outcome"], positions["rating"]
    newest = {"dimensionIndex": positions["time"], "sortOrder": "DESCENDING"}
    letter = column_letters(outcome)
    for index, (outcomes, color) in enumerate(((FAILED, _RED), (_IN_PART, _YELLOW))):
        # Sums, because the separator of arguments depends on the spreadsheet's language.
        formula = "=" + "+".join(f'(${letter}2="{each}")' for each in outcomes)
        yield _color_request({**area, "startRowIndex": 1}, index, formula, color)
    yield {"setBasicFilter": {"filter": {"range": area}}}
    blank = {"columnIndex": rating, "filterCriteria": {"condition": {"type": "BLANK"}}}
    trouble = {"columnIndex": outcome, "filterCriteria": {"hiddenValues": ["completed"]}}
    # New rows come at the end, but people want to see them first.
    views = {"Newest first": [], "Needs review": [blank], "Problems": [trouble]}
    for title, specs in views.items():
        view = {"title": title, "range": area, "sortSpecs": [newest], "filterSpecs": specs}
        yield {"addFilterView": {"filter": view}}


def _color_request(area: Json, index: int, formula: str, color: Mapping[str, float]) -> Json:
    condition = {"type": "CUSTOM_FORMULA", "values": [{"userEnteredValue": formula}]}
    rule = {"condition": condition, "format": {"backgroundColor": dict(color)}}
    return {
        "addConditionalFormatRule": {
            "rule": {"ranges": [area], "booleanRule": rule},
            "index": index,
        }
    }
