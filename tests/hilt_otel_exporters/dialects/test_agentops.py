"""Tests for spans as AgentOps writes them."""

from __future__ import annotations

from typing import Any

from tests.hilt_otel_exporters.conftest import actions, events_of, record

ASKED = {
    "gen_ai.request.type": "chat",
    "gen_ai.system": "OpenAI",
    "gen_ai.request.model": "house-model",
    "gen_ai.prompt.0.role": "user",
    "gen_ai.prompt.0.content": "What is the weather in Lima?",
    "gen_ai.response.id": "resp-1",
    "gen_ai.completion.0.finish_reason": "tool_calls",
    "gen_ai.completion.0.role": "assistant",
}
TOOL = {
    "agentops.span.kind": "AgentOpsSpanKindValues.TOOL",
    "tool.name": "get_weather",
    "tool.parameters": '{"city": "Lima"}',
    "tool.call.id": "call_1",
}
ANSWERED = {
    **ASKED,
    "gen_ai.prompt.1.role": "assistant",
    "gen_ai.prompt.1.tool_calls.0.id": "call_1",
    "gen_ai.prompt.1.tool_calls.0.name": "get_weather",
    "gen_ai.prompt.1.tool_calls.0.arguments": '{"city": "Lima"}',
    "gen_ai.prompt.2.role": "tool",
    "gen_ai.prompt.2.content": "fog",
    "gen_ai.prompt.2.tool_call_id": "call_1",
    "gen_ai.response.id": "resp-2",
    "gen_ai.completion.0.finish_reason": "stop",
    "gen_ai.completion.0.content": "It is foggy.",
}


def test_the_tool_call_of_an_answer_stands_in_a_span_below_it() -> None:
    """It is the answer's, and the call that sends its result goes on with that answer."""
    events = events_of(
        record(ASKED, span=1, at=(0, 10), scope="agentops.instrumentation.openai"),
        record(TOOL, span=2, parent=1, at=(9, 9), scope="agentops.instrumentation.openai"),
        record(ANSWERED, span=3, at=(20, 30), scope="agentops.instrumentation.openai"),
    )

    assert actions(events) == ["prompt", "completion", "tool_call", "tool_result", "completion"]
    assert {event["session_id"] for event in events} == {events[0]["session_id"]}
    assert [event["content"]["tool"] for event in events[2:4]] == [
        {"name": "get_weather", "call_id": "call_1", "arguments": {"city": "Lima"}},
        {"name": "get_weather", "call_id": "call_1", "result": "fog"},
    ]


def test_a_tool_that_runs_below_an_answer_is_no_part_of_it() -> None:
    """It has a result: something ran there."""
    ran: dict[str, Any] = {**TOOL, "tool.result": "fog"}
    events = events_of(record(ASKED, span=1, at=(0, 10)), record(ran, span=2, parent=1, at=(2, 3)))

    assert actions(events) == ["prompt", "tool_call", "tool_result", "completion"]


def test_an_embedding_is_told_by_its_type() -> None:
    """No operation is named."""
    span = {**ASKED, "gen_ai.request.type": "embedding", "gen_ai.usage.prompt_tokens": 8}

    assert actions(events_of(record(span))) == ["prompt", "embedding"]


def test_tools_and_streams_are_no_parameters() -> None:
    """They stand among them, and so does the operation."""
    attributes = {
        **ASKED,
        "gen_ai.request.streaming": True,
        "gen_ai.request.temperature": 0.2,
        "gen_ai.request.functions.0.name": "get_weather",
        "gen_ai.request.functions.0.description": "The weather",
        "gen_ai.request.functions.0.parameters": '{"type": "object"}',
    }

    prompt = events_of(record(attributes, scope="agentops"))[0]

    assert prompt["content"]["tools"] == [
        {"type": "function", "name": "get_weather", "description": "The weather",
         "parameters": {"type": "object"}}
    ]  # fmt: skip
    assert prompt["extensions"]["parameters"] == {"temperature": 0.2}
