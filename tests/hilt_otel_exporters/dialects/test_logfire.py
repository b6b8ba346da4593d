"""Tests for spans as Logfire writes them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hilt_otel_exporters.dialects import awaits_more, call_start_of
from tests.hilt_otel_exporters.conftest import MILLI, chat, plain_events_of, record
from tests.hilt_otel_exporters.expected import call_events

SCOPE = "logfire.openai"
USAGE = {"prompt_tokens": 9, "completion_tokens": 3}


def version_1(**more: Any) -> dict[str, Any]:
    """The attributes of a chat call, with request and response as JSON."""
    request = {"model": "house-model", "messages": [{"role": "user", "content": "Hi"}]}
    response = {"message": {"role": "assistant", "content": "Hello"}, "usage": USAGE}
    return {
        "logfire.span_type": "span",
        "gen_ai.system": "openai",
        "gen_ai.request.model": "house-model",
        "gen_ai.response.model": "house-1",
        "gen_ai.response.id": "resp-1",
        "gen_ai.usage.input_tokens": 9,
        "gen_ai.usage.output_tokens": 3,
        "request_data": json.dumps(request),
        "response_data": json.dumps(response),
        **more,
    }


def start(**more: Any) -> dict[str, Any]:
    """The span of a request for a stream, which knows no answer."""
    request = {"model": "house-model", "messages": [{"role": "user", "content": "Hi"}]}
    return {
        "logfire.span_type": "span",
        "gen_ai.system": "openai",
        "gen_ai.request.model": "house-model",
        "gen_ai.response.model": "house-model",
        "request_data": json.dumps({**request, "stream": True}),
        **more,
    }


def end(**more: Any) -> dict[str, Any]:
    """The span of no length that has the answer of a stream, 2 seconds long."""
    return {
        "logfire.span_type": "log",
        "duration": 2.0,
        "gen_ai.system": "openai",
        "gen_ai.request.model": "house-model",
        "gen_ai.usage.input_tokens": 9,
        "gen_ai.usage.output_tokens": 3,
        "request_data": '{"model": "house-model"}',
        "response_data": '{"combined_chunk_content": "Hello"}',
        **more,
    }


def test_call() -> None:
    """Version 1 has request and response as JSON."""
    assert plain_events_of(record(version_1(), scope=SCOPE)) == call_events("logfire", SCOPE)


def test_version_2_has_the_official_messages() -> None:
    """And the provider's own counts, which have what it leaves out."""
    details = {**USAGE, "prompt_tokens_details": {"cached_tokens": 4}}
    attributes = chat(**{"gen_ai.usage.raw": json.dumps(details)})

    assert plain_events_of(record(attributes, scope=SCOPE)) == call_events(
        "logfire",
        SCOPE,
        ending={
            "metrics": {"tokens": {"cached": 4}},
            "provenance": {"usage": details},
        },
    )


def test_model_of_a_failed_call_is_the_requested_one() -> None:
    """It stands as the answering one, too: nothing has answered."""
    attributes = start(**{"error.type": "RateLimitError"})
    _, ending = plain_events_of(record(attributes, scope=SCOPE, status="ERROR"))

    assert "response_model" not in ending["provenance"]


@pytest.mark.parametrize("duration", [2.0, "2.0"])
def test_two_spans_of_a_stream_are_one_call(duration: object) -> None:
    """The second one is in a trace of its own, and says how long the stream took."""
    events = plain_events_of(
        record(start(), trace=1, at=(0, 10), scope=SCOPE),
        record(end(duration=duration), trace=2, span=2, at=(2_000, 2_000), scope=SCOPE),
    )

    recorded = {"also_recorded_by": [{"instrumentation": SCOPE, "span_id": f"{1:016x}"}]}
    assert events == call_events(
        "logfire",
        SCOPE,
        prompt={"provenance": recorded},
        ending={
            "timestamp": "1970-01-01T00:00:02.000000Z",
            "provenance": {**recorded, "response_model": None, "response_id": None},
            "extensions": {"latency_ms": 2000.0},
        },
    )


@pytest.mark.parametrize("duration", ["", "long", None, -1, float("nan"), float("inf"), (1,)])
def test_length_of_a_stream_that_is_no_number(duration: Any) -> None:
    """The second span of a stream is a whole call, if it does not say how long."""
    span = record(version_1(**{"logfire.span_type": "log", "duration": duration}), scope=SCOPE)

    assert call_start_of(span) is None
    assert plain_events_of(span) == call_events("logfire", SCOPE)


@pytest.mark.parametrize(
    ("attributes", "status", "expected"),
    [
        (start(), "UNSET", True),
        (start(), "ERROR", False),
        (start(**{"gen_ai.usage.input_tokens": 9}), "UNSET", False),
        (version_1(), "UNSET", False),
        (end(), "UNSET", False),
    ],
)
def test_request_of_a_stream_awaits_more(
    attributes: dict[str, Any], status: str, expected: bool
) -> None:
    """A span without an answer or an error is one half of its call."""
    assert awaits_more(record(attributes, scope=SCOPE, status=status)) is expected
    assert not awaits_more(record(attributes, scope="other", status=status))


def test_start_of_a_stream_is_its_length_before_its_end() -> None:
    """Whatever zero length the span has."""
    assert call_start_of(record(end(), at=(2_000, 2_000), scope=SCOPE)) == 0
    assert call_start_of(record(end(), at=(5_000, 5_000), scope=SCOPE)) == 3_000 * MILLI
    assert call_start_of(record(start(), scope=SCOPE)) is None


def test_spans_without_a_scope() -> None:
    """Files that leave it out: the texts are read, and both spans of a stream are one call."""
    whole = plain_events_of(record(version_1(), scope=""))
    stream = plain_events_of(
        record(start(), trace=1, at=(0, 10), scope=""),
        record(end(), trace=2, span=2, at=(2_000, 2_000), scope=""),
    )

    for events in (whole, stream):
        assert [each["action"] for each in events] == ["prompt", "completion"]
        assert [each["content"]["text"] for each in events] == ["Hi", "Hello"]
