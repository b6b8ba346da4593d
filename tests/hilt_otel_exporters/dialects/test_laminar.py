"""Tests for spans as Laminar writes them."""

from __future__ import annotations

import json
from typing import Any

from tests.hilt_otel_exporters.conftest import actions, events_of, record

CALL = {"id": "call_1", "type": "function", "function": {"name": "sky", "arguments": "{}"}}


def llm(choice: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The attributes of a call."""
    return {
        "lmnr.span.type": "LLM",
        "lmnr.association.properties.session_id": "session-77",
        "lmnr.association.properties.user_id": "ann",
        "gen_ai.system": "openai",
        "gen_ai.request.model": "gpt-4o-mini",
        "gen_ai.input.messages": '[{"role": "user", "content": "Lima?"}]',
        "gen_ai.output.messages": json.dumps([choice]),
        "gen_ai.usage.input_tokens": 9,
        "gen_ai.usage.output_tokens": 3,
        **more,
    }


def test_choices_are_messages() -> None:
    """The answer is what the chat API sends: choices with a message each."""
    choice = {
        "index": 0,
        "finish_reason": "tool_calls",
        "message": {"role": "assistant", "content": None, "tool_calls": [CALL]},
    }
    tool = {"lmnr.span.type": "TOOL", "lmnr.span.input": "{}", "lmnr.span.output": '"fog"'}
    ran = record(tool, span=3, parent=1, at=(6, 7), scope="lmnr.tracer")
    ran.name = "sky"
    root = {"lmnr.span.type": "DEFAULT", "lmnr.span.input": '{"q": "Lima?"}'}
    events = events_of(
        record(llm(choice), span=2, parent=1, at=(1, 5), scope="lmnr.tracer"),
        ran,
        record(root, span=1, at=(0, 10), scope="lmnr.tracer"),
    )

    assert actions(events)[1:5] == ["prompt", "completion", "tool_call", "tool_result"]
    assert {event["session_id"] for event in events} == {"session-77"}
    assert (events[0]["content"]["text"], events[1]["actor"]["id"]) == ("Lima?", "ann")
    assert events[2]["extensions"]["finish_reason"] == "tool_calls"
    assert events[4]["content"]["text"] == "fog"


def test_embedding_is_told_by_its_name() -> None:
    """Its type is that of a chat."""
    attributes = {
        "lmnr.span.type": "LLM",
        "gen_ai.request.model": "text-embedding-3-small",
        "gen_ai.input.messages": '[{"content": "Lima"}]',
    }
    span = record(attributes, scope="lmnr.tracer")
    span.name = "openai.embeddings"

    assert actions(events_of(span)) == ["prompt", "embedding"]
