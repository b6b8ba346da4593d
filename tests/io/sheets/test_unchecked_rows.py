"""Rows that were sent are looked up, once."""

from __future__ import annotations

import pytest

from hilt.io.sheets.batches import Batch
from hilt.io.sheets.columns import Columns
from hilt.io.sheets.errors import CallError
from hilt.io.sheets.outbox_state import InFlight
from hilt.io.sheets.placement import SentRows
from hilt.io.sheets.row_backups import RowWrite, WrittenCell, guarded_requests
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
    unchecked = UncheckedRows("Logs", 1.0)
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
    unchecked = UncheckedRows("Logs", 1.0)
    unchecked.add(SentRows(tab.positions, {}))
    sheets.faults.add(Fault("status", on="read"))
    with pytest.raises(CallError):
        unchecked.check(connection, tab, Columns.of(DOCUMENTED))
    assert unchecked
    start = len(sheets.calls)

    assert unchecked.check(connection, tab, Columns.of(DOCUMENTED)) == tab
    assert not unchecked
    assert [call.kind for call in sheets.calls[start:]] == ["read"] * 2


def test_row_is_not_taken_for_absent_while_another_program_puts_rows_right(sheets, sink):
    """It may be nowhere but in that program's backup; once that is settled it can be told."""
    put(sink, prompt_of("a"))
    assert sink.flush(10)
    connection = sink.connect()
    (tab,) = find_tabs(connection, "Logs")
    batch = Batch(rows=[[]], event_ids=["evt_lost"])
    in_flight = InFlight([], 0.0, sheet_id=tab.sheet_id, positions=dict(tab.positions))
    event_id = str(sheets.book().tab("Logs").values()[1][tab.positions["event_id"]])
    at = tab.positions["event_id"]
    write = RowWrite(tab.sheet_id, 1, event_id, at, [WrittenCell("event_id", at, event_id)], [(at, event_id)], tab.width)  # fmt: skip
    other, perform = sink.connect(), sheets.perform

    def performed(call, query):
        if "batchGet" in call.path:
            sheets.perform = perform
            other.batch([*guarded_requests([write], [], "Logs")])
        return perform(call, query)

    sheets.perform = performed
    unchecked = UncheckedRows("Logs", 1.0)
    arguments = (connection, tab, Columns.of(DOCUMENTED), in_flight, batch, 1.0)

    with pytest.raises(CallError, match="put right"):
        unchecked.delivered(*arguments)
    now, present = unchecked.delivered(*arguments)
    assert (now, event_id in present, "evt_lost" in present) == (tab, True, False)
    assert [each.title for each in sheets.book()] == ["Sheet1", "Logs"]


def test_row_that_is_nowhere_after_columns_moved_is_looked_for_twice(sink):
    """It may be in the copy that another program has made and deleted meanwhile."""
    connection = sink.connect()
    (tab,) = find_tabs(connection, "Logs")
    before = {**tab.positions, "message": 9}
    batch = Batch(rows=[[]], event_ids=["evt_lost"])
    unchecked = UncheckedRows("Logs", 1.0)
    arguments = (connection, tab, Columns.of(DOCUMENTED))
    moved = InFlight([], 0.0, sheet_id=tab.sheet_id, positions=before)

    with pytest.raises(CallError, match="put right"):
        unchecked.delivered(*arguments, moved, batch, 1.0)
    assert "evt_lost" not in unchecked.delivered(*arguments, moved, batch, 1.0)[1]
    still = InFlight([], 0.0, sheet_id=tab.sheet_id, positions=dict(tab.positions))
    assert "evt_lost" not in unchecked.delivered(*arguments, still, batch, 1.0)[1]
