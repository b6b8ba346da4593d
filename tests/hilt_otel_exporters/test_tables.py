"""Tests for the page on the spans of others."""

from __future__ import annotations

from tests.hilt_otel_exporters.tables import PAGE, written


def test_tables_of_the_page_are_those_of_the_code() -> None:
    """The page is written by `tables`, from the same tables that the code reads by."""
    text = PAGE.read_text(encoding="utf-8")

    assert text == written(text)
