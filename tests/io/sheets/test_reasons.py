"""Failures are explained to the person who set the log up."""

from __future__ import annotations

import pytest

from hilt.core.exceptions import (
    CredentialsError,
    SinkError,
)
from hilt.testing.sheets import Fault

from .conftest import DOCUMENTED, EMAIL, prompt_of, put


def test_unknown_spreadsheet_is_explained(sink_of):
    """A 404 says where the id is found."""
    sink = sink_of(sheet_id="nowhere")
    with pytest.raises(SinkError, match=r"no such spreadsheet.*spreadsheets/d/<sheet_id>/edit"):
        sink.open()


def test_unshared_spreadsheet_says_with_whom_and_what_to_click(sheets, sink_of):
    """A 403 names the service account's address."""
    sheets.add_book("private", shared_with={"ada@example.com"})
    sink = sink_of(sheet_id="private")
    with pytest.raises(SinkError, match=f"click Share.*{EMAIL}, choose Editor"):
        sink.open()


def test_viewer_is_not_enough(sheets, sink_of):
    """A sheet that is only shown to the service account is found out at the start."""
    sink = sink_of(columns=DOCUMENTED)
    sink.open()
    sink.close()
    book = sheets.books["book"]
    book.shared_with, book.readers = set(), {EMAIL}
    (sink.outbox.folder / "may_write").unlink()

    with pytest.raises(SinkError, match="choose Editor"):
        sink_of(columns=DOCUMENTED).open()


def test_disabled_api_is_explained(sheets, sink_of):
    """The page to enable it is named, with the project."""
    sheets.api_enabled = False
    with pytest.raises(SinkError, match=r"apis/library/sheets.googleapis.com\?project=my-project"):
        sink_of().open()


def test_deleted_key_is_explained(sheets, sink_of):
    """A key that Google does not know any more."""
    sheets.tokens.revoke(EMAIL)
    with pytest.raises(CredentialsError, match="make a new one"):
        sink_of().open()


def test_excel_file_is_explained(sheets, sink_of):
    """An uploaded Excel file looks like a spreadsheet, and is none."""
    message = "This operation is not supported for this document"
    sheets.faults.add(Fault("status", on="read", status=400, message=message))
    with pytest.raises(SinkError, match="Save as Google Sheets"):
        sink_of().open()


def test_protected_tab_is_explained(sheets, sink, caplog):
    """A tab that only some may edit."""
    message = "You are trying to edit a protected cell or object."
    sheets.faults.add(Fault("status", status=400, times=9, message=message))
    put(sink, prompt_of("a"))

    assert not sink.flush(10)
    assert "Protect sheets and ranges" in sink.stopped


def test_full_spreadsheet_stops_and_is_explained(sheets, sink_of):
    """Ten million cells is the end of a spreadsheet."""
    sink = sink_of()
    sink.open()
    sheets.edit("book", {"addSheet": {"properties": {"title": "Big", "gridProperties": {
        "rowCount": 9_973_940 // 10, "columnCount": 10}}}})  # fmt: skip
    put(sink, *[prompt_of(str(number)) for number in range(20)])

    assert not sink.flush(10)
    assert "full" in sink.stopped
