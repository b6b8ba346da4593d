"""What a person has to mend is tried again until it is mended, without a restart."""

from __future__ import annotations

import logging
import time
from dataclasses import replace

import pytest

from hilt.testing.sheets import SheetsEmulator

from .conftest import DOCUMENTED, EMAIL, HURRY, prompt_of, put


def unshare(sheets: SheetsEmulator) -> None:
    """Take access away."""
    sheets.books["book"].shared_with = set()


def share(sheets: SheetsEmulator) -> None:
    """Give it back."""
    sheets.books["book"].shared_with = None


def protect(sheets: SheetsEmulator) -> None:
    """Protect the log's tab."""
    sheet_id = sheets.book().tab("Logs").sheet_id
    protected = {"protectedRangeId": 1, "range": {"sheetId": sheet_id}}
    sheets.edit("book", {"addProtectedRange": {"protectedRange": protected}})


def unprotect(sheets: SheetsEmulator) -> None:
    """Take the protection off."""
    sheets.edit("book", {"deleteProtectedRange": {"protectedRangeId": 1}})


def set_clock(sheets: SheetsEmulator, offset: float) -> None:
    """Let the clocks differ, and the token end."""
    sheets.tokens.clock_offset_s = offset
    sheets.tokens.expire()


TROUBLES = {
    "unshared": (unshare, share, "click Share"),
    "protected": (protect, unprotect, "Protect sheets and ranges"),
    "clock": (lambda s: set_clock(s, 3900), lambda s: set_clock(s, 0), "clock of this machine"),
    "disabled": (lambda s: s.tokens.disable(EMAIL), lambda s: s.tokens.enable(EMAIL), "is disabled"),
    "API": (lambda s: setattr(s, "api_enabled", False), lambda s: setattr(s, "api_enabled", True), "click Enable"),
    "billing": (lambda s: setattr(s, "forbidden_reason", "BILLING_DISABLED"), lambda s: setattr(s, "forbidden_reason", ""), "Billing"),
    "deleted": (lambda s: setattr(s, "gone", s.books.pop("book")), lambda s: s.books.update(book=s.gone), "no such spreadsheet"),
}  # fmt: skip


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.slow_after(2)
def test_delivery_goes_on_when_it_is_mended(sheets, sink, rows, caplog, trouble, language):
    """One error says what to do, nothing is lost, and another line says that it is over."""
    begin, end, words = TROUBLES[trouble]
    sheets.language = language
    put(sink, prompt_of("a"))
    assert sink.flush(10)
    begin(sheets)
    put(sink, prompt_of("b"), prompt_of("c"))
    assert not sink.flush(1)
    assert words in sink.stopped
    assert not sink.flush(0.5)
    end(sheets)

    assert sink.flush(10)
    assert sink.stopped is None
    assert [row["message"] for row in rows()] == ["a", "b", "c"]
    loud = [record.message for record in caplog.records if record.levelno >= logging.ERROR]
    assert len(loud) == 1
    assert words in loud[0]
    assert caplog.messages[-1] == "HILT delivers to Google Sheets again."


def test_it_is_tried_again_without_anybody_waiting(sheets, sink, rows):
    """A program that only logs goes on, too."""
    unshare(sheets)
    put(sink, prompt_of("a"))
    assert not sink.flush(0.5)
    share(sheets)

    until = time.monotonic() + 10
    while not rows() and time.monotonic() < until:
        time.sleep(0.05)
    assert [row["message"] for row in rows()] == ["a"]


def test_waits_grow_to_a_few_minutes_and_no_further():
    """Soon at first, for whoever is mending it; then rarely, for good."""
    waits = HURRY.__class__().retry_refused()
    found = [waits.next() for _ in range(20)]

    assert found[0] <= 10.2
    assert all(140 < wait <= 183 for wait in found[6:])


def test_flush_waits_for_the_mending_and_the_end_does_not(sheets, sink_of, rows):
    """A time-out is what a caller has to spare; a program that ends is not held up."""
    sink = sink_of(columns=DOCUMENTED, pace=replace(HURRY, exit_s=30))
    sink.open()
    unshare(sheets)
    put(sink, prompt_of("a"))
    assert not sink.flush()
    start = time.monotonic()
    sink.close()

    assert time.monotonic() - start < 5
    assert len([*sink.outbox.waiting()]) == 1


def test_other_process_is_told_that_everything_is_refused(sheets, sink_of):
    """One that does not send itself ends its waiting, too."""
    first, second = (sink_of(columns=DOCUMENTED) for _ in range(2))
    first.open()
    second.open()
    put(first, prompt_of("a"))
    assert first.flush(10)
    unshare(sheets)
    put(first, prompt_of("b"))
    assert not first.flush(0.5)
    put(second, prompt_of("c"))

    assert not second.flush()


def test_new_program_delivers_what_was_refused_before(sheets, sink_of, rows):
    """The outbox is kept across restarts."""
    sink = sink_of(columns=DOCUMENTED)
    sink.open()
    unshare(sheets)
    put(sink, prompt_of("a"), prompt_of("b"))
    assert not sink.flush(0.5)
    sink.close()
    share(sheets)
    again = sink_of(columns=DOCUMENTED)
    again.open()
    put(again, prompt_of("c"))

    assert again.flush(10)
    assert [row["message"] for row in rows()] == ["a", "b", "c"]
