"""Tests for spans as Pydantic AI writes them."""

from __future__ import annotations

import json
from typing import Any

from tests.hilt_otel_exporters.conftest import chat, plain_events_of, record
from tests.hilt_otel_exporters.expected import call_events

SCOPE = "pydantic-ai"


def test_call() -> None:
    """Official names, and a few of its own."""
    attributes = chat(
        **{"gen_ai.usage.details.reasoning_tokens": 2, "operation.cost": 0.25, "model_name": "x"}
    )

    assert plain_events_of(record(attributes, scope=SCOPE)) == call_events(
        "pydantic-ai",
        SCOPE,
        ending={
            "metrics": {"tokens": {"reasoning": 2}},
            "provenance": {"reported_cost_usd": 0.25},
        },
    )


def test_version_1_has_its_messages_as_events_in_an_attribute() -> None:
    """They are read as events of the conventions."""
    listed = [
        {"event.name": "gen_ai.user.message", "role": "user", "content": "Hi"},
        {"event.name": "gen_ai.choice", "message": {"role": "assistant", "content": "Hello"}},
    ]
    attributes = {name: value for name, value in chat().items() if "messages" not in name}
    attributes["events"] = json.dumps(listed)

    assert plain_events_of(record(attributes, scope=SCOPE)) == call_events("pydantic-ai", SCOPE)


def test_agent_has_the_whole_exchange_and_the_final_result() -> None:
    """Its input is the newest user's message; its output is the result, not the last message."""
    exchange = [
        {"role": "user", "parts": [{"type": "text", "content": "Hi"}]},
        {"role": "assistant", "parts": [{"type": "text", "content": "Hello"}]},
        {"role": "user", "parts": [{"type": "text", "content": "Weather?"}]},
    ]
    attributes = {
        "gen_ai.operation.name": "invoke_agent",
        "agent_name": "geo_agent",
        "pydantic_ai.all_messages": json.dumps(exchange),
        "final_result": "14 degrees.",
        "gen_ai.output.messages": json.dumps(exchange[:2]),
    }
    start, end = plain_events_of(record(attributes, scope=SCOPE))

    assert (start["actor"], start["content"]) == (
        {"type": "agent", "id": "geo_agent"},
        {"text": "Weather?"},
    )
    assert end["content"] == {"text": "14 degrees."}


def test_tool_of_version_2() -> None:
    """Its arguments and result have names of its own."""
    attributes: dict[str, Any] = {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "weather",
        "tool_arguments": '{"city": "Paris"}',
        "tool_response": "14 degrees",
    }
    call, result = plain_events_of(record(attributes, scope=SCOPE))

    assert call["content"]["tool"] == {"name": "weather", "arguments": {"city": "Paris"}}
    assert result["content"]["text"] == "14 degrees"


def test_cached_tokens_have_older_names() -> None:
    """Before the conventions had names for them, they stood among the details."""
    attributes = chat(
        **{
            "gen_ai.usage.details.cache_read_input_tokens": 2,
            "gen_ai.usage.details.cache_creation_input_tokens": 1,
        }
    )

    assert plain_events_of(record(attributes, scope=SCOPE))[-1]["metrics"]["tokens"].items() >= {
        ("cached", 2),
        ("cache_write", 1),
    }
