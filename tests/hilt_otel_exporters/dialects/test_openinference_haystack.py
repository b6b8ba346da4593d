"""Tests for Haystack's spans as OpenInference writes them: whole only in printed objects."""

from __future__ import annotations

import json
from typing import Any

from tests.hilt_otel_exporters.conftest import actions, events_of, record

SCOPE = "openinference.instrumentation.haystack"
CALL = "ToolCall(tool_name='sky', arguments={'city': 'Lima'}, id='call_1', extra=None)"
META = (
    "{'model': 'gpt-4o-mini', 'finish_reason': 'stop', 'usage': {'prompt_tokens': 96, "
    "'completion_tokens': 13, 'prompt_tokens_details': {'cached_tokens': 64}, "
    "'completion_tokens_details': {'reasoning_tokens': 7}}}"
)


def said(role: str, content: str, meta: str = "{}") -> str:
    """A printed message."""
    return (
        f"ChatMessage(_role=<ChatRole.{role.upper()}: '{role}'>, _content=[{content}], "
        f"_name=None, _meta={meta})"
    )


USER = said("user", "TextContent(text='Lima?')")
ASKS = said("assistant", CALL, META)
GAVE = said("tool", f"ToolCallResult(result='fog', origin={CALL}, error=False)")
ANSWER = said("assistant", "TextContent(text='Fog.')", META)


def llm(messages: list[str], reply: str, **more: Any) -> dict[str, Any]:
    """The attributes of a model's call, with the flattened messages that are not whole."""
    return {
        "openinference.span.kind": "LLM",
        "input.value": json.dumps({"messages": messages, "tools": None}),
        "output.value": json.dumps({"replies": [reply]}),
        "llm.model_name": "gpt-4o-mini",
        "llm.provider": "openai",
        "llm.input_messages.0.message.role": "user",
        "llm.input_messages.0.message.content": "Lima?",
        "llm.token_count.prompt": 96,
        "llm.token_count.completion": 13,
        **more,
    }


def test_tools_and_history() -> None:
    """Calls and results of tools have their ids, and the history is logged once."""
    events = events_of(
        record(llm([USER], ASKS), scope=SCOPE, trace=1),
        record(llm([USER, ASKS, GAVE], ANSWER), scope=SCOPE, trace=2, at=(200, 300)),
    )

    assert actions(events) == ["prompt", "completion", "tool_call", "tool_result", "completion"]
    call, result, answer = events[2:]
    assert call["content"]["tool"]["call_id"] == "call_1"
    assert result["content"] == {
        "text": "fog", "tool": {"name": "sky", "call_id": "call_1", "result": "fog"},
    }  # fmt: skip
    assert answer["content"]["text"] == "Fog."
    assert len({event["session_id"] for event in events}) == 1


def test_counts_that_are_only_printed() -> None:
    """What was cached, and what was reasoning."""
    ending = events_of(record(llm([USER], ANSWER), scope=SCOPE))[-1]

    assert ending["metrics"]["tokens"] == {
        "prompt": 96, "completion": 13, "total": 109, "cached": 64, "reasoning": 7,
    }  # fmt: skip
    assert ending["extensions"]["finish_reason"] == "stop"


def test_objects_that_cannot_be_read() -> None:
    """The flattened messages are there."""
    odd = "ChatMessage(_role=<ChatRole.USER"
    prompt, _ = events_of(record(llm([odd], ANSWER), scope=SCOPE))

    assert prompt["content"]["text"] == "Lima?"
