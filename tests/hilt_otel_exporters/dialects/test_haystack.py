"""Tests for spans as Haystack's own tracer writes them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.hilt_otel_exporters.conftest import actions, events_of, record

META = {
    "model": "gpt-4o-mini-2024-07-18",
    "finish_reason": "stop",
    "usage": {
        "prompt_tokens": 96,
        "completion_tokens": 13,
        "prompt_tokens_details": {"cached_tokens": 64},
    },
}
PRINTED = (
    "{'messages': [ChatMessage(_role=<ChatRole.USER: 'user'>, "
    "_content=[TextContent(text='Lima?')], _name=None, _meta={}), "
    "ChatMessage(_role=<ChatRole.ASSISTANT: 'assistant'>, _content=[ToolCall("
    "tool_name='sky', arguments={'city': 'Lima'}, id='call_1', extra=None)], _name=None, _meta={}), "
    "ChatMessage(_role=<ChatRole.TOOL: 'tool'>, _content=[ToolCallResult(result='fog', "
    "origin=ToolCall(tool_name='sky', arguments={'city': 'Lima'}, id='call_1', extra=None), "
    "error=False)], _name=None, _meta={})], 'tools': [Tool(name='sky', description='', "
    "parameters={}, function=<function main.<locals>.sky at 0x7f>)]}"
)
SAID = {"role": "assistant", "meta": META, "content": [{"text": "Fog."}]}


def component(kind: str, given: Any = None, found: Any = None) -> dict[str, Any]:
    """The attributes of a component's span."""
    attributes = {"haystack.component.type": kind, "haystack.component.name": "it"}
    for name, value in (("input", given), ("output", found)):
        if value is not None:
            text = value if isinstance(value, str) else json.dumps(value)
            attributes[f"haystack.component.{name}"] = text
    return attributes


def test_input_that_is_printed_is_read() -> None:
    """A tool has no JSON, so the whole input is printed as Python does."""
    attributes = component("OpenAIChatGenerator", PRINTED, {"replies": [SAID]})
    events = events_of(record(attributes, scope="haystack"))

    assert actions(events) == ["tool_result", "prompt", "completion"]
    ending = events[-1]
    assert ending["content"]["text"] == "Fog."
    assert ending["provenance"]["provider"] == "openai"
    assert ending["metrics"]["tokens"] == {
        "prompt": 96,
        "completion": 13,
        "total": 109,
        "cached": 64,
    }
    prompt = next(event for event in events if event["action"] == "prompt")
    assert [each["role"] for each in prompt["content"]["messages"]] == ["user", "assistant", "tool"]


def test_retriever_has_query_and_documents() -> None:
    """Documents are JSON."""
    given = {"query": "capital?", "top_k": None, "filters": None}
    found = {"documents": [{"id": "d1", "content": "Lima", "score": 0.5}]}
    attributes = component("InMemoryBM25Retriever", given, found)
    (event,) = events_of(record(attributes, scope="haystack"))

    assert event["action"] == "retrieval"
    assert event["content"]["text"] == "capital?"
    assert event["content"]["documents"] == [{"id": "d1", "score": 0.5, "text": "Lima"}]


def test_failed_call_is_its_components() -> None:
    """No model is named where nothing answered."""
    given = {"messages": [{"role": "user", "content": [{"text": "Hi"}]}]}
    attributes = component("MistralChatGenerator", given)
    text = "The component failed.\nError: Error code: 429 - slow down"
    events = events_of(record(attributes, scope="haystack", status="ERROR", status_text=text))

    assert events[1]["provenance"]["provider"] == "mistral_ai"
    assert events[1]["extensions"]["status_code"] == 429


@pytest.mark.parametrize("kind", ["OpenAIChatGenerator", "ToolInvoker"])
def test_without_content_nothing_is_known(kind: str) -> None:
    """Content is off by default: a component's span has its type alone."""
    assert events_of(record(component(kind), scope="haystack")) == []


def test_agent_is_a_step_with_its_question_and_answer() -> None:
    """Its messages are JSON."""
    asked = {"role": "user", "content": [{"text": "Lima?"}]}
    attributes = {
        "haystack.agent.max_steps": 100,
        "haystack.agent.input": json.dumps({"messages": [asked]}),
        "haystack.agent.output": json.dumps({"messages": [asked, SAID]}),
    }
    begin, end = events_of(record(attributes, scope="haystack"))

    assert (begin["content"]["text"], end["content"]["text"]) == ("Lima?", "Fog.")


CALL = {"tool_call": {"tool_name": "sky", "arguments": {"city": "Lima"}, "id": "call_1"}}
USER = {"role": "user", "meta": {}, "content": [{"text": "Lima?"}]}
ASKS = {"role": "assistant", "meta": {**META, "finish_reason": "tool_calls"}, "content": [CALL]}
GAVE = {"role": "tool", "meta": {}, "content": [
    {"tool_call_result": {"result": "fog", "origin": CALL["tool_call"], "error": False}}
]}  # fmt: skip


def llm_step(*messages: Any, reply: Any) -> dict[str, Any]:
    """The attributes of an agent's step that asks a model."""
    return {
        "haystack.agent.step.llm.input": json.dumps({"messages": messages}),
        "haystack.agent.step.llm.output": json.dumps({"replies": [reply]}),
    }


def test_steps_of_an_agent() -> None:
    """Since version 3, an agent's calls of its model and its tools are spans of their own."""
    tool = {
        "haystack.tool.name": "sky",
        "haystack.agent.step.tool.input": '{"city": "Lima"}',
        "haystack.agent.step.tool.output": "fog",
    }
    events = events_of(
        record(llm_step(USER, reply=ASKS), span=2, parent=1, at=(1, 10), scope="haystack"),
        record(tool, span=3, parent=1, at=(11, 20), scope="haystack"),
        record(
            llm_step(USER, ASKS, GAVE, reply=SAID), span=4, parent=1, at=(21, 30), scope="haystack"
        ),
        record({"haystack.agent.max_steps": 9}, scope="haystack"),
    )

    assert actions(events) == [
        "system", "prompt", "completion", "tool_call", "tool_result", "completion", "system",
    ]  # fmt: skip
    call, result, answer = events[3:6]
    assert call["content"]["tool"] == {
        "name": "sky", "call_id": "call_1", "arguments": {"city": "Lima"},
    }  # fmt: skip
    assert (result["content"]["text"], result["extensions"]["reply_to"]) == (
        "fog", call["event_id"],
    )  # fmt: skip
    assert answer["metrics"]["tokens"]["cached"] == 64
    assert len({event["session_id"] for event in events}) == 1
