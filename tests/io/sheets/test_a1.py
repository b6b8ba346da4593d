"""A1 notation."""

from __future__ import annotations

from hilt.io.sheets.a1 import column_letters, quote_title


def test_names_in_ranges_are_quote_title():
    """A title may have anything in it."""
    assert quote_title("Ada's log") == "'Ada''s log'"
    assert [column_letters(index) for index in (0, 25, 26, 701, 702)] == [
        "A",
        "Z",
        "AA",
        "ZZ",
        "AAA",
    ]
