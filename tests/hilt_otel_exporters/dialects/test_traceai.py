"""Tests for spans as traceAI writes them."""

from __future__ import annotations

import json
from typing import Any

from hilt_otel_exporters.span_record import SpanEvent
from tests.hilt_otel_exporters.conftest import actions, events_of, record

CALL = "message.tool_calls.0.tool_call"


def llm(**more: Any) -> dict[str, Any]:
    """The attributes of a call."""
    return {
        "gen_ai.span.kind": "LLM",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o-mini-2024-07-18",
        "gen_ai.request.parameters": '{"model": "gpt-4o-mini", "temperature": 0.5}',
        "gen_ai.input.messages.0.message.role": "user",
        "gen_ai.input.messages.0.message.content": "Lima?",
        "gen_ai.usage.input_tokens": 62,
        "gen_ai.usage.output_tokens": 15,
        "gen_ai.usage.input_tokens.cache_read": 8,
        **more,
    }


def test_run_with_a_tool() -> None:
    """The model that it names is the one that answered; the one asked for is a parameter."""
    asks = llm(
        **{
            "gen_ai.output.messages.0.message.role": "assistant",
            f"gen_ai.output.messages.0.{CALL}.id": "call_1",
            f"gen_ai.output.messages.0.{CALL}.function.name": "sky",
            f"gen_ai.output.messages.0.{CALL}.function.arguments": '{"city": "Lima"}',
        }
    )
    tool = {
        "gen_ai.span.kind": "TOOL",
        "gen_ai.tool.name": "sky",
        "input.value": '{"city": "Lima"}',
        "output.value": "fog",
    }
    agent = {"gen_ai.span.kind": "AGENT", "input.value": "Lima?", "output.value": "Fog."}
    events = events_of(
        record(asks, span=2, parent=1, at=(1, 5), scope="traceai_openai"),
        record(tool, span=3, parent=1, at=(6, 7), scope="app"),
        record(agent, span=1, at=(0, 10), scope="app"),
    )

    assert actions(events) == [
        "system",
        "prompt",
        "completion",
        "tool_call",
        "tool_result",
        "system",
    ]
    ending = events[2]
    assert ending["extensions"]["model"] == "gpt-4o-mini"
    assert ending["provenance"]["response_model"] == "gpt-4o-mini-2024-07-18"
    assert ending["metrics"]["tokens"]["cached"] == 8


def test_answer_of_a_stream_is_the_output() -> None:
    """A stream has no messages of its answer, and no model but the parameter."""
    attributes = llm(**{"output.value": "Fog."})
    del attributes["gen_ai.request.model"]
    event = SpanEvent("First Token Stream Event", 5, {})
    prompt, ending = events_of(record(attributes, scope="traceai_openai", events=[event]))

    assert (prompt["content"]["text"], ending["content"]["text"]) == ("Lima?", "Fog.")
    assert prompt["extensions"]["model"] == "gpt-4o-mini"


def test_embedding() -> None:
    """Its texts are numbered."""
    attributes = {
        "gen_ai.span.kind": "EMBEDDING",
        "gen_ai.request.parameters": json.dumps({"model": "text-embedding-3-small"}),
        "embedding.embeddings.0.embedding.text": "Lima",
        "gen_ai.usage.input_tokens": 2,
    }
    prompt, ending = events_of(record(attributes, scope="traceai_openai"))

    assert (prompt["content"]["text"], ending["action"]) == ("Lima", "embedding")


def test_operation_says_more_than_the_kind() -> None:
    """Other emitters have the attribute beside the conventions'."""
    attributes = {"gen_ai.span.kind": "LLM", "gen_ai.operation.name": "execute_tool"}

    assert actions(events_of(record(attributes))) == ["tool_call", "tool_result"]
