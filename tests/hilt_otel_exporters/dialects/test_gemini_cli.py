"""Tests for spans as Gemini CLI writes them."""

from __future__ import annotations

import json
from typing import Any

from tests.hilt_otel_exporters.conftest import actions, events_of, record

SCOPE = "gemini-cli"


def operation(name: str, asked: Any, answered: Any, **more: Any) -> dict[str, Any]:
    """The attributes of an operation."""
    return {
        "gen_ai.operation.name": name,
        "gen_ai.conversation.id": "session-77",
        "gen_ai.input.messages": json.dumps(asked),
        "gen_ai.output.messages": json.dumps(answered),
        **more,
    }


def content(role: str, *parts: dict[str, Any]) -> dict[str, Any]:
    """A content of Gemini's API."""
    return {"role": role, "parts": list(parts)}


def test_calls_and_tools_of_a_session() -> None:
    """A stream's chunks are one answer; what schedules tools is no step."""
    model = {"gen_ai.request.model": "gemini-2.5-pro", "gen_ai.agent.name": "gemini-cli"}
    counts = {"gen_ai.usage.input_tokens": 9, "gen_ai.usage.output_tokens": 3}
    question = content("user", {"text": "Lima?"})
    call = content("model", {"functionCall": {"id": "c1", "name": "sky", "args": {"city": "Lima"}}})
    response = {"functionResponse": {"id": "c1", "name": "sky", "response": {"output": "fog"}}}
    gave = content("user", response)
    first = operation(
        "llm_call", [question], {"response": {"candidates": [{"content": call}]}}, **model, **counts
    )
    chunks = [content("model", {"text": "Fo"}), None, content("model", {"text": "g."})]
    second = operation("llm_call", [question, call, gave], chunks, **model, **counts)
    tool = operation(
        "tool_call",
        {"callId": "c1", "name": "sky", "args": {"city": "Lima"}},
        {"status": "success", "response": {"responseParts": [response]}},
        **{"gen_ai.tool.name": "sky", "gen_ai.tool.call_id": "c1"},
    )
    events = events_of(
        record(first, span=2, parent=1, at=(1, 2), scope=SCOPE),
        record(tool, span=4, parent=3, at=(3, 4), scope=SCOPE),
        record(operation("schedule_tool_calls", [], []), span=3, parent=1, at=(3, 5), scope=SCOPE),
        record(second, span=5, parent=1, at=(6, 7), scope=SCOPE),
        record(operation("user_prompt", "Lima?", "Fog."), span=1, at=(0, 9), scope=SCOPE),
    )

    assert actions(events) == [*("prompt", "completion", "tool_call", "tool_result", "completion")]
    assert {event["session_id"] for event in events} == {"session-77"}
    assert events[2]["content"]["tool"] == {
        "name": "sky",
        "call_id": "c1",
        "arguments": {"city": "Lima"},
    }
    assert [events[at]["content"]["text"] for at in (0, 3, 4)] == ["Lima?", "fog", "Fog."]


def test_call_that_failed_has_no_counts() -> None:
    """It is one all the same."""
    attributes = {"gen_ai.operation.name": "llm_call", "gen_ai.request.model": "gemini-2.5-pro"}
    span = record(attributes, scope=SCOPE, status="ERROR", status_text="429 quota exceeded")
    prompt, ending = events_of(span)

    assert (prompt["action"], ending["extensions"]["error_code"]) == ("prompt", "rate_limit")


def test_only_texts_are_joined() -> None:
    """Blocks that are not read, one after the other, are no pieces of one."""
    code = [{"executableCode": {"language": "PYTHON", "code": each}} for each in "12"]
    attributes = operation("llm_call", [], [content("model", *code, {"text": "Fog."})])
    span = record({**attributes, "gen_ai.request.model": "gemini-2.5-pro"}, scope=SCOPE)

    assert events_of(span)[-1]["content"]["text"] == "Fog."
