"""Tests for HILT's own spans, read back from a file or in another process."""

from __future__ import annotations

import pytest

from hilt_otel_exporters.dialects import is_genai
from hilt_otel_exporters.span_record import SpanEvent
from tests.hilt_otel_exporters.conftest import MILLI, chat, events_of, plain_events_of, record
from tests.hilt_otel_exporters.expected import call_events

SCOPE = "hilt.instrumentation.openai"
OWN = {
    "hilt.event_id": f"evt_{7:032x}",
    "hilt.status_code": 200,
    "hilt.outcome": "completed",
    "hilt.attempts": 2,
    "hilt.cost_usd": 0.25,
}


def test_call() -> None:
    """Outcome, status and attempts are on the span."""
    assert plain_events_of(record(chat(**OWN), scope=SCOPE)) == call_events(
        "hilt", SCOPE, ending={"extensions": {"attempts": 2}}
    )


def test_prompt_has_the_id_that_its_first_log_gave_it() -> None:
    """So two logs of one call can be joined."""
    prompt, ending = events_of(record(chat(**OWN), scope=SCOPE))

    assert prompt["event_id"] == OWN["hilt.event_id"]
    assert ending["extensions"]["reply_to"] == OWN["hilt.event_id"]


def test_chunks_are_span_events() -> None:
    """Each becomes a chunk with the time at which it came."""
    chunks = [
        SpanEvent("hilt.completion_chunk", (40 + index) * MILLI, {"hilt.chunk.text": text})
        for index, text in enumerate(("Hel", "lo"))
    ]
    _, *pieces, ending = plain_events_of(record(chat(**OWN), scope=SCOPE, events=chunks))

    assert [(each["timestamp"][-10:], each["content"]["text"]) for each in pieces] == [
        ("00.040000Z", "Hel"),
        ("00.041000Z", "lo"),
    ]
    assert ending["content"]["text"] == "Hello"


@pytest.mark.parametrize("outcome", ["closed", "abandoned"])
def test_stream_that_was_left_is_no_failure(outcome: str) -> None:
    """What had arrived is kept, whatever the span's error type says."""
    attributes = chat(**{**OWN, "hilt.outcome": outcome, "error.type": "_OTHER"})
    _, ending = plain_events_of(record(attributes, scope=SCOPE))

    assert (ending["action"], ending["content"]["text"]) == ("completion", "Hello")
    assert (ending["extensions"]["outcome"], ending["extensions"]["partial"]) == (outcome, True)


def test_outcome_of_a_failure_is_the_one_that_hilt_observed() -> None:
    """A server's time-out is a failure, though its code sounds otherwise."""
    attributes = chat(**{**OWN, "hilt.outcome": "failed", "hilt.status_code": 408})
    attributes["error.type"] = "openai.APITimeoutError"
    _, ending = plain_events_of(record(attributes, scope=SCOPE, status="ERROR"))

    assert (ending["extensions"]["error_code"], ending["extensions"]["outcome"]) == (
        "timeout",
        "failed",
    )


def test_span_of_a_tool_is_not_about_genai() -> None:
    """The calls around it have what was asked and answered."""
    assert is_genai({"gen_ai.operation.name": "chat"}, SCOPE)
    assert not is_genai({"gen_ai.operation.name": "execute_tool"}, SCOPE)
    assert not is_genai(None, SCOPE)
