"""What is wrong is found before the program runs."""

from __future__ import annotations

import pytest

from hilt.io.sheets.check import check_sheet
from hilt.testing.sheets import Fault, SheetsEmulator

from .conftest import EMAIL, answer_to, prompt_of, put


def steps(sink) -> list[tuple[str, bool]]:
    """What was checked, and how it went."""
    return [(each.name, each.ok) for each in check_sheet(sink)]


RIGHT = ["clock", "credentials", "API", "sharing", "writing", "quota"]


def test_everything_right_leaves_nothing_behind(sheets, sink_of):
    """A tab that is there for no moment."""
    sink_of().open()
    before = sheets.book().to_dict()

    assert steps(sink_of()) == [(name, True) for name in RIGHT]
    assert sheets.book().to_dict() == before


def unshared(sheets: SheetsEmulator) -> None:
    """Nobody may see it."""
    sheets.books["book"].shared_with = set()


def viewer(sheets: SheetsEmulator) -> None:
    """Reading is allowed, writing is not."""
    sheets.books["book"].shared_with, sheets.books["book"].readers = set(), {EMAIL}


def protected(sheets: SheetsEmulator) -> None:
    """The tab is for its owner."""
    area = {"sheetId": sheets.book().tab("Logs").sheet_id}
    sheets.edit("book", {"addProtectedRange": {"protectedRange": {"range": area}}})


@pytest.mark.parametrize(
    ("trouble", "step", "words"),
    [
        (lambda sheets: setattr(sheets.tokens, "clock_offset_s", 900), "clock", "15 minutes behind"),
        (lambda sheets: sheets.tokens.disable(EMAIL), "credentials", "is disabled"),
        (lambda sheets: sheets.tokens.revoke(EMAIL), "credentials", "make a new one"),
        (lambda sheets: setattr(sheets, "api_enabled", False), "API", "click Enable"),
        (lambda sheets: setattr(sheets, "forbidden_reason", "BILLING_DISABLED"), "API", "Billing"),
        (lambda sheets: setattr(sheets, "forbidden_reason", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"), "credentials", "Sign in again"),
        (unshared, "sharing", "click Share"),
        (lambda sheets: sheets.books.clear(), "sharing", "no such spreadsheet"),
        (lambda sheets: setattr(sheets.books["book"], "is_office_file", True), "sharing", "Excel"),
        (viewer, "writing", "choose Editor"),
        (protected, "writing", "Protect sheets and ranges"),
    ],
)  # fmt: skip
def test_first_failure_ends_it_with_its_way_out(sheets, sink_of, trouble, step, words):
    """All before it is right."""
    sink_of().open()
    trouble(sheets)
    results = [*check_sheet(sink_of())]

    assert [(each.name, each.ok) for each in results[:-1]] == [
        (name, True) for name in RIGHT[: RIGHT.index(step)]
    ]
    assert (results[-1].name, results[-1].ok) == (step, False)
    assert words in results[-1].text


def test_unusable_key_is_the_first_failure(sink_of, key):
    """Before anything is sent."""
    sink = sink_of(credentials_json={**key, "private_key": "-----BEGIN PRIVATE KEY-----"})

    assert steps(sink) == [("credentials", False)]


def test_no_network_is_said(sink_of):
    """Nobody answers."""
    assert steps(sink_of(api_root="http://127.0.0.1:9")) == [("network", False)]


def test_log_that_is_not_there_yet_is_named(sheets, sink_of):
    """A misspelt worksheet is not an error, as the program would make it; so it is told."""
    sink_of().open()
    texts = {each.name: each.text for each in check_sheet(sink_of(worksheet_name="Log"))}

    assert texts["sharing"] == "can read 2 tabs; there is no 'Log' yet, so the program will make it"
    assert [each.title for each in sheets.book()] == ["Sheet1", "Logs"]
    sharing = next(each for each in check_sheet(sink_of()) if each.name == "sharing")
    assert sharing.text == "can read 2 tabs"


@pytest.mark.slow
def test_outage_of_every_service_is_waited_for(sheets, sink_of):
    """The token's endpoint answers with an error that is not one of OAuth."""
    sheets.faults.add(Fault("status", on="any", status=503, times=3))

    assert steps(sink_of()) == [(name, True) for name in RIGHT]


@pytest.mark.parametrize("rows", ["calls", "events"])
def test_rows_without_ids_are_named(sheets, sink_of, rows):
    """A person has emptied a cell of the hidden column; rows of their own are not meant."""
    sink = sink_of(rows=rows)
    sink.open()
    for text in "ab":
        prompt = prompt_of(text)
        put(sink, prompt, answer_to(prompt))
    assert sink.flush(10)
    values = sheets.book().tab("Logs").values()
    column = values[0].index("Event id" if rows == "calls" else "event_id")
    sheets.type_in("book", f"Logs!{chr(ord('A') + column)}3", "")
    sheets.edit("book", {"appendDimension": {"sheetId": sheets.book().tab("Logs").sheet_id, "dimension": "ROWS", "length": 2}})  # fmt: skip
    sheets.type_in("book", f"Logs!B{len(values) + 1}", "a note of mine")

    *right, found = check_sheet(sink_of(rows=rows))
    assert [(each.name, each.ok) for each in right] == [(name, True) for name in RIGHT]
    assert (found.name, found.ok) == ("rows", False)
    assert found.text.startswith("1 row without an event id, which no command reads: Logs!3. ")


def test_tab_of_a_person_with_the_title_of_the_log_has_no_rows_to_name(sheets, sink_of):
    """It has none of the log's columns."""
    sheets.edit("book", {"addSheet": {"properties": {"title": "Logs"}}})
    sheets.type_in("book", "Logs!A1", "Mine")

    assert steps(sink_of()) == [(name, True) for name in RIGHT]
