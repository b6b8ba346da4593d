"""Tests for which spans wait, and how long, by a clock of the test's own."""

from __future__ import annotations

from typing import Any

import pytest

from hilt_otel_exporters.span_record import LogRecord
from hilt_otel_exporters.trace_buffer import TraceBuffer
from tests.hilt_otel_exporters.conftest import chat, record

REQUEST = {"logfire.span_type": "span", "gen_ai.request.model": "m"}
END = {"logfire.span_type": "log", "gen_ai.request.model": "m", "duration": 5.0}


def buffer(**more: Any) -> TraceBuffer:
    """A buffer that waits 1 for others and 30 for a root."""
    return TraceBuffer(**{"linger": 1, "patience": 30, "limit": 100, **more})


def test_trace_waits_a_moment_after_its_root() -> None:
    """It is due when its linger is over, and not before."""
    held = buffer()
    held.add(record(chat()), now=10)

    assert held.next_due() == 11
    assert held.due(10.9) == []
    assert len(held.due(11)) == 1
    assert held.next_due() is None


def test_trace_without_its_root_waits_for_patience() -> None:
    """A span whose parent has not ended is due when patience is over."""
    held = buffer()
    held.add(record(chat(), span=2, parent=1), now=0)

    assert held.due(29) == []
    assert len(held.due(30)) == 1


def test_traces_beside_each_other_in_time_are_due_together() -> None:
    """Two roots may be about one call: the later one does not miss the earlier."""
    held = buffer()
    held.add(record(chat(), trace=1, at=(0, 100)), now=0)
    held.add(record(chat(), trace=2, at=(10, 90)), now=0.5)
    held.add(record(chat(), trace=3, at=(5_000, 5_100)), now=0.5)

    due = {each.trace_id for each in held.due(1)}

    assert due == {f"{1:032x}", f"{2:032x}"}


def test_request_of_a_stream_waits_for_its_end() -> None:
    """Logfire's first span of a stream is due with the second, though that has another trace."""
    held = buffer()
    held.add(record(REQUEST, trace=1, at=(0, 10), scope="logfire.openai"), now=0)
    assert held.due(2) == []
    held.add(record(END, trace=2, at=(5_010, 5_010), scope="logfire.openai"), now=5)

    assert len(held.due(6)) == 2


def test_trace_that_is_not_whole_is_not_due_with_its_neighbours() -> None:
    """A call whose end, or whose root, is still to come would be written in two halves."""
    held = buffer()
    held.add(record(REQUEST, trace=1, at=(0, 10), scope="logfire.openai"), now=0)
    held.add(record(chat(), trace=2, span=2, parent=1, at=(0, 10)), now=0)
    held.add(record(chat(), trace=3, at=(0, 100)), now=0)
    held.add(record(chat(), trace=4, at=(300, 310)), now=0.5)
    held.add(record(chat(), trace=5, at=(301, 310)), now=0.5)

    assert {each.trace_id for each in held.due(1)} == {f"{number:032x}" for number in (3, 4)}
    assert {each.trace_id for each in held.due(1.5)} == {f"{5:032x}"}
    assert held.next_due() == 30
    assert {each.trace_id for each in held.due(30)} == {f"{number:032x}" for number in (1, 2)}


def test_of_two_streams_the_nearest_request_is_due_with_an_end() -> None:
    """The request that was made when the stream began belongs to it; the other waits on."""
    held = buffer()
    held.add(record(REQUEST, trace=1, at=(0, 10), scope="logfire.openai"), now=0)
    held.add(record(REQUEST, trace=2, at=(3_000, 3_010), scope="logfire.openai"), now=3)
    held.add(record(END, trace=3, at=(8_010, 8_010), scope="logfire.openai"), now=8)

    due = {each.trace_id for each in held.due(9)}

    assert due == {f"{2:032x}", f"{3:032x}"}


def test_full_buffer_lets_its_oldest_traces_go() -> None:
    """Beyond the limit a quarter is due at once."""
    held = buffer(limit=8)
    for number in range(9):
        held.add(record(chat(), trace=number + 1, at=(number * 1_000, 0)), now=0)

    due = held.due(0)

    assert [each.trace_id for each in due] == [f"{number + 1:032x}" for number in range(3)]
    assert held.count == 6


@pytest.mark.parametrize("before", [0, 2, 4])
def test_log_records_are_in_the_order_of_their_times(before: int) -> None:
    """Whether they come before their span or after it, in any batches."""
    held = buffer()
    span = record(chat())
    logs = [
        LogRecord("gen_ai.user.message", span.trace_id, span.span_id, {}, body=number, time=number)
        for number in (3, 1, 4, 2)
    ]
    for log in logs[:before]:
        held.add_log(log)
    held.add(span, now=0)
    for log in logs[before:]:
        held.add_log(log)

    (due,) = held.due(1)
    assert [log.body for log in due.logs] == [1, 2, 3, 4]


def test_span_that_comes_twice_is_held_once() -> None:
    """Two processors may hand over the same span."""
    held = buffer()
    held.add(record(chat()), now=0)
    held.add(record(chat()), now=0)

    assert held.count == 1
