"""Calls that were logged as they happened are found again by span and by response id."""

from __future__ import annotations

from hilt.recording.live_calls import LiveCalls
from tests.recording.calls import ListWriter, answer, call

TRACE, PARENT = "a" * 32, "b" * 16


def test_call_is_found_by_the_span_above_it() -> None:
    """A span around the SDK's call is about the same call."""
    live_calls, session = LiveCalls(), ListWriter()

    live_calls.begin(call(trace_id=TRACE, parent_span_id=PARENT), session)

    assert live_calls.sessions([(TRACE, PARENT)]) == [session]
    assert live_calls.sessions([(TRACE, "c" * 16), ("d" * 32, PARENT)]) == []


def test_call_without_a_span_above_it() -> None:
    """Nothing can be about it by its place."""
    live_calls = LiveCalls()

    live_calls.begin(call(trace_id=TRACE), ListWriter())

    assert live_calls.sessions([(TRACE, "")]) == []


def test_call_is_found_by_the_id_of_its_answer() -> None:
    """A span with the same response id is about the same call."""
    live_calls, session = LiveCalls(), ListWriter()

    live_calls.end(call(response=answer("Ho", id="r1")), session)
    live_calls.end(call(response=answer("Ho")), session)
    live_calls.end(call(), session)

    assert live_calls.sessions([], "r1") == [session]
    assert live_calls.sessions([], "r2") == []
    assert live_calls.sessions([]) == []


def test_conversation_of_a_trace() -> None:
    """It is that of the newest call."""
    live_calls, session = LiveCalls(), ListWriter()

    for conversation in ("conv_1", "conv_2"):
        observation = call(trace_id=TRACE, session_id=conversation)
        live_calls.begin(observation, session)

    assert live_calls.conversation(TRACE) == "conv_2"
    assert live_calls.conversation("c" * 32) is None


def test_only_the_newest_are_kept() -> None:
    """A program that runs for long does not grow."""
    live_calls, session = LiveCalls(limit=2), ListWriter()

    for number in "123":
        span = {"trace_id": number * 32, "parent_span_id": PARENT}
        live_calls.begin(call(**span), session)

    kept = [live_calls.sessions([(number * 32, PARENT)]) for number in "123"]
    assert kept == [[], [session], [session]]
    assert live_calls.conversation("1" * 32) is None
