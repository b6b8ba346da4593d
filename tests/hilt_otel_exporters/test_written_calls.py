"""Tests for which calls are in a log already."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hilt.genai.observation import Observation
from hilt.genai.values import Request, Response
from hilt.io.session import Session
from hilt.recording.live_calls import LiveCalls
from hilt.testing.memory import MemorySink
from hilt_otel_exporters.dialects import SpanReading, read_span
from hilt_otel_exporters.written_calls import WrittenCalls
from tests.hilt_otel_exporters.conftest import chat, record


def reading(*, response: str = "", **more: Any) -> SpanReading:
    """A span of a call."""
    return read_span(record(chat(**{"gen_ai.response.id": response}), **more))


def written(*readings: SpanReading, limit: int = 100) -> WrittenCalls:
    """What is remembered after some spans were written."""
    calls = WrittenCalls(Session(MemorySink()), LiveCalls(), limit)
    calls.add(readings)
    return calls


def test_span_that_was_written_is_known() -> None:
    """By its trace and its id."""
    calls = written(reading(span=1, trace=1))

    assert calls.has_span(record(chat(), span=1, trace=1))
    assert not calls.has_span(record(chat(), span=2, trace=1))
    assert not calls.has_span(record(chat(), span=1, trace=2))


def test_span_above_a_written_call_is_about_it() -> None:
    """A call that stands right above is the same call; a step is no call at all."""
    calls = written(reading(span=2, parent=1))
    step = read_span(record({"gen_ai.operation.name": "invoke_agent"}, span=1))

    assert calls.has_call(reading(span=1))
    assert not calls.has_call(reading(span=3))
    assert not calls.has_call(step)


def test_span_merged_into_another_counts_as_well() -> None:
    """A late call is known by any of its spans."""
    calls, late = written(reading(span=2, parent=1)), reading(span=5)
    late.merged = [record(chat(), span=1)]

    assert calls.has_call(late)


def test_span_with_the_response_id_of_a_written_call_is_about_it() -> None:
    """Unless the same instrumentation recorded both, one after the other: a cache answered."""
    calls = written(reading(response="r", span=1, scope="sdk", at=(0, 10)))

    assert calls.has_call(reading(response="r", span=2, scope="other", at=(500, 600)))
    assert calls.has_call(reading(response="r", span=3, scope="sdk", at=(5, 15)))
    assert not calls.has_call(reading(response="r", span=4, scope="sdk", at=(500, 600)))
    assert not calls.has_call(reading(response="other", span=5, scope="other"))


def test_only_the_newest_are_remembered() -> None:
    """A program that runs for long does not grow."""
    spans = [reading(response=str(number), span=number, parent=9) for number in range(3)]
    calls = written(*spans, limit=2)

    assert [calls.has_span(each.record) for each in spans] == [False, True, True]
    late = [reading(response=str(number), span=20, scope="other") for number in range(3)]
    assert [calls.has_call(each) for each in late] == [False, True, True]


def live(session: Session, live_calls: LiveCalls) -> None:
    """HILT writes a call as it happens, below span 1, with the response id ``r``."""
    call = Observation(Request("chat", "openai"), 0, trace_id=f"{1:032x}", session_id="c")
    call.parent_span_id, call.response = f"{1:016x}", Response("r")
    live_calls.begin(call, session)
    live_calls.end(call, session)


def test_call_that_was_written_as_it_happened_is_known_at_the_same_place(tmp_path: Path) -> None:
    """By the span above it, or by its response id; in another file it is to be written."""
    live_calls = LiveCalls()
    first, same, other = (Session(tmp_path / name) for name in ("a", "a", "b"))
    live(first, live_calls)

    for session, known in ((first, True), (same, True), (other, False)):
        calls = WrittenCalls(session, live_calls)
        assert calls.has_call(reading(span=1)) is known
        assert calls.has_call(reading(response="r", span=7)) is known
        assert not calls.has_call(reading(span=7))


def test_reader_of_live_calls_makes_recorders_take_notes() -> None:
    """Also those that come later."""
    live_calls = LiveCalls()

    WrittenCalls(Session(MemorySink()), live_calls)

    assert live_calls.has_readers
