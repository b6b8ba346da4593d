"""Cells and headers, without a server."""

from __future__ import annotations

import hashlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hilt.core.exceptions import ConfigurationError
from hilt.io.sheets.layout import Columns, cell_of, cut, letters_of, positions_of, quoted, tabs_of


@given(st.text())
def test_any_text_is_stored_as_itself(text):
    """No text becomes a number or a formula."""
    assert cell_of("model", text) == ({"userEnteredValue": {"stringValue": text}} if text else {})


@given(st.integers(1, 4), st.sampled_from("x🦜é"), st.integers(24_990, 25_010))
def test_cut_text_fits_and_says_what_is_missing(scale, letter, length):
    """At most 50,000 UTF-16 units, whole letters, a count and a hash of all of it."""
    text = letter * (length * scale)
    stored = cut(text)

    assert len(stored.encode("utf-16-le")) // 2 <= 50_000
    if stored != text:
        kept, missing, digest = re.fullmatch(
            r"(.*)…\[\+(\d+) chars sha256:(\w+)\]", stored, re.DOTALL
        ).groups()
        assert kept + letter * int(missing) == text
        assert digest == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize("number", [float("nan"), float("inf"), 2**60])
def test_number_that_a_sheet_cannot_hold_is_text(number):
    """JSON has no NaN, and a double no 2**60: they are shown rather than changed."""
    assert cell_of("cost_usd", number) == {"userEnteredValue": {"stringValue": str(number)}}


@pytest.mark.parametrize(
    ("header", "positions"),
    [
        ([], {"timestamp": 0, "message": 1, "event_id": 2}),
        (["timestamp", "message"], {"timestamp": 0, "message": 1, "event_id": 2}),
        (["x", "timestamp", "y"], {"timestamp": 1, "message": 3, "event_id": 4}),
        (["event_id", "timestamp"], {"event_id": 0, "timestamp": 1, "message": 2}),
        (["message", "timestamp"], None),
        (["message"], None),
        (["x"], None),
        (["timestamp", "timestamp", "message"], None),
    ],
)
def test_header_fits_if_it_begins_with_the_columns(header, positions):
    """Other columns may stand between; the chosen ones stand in the chosen order."""
    assert positions_of(header, Columns(("timestamp", "message"))) == positions


def test_review_columns_are_split_from_the_others():
    """They may be asked for by name or all together."""
    assert Columns.of(["message", "comment"]).needed == ("message", "comment", "event_id")
    assert Columns.of(["event_id"], review=True).needed == (
        "event_id", "rating", "comment", "correction",
    )  # fmt: skip
    with pytest.raises(ConfigurationError):
        Columns.of(["comment"])


def test_tabs_of_a_log_are_found_in_their_order():
    """Rolled over tabs follow the first one; others are not ours."""
    titles = ["Logs (10)", "logs", "Logs 2", "Logs (2)", "My Logs"]
    tabs = [{"title": title, "sheetType": "GRID"} for title in titles]

    assert [tab["title"] for tab in tabs_of(tabs, "Logs")] == ["logs", "Logs (2)", "Logs (10)"]


def test_names_in_ranges_are_quoted():
    """A title may have anything in it."""
    assert quoted("Ada's log") == "'Ada''s log'"
    assert [letters_of(index) for index in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]
