"""Tests for spans as Sentry writes them."""

from __future__ import annotations

import json
from typing import Any

from tests.hilt_otel_exporters.conftest import actions, events_of, record

CALL = {"id": "call_1", "type": "function", "function": {"name": "sky", "arguments": "{}"}}


def chat(**more: Any) -> dict[str, Any]:
    """The attributes of a call."""
    return {
        "gen_ai.operation.name": "chat",
        "gen_ai.system": "openai",
        "gen_ai.request.model": "gpt-4o-mini",
        "gen_ai.response.text": '["Fog.", "Sun."]',
        **more,
    }


def test_messages_tools_and_answers_have_names_of_their_own() -> None:
    """None of them is a parameter of the request."""
    attributes = chat(
        **{
            "gen_ai.request.messages": '[{"role": "user", "content": "Lima?"}]',
            "gen_ai.request.available_tools": json.dumps([{"type": "function", "name": "sky"}]),
            "gen_ai.response.tool_calls": json.dumps([CALL]),
            "gen_ai.response.streaming": True,
        }
    )
    tool = {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "sky",
        "gen_ai.tool.input": "{}",
        "gen_ai.tool.output": "fog",
    }
    agent = {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": "geo",
        "gen_ai.request.messages": '[{"role": "user", "content": "Lima?"}]',
        "gen_ai.response.text": "Fog.",
    }
    events = events_of(
        record(attributes, span=2, parent=1, at=(1, 2)),
        record(tool, span=3, parent=1, at=(3, 4)),
        record(agent, span=1, at=(0, 5)),
    )

    assert actions(events) == [
        *("system", "prompt", "completion", "tool_call", "tool_result", "system")
    ]
    prompt, answer = events[1], events[2]
    assert prompt["content"]["text"] == "Lima?"
    assert prompt["content"]["tools"] == [{"type": "function", "name": "sky"}]
    assert "parameters" not in prompt["extensions"]
    assert answer["content"]["text"] == "Fog."
    assert answer["content"]["choices"][0]["parts"] == [{"type": "text", "content": "Sun."}]
    assert events[4]["content"]["text"] == "fog"
    assert [events[at]["content"]["text"] for at in (0, 5)] == ["Lima?", "Fog."]


def test_answer_may_be_a_bare_text() -> None:
    """A text that is JSON, and no list of texts, is what was said."""
    _, ending = events_of(record(chat(**{"gen_ai.response.text": '{"sky": "fog"}'})))
    _, bare = events_of(record(chat(**{"gen_ai.response.text": "Fog."})))

    assert ending["content"]["text"] == '{"sky": "fog"}'
    assert bare["content"]["text"] == "Fog."
