"""Tests for spans as Netra writes them."""

from __future__ import annotations

from typing import Any

from tests.hilt_otel_exporters.conftest import actions, events_of, record

SCOPE = "netra.instrumentation.openai"


def call(kind: str = "chat", **more: Any) -> dict[str, Any]:
    """The attributes of a call."""
    return {
        "netra.instrumentation.name": "openai",
        "llm.request.type": kind,
        "gen_ai.request.model": "gpt-4o-mini",
        "gen_ai.prompt.0.role": "user",
        "gen_ai.prompt.0.content": "Lima?",
        "gen_ai.completion.0.role": "assistant",
        "gen_ai.completion.0.content": "Fog.",
        "gen_ai.completion.1.finish_reason": "stop",
        **more,
    }


def test_tool_call_stands_where_the_text_does() -> None:
    """Its finish reason has a number of its own."""
    content = '{"name": "sky", "arguments": "{\\"city\\": \\"Lima\\"}"}'
    attributes = call(
        **{
            "gen_ai.completion.0.content": content,
            "gen_ai.completion.0.tool_call_id": "call_1",
            "gen_ai.completion.1.finish_reason": "tool_calls",
        }
    )
    events = events_of(record(attributes, scope=SCOPE))

    assert actions(events) == ["prompt", "completion", "tool_call"]
    assert events[1]["extensions"]["finish_reason"] == "tool_calls"
    assert events[2]["content"]["tool"] == {
        "name": "sky",
        "call_id": "call_1",
        "arguments": {"city": "Lima"},
    }


def test_call_of_the_responses_api_is_one() -> None:
    """It has a type of its own."""
    prompt, ending = events_of(record(call("response"), scope=SCOPE))

    assert (prompt["content"]["text"], ending["content"]["text"]) == ("Lima?", "Fog.")


def test_functions_are_steps() -> None:
    """The scope is the function's name."""
    agent = {"netra.span.type": "AGENT", "netra.agent.name": "geo", "input": "Lima?"}
    begin, _ = events_of(record(agent, scope="geo"))

    assert (begin["actor"]["id"], begin["content"]["text"]) == ("geo", "Lima?")
