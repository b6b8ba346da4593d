"""Tests for spans as Langfuse writes them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.hilt_otel_exporters.conftest import plain_events_of, record
from tests.hilt_otel_exporters.expected import call_events

SCOPE = "langfuse-sdk"
OBSERVATION = "langfuse.observation"


def generation(**more: Any) -> dict[str, Any]:
    """The attributes of a chat call: of no provider and no response id, which it does not have."""
    return {
        f"{OBSERVATION}.type": "generation",
        f"{OBSERVATION}.model.name": "house-1",
        f"{OBSERVATION}.input": '[{"role": "user", "content": "Hi"}]',
        f"{OBSERVATION}.output": '{"role": "assistant", "content": "Hello"}',
        f"{OBSERVATION}.usage_details": '{"prompt_tokens": 9, "completion_tokens": 3}',
        **more,
    }


WITHOUT = {
    "prompt": {
        "provenance": {"provider": "unknown", "request_model": None},
        "extensions": None,
    },
    "ending": {
        "actor": {"id": "unknown"},
        "provenance": {
            "provider": "unknown",
            "request_model": None,
            "response_id": None,
            "usage": {"prompt_tokens": 9, "completion_tokens": 3},
        },
        "extensions": {"model": None},
    },
}


def test_call() -> None:
    """Input, output and usage are JSON in attributes of its own."""
    events = plain_events_of(record(generation(), scope=SCOPE))

    assert events == call_events("langfuse", SCOPE, **WITHOUT)


def test_stream_says_when_its_first_token_came() -> None:
    """A moment becomes the time to the first chunk, and a wrong one does not."""
    times = []
    for moment in ('"1970-01-01T00:00:00.040Z"', '"soon"'):
        attributes = generation(**{f"{OBSERVATION}.completion_start_time": moment})
        _, ending = plain_events_of(record(attributes, scope=SCOPE))
        times.append(ending["extensions"].get("time_to_first_chunk_ms"))

    assert times == [40.0, None]


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ({"input": 9, "input_cached_tokens": 4, "output": 3, "total": 16}, 13),
        ({"input": 9, "input_cached_tokens": 4, "output": 3, "total": 12}, 9),
        ({"input": 9, "input_cached_tokens": 4, "output": 3}, 9),
        ({"input": 9, "output": 3, "total": 12}, 9),
    ],
)
def test_counts_that_exclude_each_other_are_added(counts: dict[str, int], expected: int) -> None:
    """The total tells whether cached tokens are part of the input."""
    attributes = generation(**{f"{OBSERVATION}.usage_details": json.dumps(counts)})
    _, ending = plain_events_of(record(attributes, scope=SCOPE))

    assert ending["metrics"]["tokens"]["prompt"] == expected


def test_error_is_told_by_its_level() -> None:
    """The span's own status may be unset."""
    attributes = generation(
        **{f"{OBSERVATION}.level": "ERROR", f"{OBSERVATION}.status_message": "Error code: 429 - no"}
    )
    _, ending = plain_events_of(record(attributes, scope=SCOPE))

    assert (ending["action"], ending["content"]["text"]) == ("system", "Error code: 429 - no")
    assert ending["extensions"]["error_code"] == "rate_limit"


def test_embedding() -> None:
    """How many vectors came back, and how long they are."""
    attributes = generation(
        **{
            f"{OBSERVATION}.type": "embedding",
            f"{OBSERVATION}.input": '["one", "two"]',
            f"{OBSERVATION}.output": '{"count": 2, "dimensions": 8}',
        }
    )
    _, ending = plain_events_of(record(attributes, scope=SCOPE))

    assert ending["action"] == "embedding"
    assert (ending["extensions"]["vectors"], ending["extensions"]["dimensions"]) == (2, 8)


def test_input_of_a_decorated_function_is_taken_out_of_its_envelope() -> None:
    """``@observe`` records arguments and keyword arguments."""
    attributes = {
        f"{OBSERVATION}.type": "tool",
        f"{OBSERVATION}.input": '{"args": [], "kwargs": {"city": "Paris"}}',
        f"{OBSERVATION}.output": "14 degrees",
    }
    call, result = plain_events_of(record(attributes, scope=SCOPE))

    assert call["content"]["tool"]["arguments"] == {"city": "Paris"}
    assert result["content"]["text"] == "14 degrees"


def test_answer_of_a_stream_that_is_json() -> None:
    """A stream has its answer as a bare text, which may be JSON by a schema."""
    answer = '{"city": "Paris"}'
    _, ending = plain_events_of(
        record(generation(**{f"{OBSERVATION}.output": answer}), scope=SCOPE)
    )

    assert ending["content"]["text"] == answer


def test_response_of_an_api_that_a_decorated_function_returns() -> None:
    """``@observe(as_type="generation")`` records it whole; its answer is in it."""
    body = (
        '{"id": "r1", "object": "chat.completion", "model": "m",'
        ' "choices": [{"message": {"role": "assistant", "content": "Hello"}}]}'
    )
    _, ending = plain_events_of(record(generation(**{f"{OBSERVATION}.output": body}), scope=SCOPE))

    assert ending["content"]["text"] == "Hello"
