"""Tests for spans as Google's Agent Development Kit writes them."""

from __future__ import annotations

import json
from typing import Any

from tests.hilt_otel_exporters.conftest import plain_events_of, record
from tests.hilt_otel_exporters.expected import call_events

SCOPE = "gcp.vertex.agent"
REQUEST = {
    "model": "house-model",
    "config": {"system_instruction": "Be terse."},
    "contents": [{"role": "user", "parts": [{"text": "Hi"}]}],
}
RESPONSE = {
    "response_id": "resp-1",
    "model_version": "house-1",
    "content": {"role": "model", "parts": [{"text": "Hello"}]},
    "finish_reason": "STOP",
    "usage_metadata": {
        "prompt_token_count": 9,
        "candidates_token_count": 3,
        "thoughts_token_count": 4,
    },
}


def call_llm(**more: Any) -> dict[str, Any]:
    """The attributes of a chat call."""
    return {
        "gen_ai.system": "gcp.vertex.agent",
        "gcp.vertex.agent.session_id": "session-77",
        "gcp.vertex.agent.llm_request": json.dumps(REQUEST),
        "gcp.vertex.agent.llm_response": json.dumps(RESPONSE),
        "gen_ai.usage.input_tokens": 9,
        "gen_ai.usage.output_tokens": 3,
        **more,
    }


def named(name: str, attributes: dict[str, Any], **more: Any) -> Any:
    """A span of the kit's: it goes by its name."""
    span = record(attributes, scope=SCOPE, **more)
    span.name = name
    return span


def test_call() -> None:
    """Request and response are Gemini's own, and thoughts are part of the output."""
    events = plain_events_of(named("call_llm", call_llm()))

    system = {"role": "system", "parts": [{"type": "text", "content": "Be terse."}]}
    user = {"role": "user", "parts": [{"type": "text", "content": "Hi"}]}
    assert events == call_events(
        "google-adk",
        SCOPE,
        prompt={
            "session_id": "session-77",
            "content": {"messages": [system, user]},
            "provenance": {"provider": "unknown"},
        },
        ending={
            "session_id": "session-77",
            "actor": {"id": "unknown"},
            "metrics": {"tokens": {"completion": 7, "total": 16, "reasoning": 4}},
            "provenance": {"provider": "unknown", "usage": RESPONSE["usage_metadata"]},
            "extensions": {"finish_reason": "STOP"},
        },
    )


def test_names_of_spans_are_kinds() -> None:
    """An agent and an invocation are steps; the rest is plumbing."""
    events = plain_events_of(
        named("agent_run [geo]", {}, span=2, parent=1, at=(10, 90)),
        named("cleanup", {}, span=3, parent=1, at=(90, 95)),
        named("invocation", {}),
    )

    steps = [(each["extensions"]["step"], each["actor"]["id"]) for each in events]
    assert steps == [
        ("workflow", "invocation"),
        ("agent", "geo"),
        ("agent", "geo"),
        ("workflow", "invocation"),
    ]


def test_newer_span_names_its_operation() -> None:
    """Then that says what it is, whatever its name."""
    attributes = {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "weather",
        "gcp.vertex.agent.tool_call_args": '{"city": "Paris"}',
        "gcp.vertex.agent.tool_response": '{"result": "14 degrees"}',
    }
    call, result = plain_events_of(named("invocation", attributes))

    assert call["content"]["tool"] == {"name": "weather", "arguments": {"city": "Paris"}}
    assert result["content"]["text"] == '{"result": "14 degrees"}'


def test_declared_functions_are_tools() -> None:
    """Their names and descriptions; not Gemini's own schema."""
    declared = [{"name": "weather", "description": "Of a city.", "parameters": {"type": "OBJECT"}}]
    request = {**REQUEST, "config": {"tools": [{"function_declarations": declared}]}}
    attributes = call_llm(**{"gcp.vertex.agent.llm_request": json.dumps(request)})
    prompt, _ = plain_events_of(named("call_llm", attributes))

    assert prompt["content"]["tools"] == [
        {"type": "function", "name": "weather", "description": "Of a city."}
    ]
