"""Filters and colours are kept with their tab."""

from __future__ import annotations

import pytest

from hilt.testing.sheets import ApiError

WHOLE = {"sheetId": 0}


def test_filters_and_rules_are_answered_with_their_tab(sheets, book):
    """A client sees what people have set."""
    rule = {"ranges": [WHOLE], "booleanRule": {"condition": {"type": "NOT_BLANK"}}}
    sheets.edit(
        "book",
        {"setBasicFilter": {"filter": {"range": WHOLE}}},
        {"addFilterView": {"filter": {"title": "Mine", "range": WHOLE}}},
        {"addConditionalFormatRule": {"rule": rule, "index": 0}},
    )
    answer = book.client.fetch_sheet_metadata("book", {})["sheets"][0]

    assert answer["basicFilter"] == {"range": WHOLE}
    assert answer["filterViews"] == [{"title": "Mine", "range": WHOLE, "filterViewId": 1}]
    assert answer["conditionalFormats"] == [rule]
    sheets.edit("book", {"clearBasicFilter": {"sheetId": 0}})
    assert sheets.book().tab("Sheet1").basic_filter is None


def test_what_makes_no_sense_is_refused(sheets):
    """A rule needs a condition, and a protection its id."""
    with pytest.raises(ApiError, match="booleanRule"):
        sheets.edit("book", {"addConditionalFormatRule": {"rule": {"ranges": [WHOLE]}}})
    with pytest.raises(ApiError, match="No protected range with id: 3"):
        sheets.edit("book", {"deleteProtectedRange": {"protectedRangeId": 3}})
