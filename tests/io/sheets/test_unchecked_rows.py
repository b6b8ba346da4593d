"""Rows that were sent are looked up, once."""

from __future__ import annotations

import pytest

from hilt.io.sheets.columns import Columns
from hilt.io.sheets.errors import CallError
from hilt.io.sheets.placement import SentRows
from hilt.io.sheets.tabs import find_tabs
from hilt.io.sheets.unchecked_rows import UncheckedRows
from hilt.testing.sheets import Fault

from .conftest import DOCUMENTED, prompt_of, put


def test_rows_are_checked_once(sheets, sink):
    """One request says that no column has moved; then nothing is left to do."""
    prompt = prompt_of("a")
    put(sink, prompt)
    assert sink.flush(10)
    connection = sink.connect()
    (tab,) = find_tabs(connection, "Logs")
    unchecked = UncheckedRows("Logs")
    unchecked.add(SentRows(tab.positions, {prompt.event_id: {}}))
    assert unchecked
    start = len(sheets.calls)

    assert unchecked.check(connection, tab, Columns.of(DOCUMENTED)) == tab
    assert not unchecked
    assert [call.kind for call in sheets.calls[start:]] == ["read"]


def test_check_that_fails_looks_for_backups_the_next_time(sheets, sink):
    """Rows may have been put right when it failed."""
    connection = sink.connect()
    (tab,) = find_tabs(connection, "Logs")
    unchecked = UncheckedRows("Logs")
    unchecked.add(SentRows(tab.positions, {}))
    sheets.faults.add(Fault("status", on="read"))
    with pytest.raises(CallError):
        unchecked.check(connection, tab, Columns.of(DOCUMENTED))
    assert unchecked
    start = len(sheets.calls)

    assert unchecked.check(connection, tab, Columns.of(DOCUMENTED)) == tab
    assert not unchecked
    assert [call.kind for call in sheets.calls[start:]] == ["read"] * 2
