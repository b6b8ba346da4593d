"""Failures are explained to the person who set the log up."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from hilt.core.exceptions import (
    CredentialsError,
    SinkError,
)
from hilt.io.sheets.errors import CallError
from hilt.io.sheets.reasons import CLOCK_LEEWAY_S, Subject, _unauthorized, explain

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


@pytest.mark.parametrize("language", ["en", "de"])
def test_excel_file_is_explained(sheets, sink_of, language):
    """An uploaded Excel file looks like a spreadsheet, and is none."""
    sheets.language = language
    sheets.add_book("excel", is_office_file=True)
    with pytest.raises(SinkError, match="Save as Google Sheets"):
        sink_of(sheet_id="excel").open()


@pytest.mark.parametrize("language", ["en", "es", "de"])
@pytest.mark.slow_after(1)
def test_protected_tab_is_explained_in_any_language(sheets, sink_of, language):
    """What is protected is looked up; Google's words are only repeated."""
    sheets.language = language
    sink = sink_of(columns=DOCUMENTED)
    sink.open()
    sheet_id = sheets.book().tab("Logs").sheet_id
    protected = {"range": {"sheetId": sheet_id}, "editors": {"users": ["ada@example.com"]}}
    sheets.edit("book", {"addProtectedRange": {"protectedRange": protected}})
    put(sink, prompt_of("a"))

    assert not sink.flush(1)
    assert f"Protect sheets and ranges, and allow {EMAIL} to edit (Google: " in sink.stopped
    assert ("protected cell" in sink.stopped) is (language == "en")


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.slow_after(1)
def test_full_spreadsheet_is_explained_in_any_language(sheets, sink_of, language):
    """Ten million cells is the end of a spreadsheet: they are counted."""
    sheets.language = language
    sink = sink_of(rows="events")
    sink.open()
    sheets.edit("book", {"addSheet": {"properties": {"title": "Big", "gridProperties": {
        "rowCount": 9_973_940 // 10, "columnCount": 10}}}})  # fmt: skip
    put(sink, *[prompt_of(str(number)) for number in range(20)])

    assert not sink.flush(4)
    assert "the spreadsheet is full" in sink.stopped


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("SERVICE_DISABLED", "click Enable"),
        ("BILLING_DISABLED", "Billing is disabled"),
        ("CONSUMER_SUSPENDED", "suspended the project"),
        ("SECURITY_POLICY_VIOLATED", "policy of your organisation"),
        ("ACCESS_TOKEN_SCOPE_INSUFFICIENT", "do not include the scope"),
        ("USER_PROJECT_DENIED", "Service Usage Consumer"),
    ],
)
def test_every_reason_of_a_403_has_its_way_out(sheets, sink_of, reason, words):
    """By Google's reason, with Google's words at the end."""
    sheets.forbidden_reason = reason

    with pytest.raises(SinkError, match=rf"{words}.*\(Google: .+\)"):
        sink_of().open()


@pytest.mark.parametrize(("offset", "minutes"), [(3900, 65), (-7200, 120)])
def test_wrong_clock_is_measured(sheets, sink_of, offset, minutes):
    """The error is not in the key."""
    sheets.tokens.clock_offset_s = offset

    with pytest.raises(CredentialsError, match=f"clock of this machine is wrong by {minutes} min"):
        sink_of().open()


def test_disabled_account_is_explained(sheets, sink_of):
    """It is neither the key nor the sheet."""
    sheets.tokens.disable(EMAIL)

    with pytest.raises(CredentialsError, match=r"is disabled\. Enable it"):
        sink_of().open()


@pytest.mark.parametrize("code", [400, 401, 403, 404, 412])
def test_refusal_of_any_status_ends_in_the_words_of_google(code):
    """Whatever it is, what Google says is there to be searched for."""
    error = CallError("Etwas stimmt nicht", kind="refused", code=code)

    assert str(explain(error, Subject("book", "bot@p"))).endswith("(Google: Etwas stimmt nicht)")


@pytest.mark.parametrize(
    ("reason", "person", "offset", "words"),
    [
        (None, False, 0, "Google refuses the key of a@b. It may have been deleted"),
        (None, True, 0, "Google refuses to sign in a@b: the permission has expired"),
        ("disabled_client", False, 0, "The account a@b is disabled. Enable it in the Google"),
        ("disabled_client", True, 0, "Google refuses to sign in a@b: the permission has expired"),
        (None, False, CLOCK_LEEWAY_S, "Google refuses the key of a@b."),
        (None, True, -600, "The clock of this machine is wrong by 10 minutes, so that Google"),
        (None, False, 600, "The clock of this machine is wrong by 10 minutes, so that Google"),
        ("short-lived token", False, 0, "The clock of this machine is wrong, so that Google"),
    ],
)
def test_a_sign_in_that_is_refused_has_its_way_out(reason, person, offset, words):
    """By the clock first, then by who signs in."""
    error = CallError(reason or "no", kind="refused", code=401, reason=reason)
    subject = SimpleNamespace(account="a@b", is_person=person)

    said = _unauthorized(error, subject, SimpleNamespace(clock_offset_s=offset))

    assert said.startswith(words)
