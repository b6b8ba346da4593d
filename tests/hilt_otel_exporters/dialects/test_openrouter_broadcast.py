"""Tests for spans as OpenRouter broadcasts them."""

from __future__ import annotations

import json

from tests.hilt_otel_exporters.conftest import actions, events_of, record

CALL = {"id": "call_1", "type": "function", "function": {"name": "sky", "arguments": "{}"}}


def test_answer_is_taken_out_of_its_object() -> None:
    """Its cost is reported, its parts are no calls, and tokens that were cached or thought have names of its own."""
    answer = {"completion": "Fog.", "reasoning": "Hm.", "toolCalls": [CALL], "rawRequest": None}
    attributes = {
        "gen_ai.provider.name": "OpenAI",
        "gen_ai.request.model": "house/model",
        "gen_ai.prompt": json.dumps({"messages": [{"role": "user", "content": "Lima?"}]}),
        "gen_ai.completion": json.dumps(answer),
        "gen_ai.response.finish_reason": "stop",
        "gen_ai.response.id": "gen-1",
        "gen_ai.usage.input_tokens": 150,
        "gen_ai.usage.output_tokens": 50,
        "gen_ai.usage.input_tokens.cached": 10,
        "gen_ai.usage.input_tokens.cache_write": 20,
        "gen_ai.usage.output_tokens.reasoning": 5,
        "gen_ai.usage.total_cost": "0.0035",
        "session.id": "session-77",
        "trace.metadata.openrouter.first_token_ms": 450,
    }
    parts = {"gen_ai.request.model": "house/model", "gen_ai.usage.input_tokens": 0}
    attempts = [
        record({"span.type": "event", **parts}, span=span, parent=1, at=(1, 2)) for span in (2, 3)
    ]
    attempts[0].name, attempts[1].name = "generation", "provider attempt 1: Azure"
    events = events_of(*attempts, record(attributes))

    assert actions(events) == ["prompt", "completion", "tool_call"]
    assert events[0]["content"]["text"] == "Lima?"
    assert events[0]["provenance"]["provider"] == "openrouter"
    answered = events[1]
    assert (answered["content"]["text"], answered["content"]["reasoning"]) == ("Fog.", "Hm.")
    assert answered["metrics"] == {
        "tokens": {
            "prompt": 150,
            "completion": 50,
            "total": 200,
            "cached": 10,
            "cache_write": 20,
            "reasoning": 5,
        },
        "cost_usd": 0.0035,
    }
    assert answered["extensions"]["time_to_first_chunk_ms"] == 450


def test_answer_by_a_schema_is_the_text() -> None:
    """Only an object of its own kind is taken apart."""
    attributes = {
        "gen_ai.request.model": "m",
        "gen_ai.completion": '{"completion":"a","b":1}',
        "gen_ai.usage.total_cost": 0.1,
    }
    _, ending = events_of(record(attributes))

    assert ending["content"]["text"] == '{"completion":"a","b":1}'


def test_call_that_another_emitter_names_like_a_part() -> None:
    """Others have such names and ``span.type``, too, and tokens."""
    attributes = {
        "span.type": "llm",
        "gen_ai.request.model": "m",
        "gen_ai.prompt": "Lima?",
        "gen_ai.completion": "Fog.",
        "gen_ai.usage.input_tokens": 3,
    }
    span = record(attributes)
    span.name = "generation"

    assert actions(events_of(span)) == ["prompt", "completion"]
