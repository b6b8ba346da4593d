"""Tests for spans as LangWatch writes them."""

from __future__ import annotations

import json
from typing import Any

from tests.hilt_otel_exporters.conftest import actions, events_of, record

ASKED = {"role": "user", "content": "What is the weather in Lima?"}
CALL = {
    "id": "call_1",
    "type": "function",
    "function": {"name": "get_weather", "arguments": '{"city": "Lima"}'},
}
ANSWER = {"role": "assistant", "tool_calls": [CALL]}
RESULT = {"role": "tool", "tool_call_id": "call_1", "content": '{"sky": "fog"}'}


def typed(kind: str, value: Any) -> str:
    """A value as it stands in an input or output."""
    return json.dumps({"type": kind, "value": value})


def llm(inputs: list[Any], output: str, *, prompt: int, **metrics: Any) -> dict[str, Any]:
    """The attributes of a call that was written by hand."""
    return {
        "langwatch.span.type": "llm",
        "langwatch.input": typed("chat_messages", inputs),
        "langwatch.output": output,
        "langwatch.metrics": json.dumps({"prompt_tokens": prompt, **metrics}),
        "gen_ai.request.model": "openai/gpt-4o-mini",
        "gen_ai.usage.prompt_tokens": prompt,
    }


def test_run_with_a_tool_is_a_story() -> None:
    """The calls belong to the thread and the user that the outermost span names."""
    root = {
        "langwatch.span.type": "span",
        "metadata": '{"thread_id": "thread-9", "user_id": "ann"}',
    }
    tool = {
        "langwatch.span.type": "tool",
        "langwatch.input": typed("json", {"city": "Lima"}),
        "langwatch.output": typed("json", {"sky": "fog"}),
    }
    first = llm([ASKED], typed("json", ANSWER), prompt=62, completion_tokens=15, cost=0.01)
    history = [ASKED, ANSWER, RESULT]
    said = typed("chat_messages", [{"role": "assistant", "content": "It is foggy."}])
    ran = record(tool, span=4, parent=1, at=(11, 12), scope="langwatch")
    ran.name = "get_weather"
    events = events_of(
        record(first, span=3, parent=1, at=(1, 10), scope="langwatch"),
        ran,
        record(llm(history, said, prompt=96), span=5, parent=1, at=(13, 20), scope="langwatch"),
        record(root, span=1, at=(0, 30), scope="langwatch"),
    )

    assert actions(events) == ["prompt", "completion", "tool_call", "tool_result", "completion"]
    assert {event["session_id"] for event in events} == {"thread-9"}
    assert events[0]["actor"]["id"] == "ann"
    assert events[1]["metrics"]["tokens"] == {"prompt": 62, "completion": 15, "total": 77}
    assert events[1]["provenance"]["provider"] == "openai"
    assert events[1]["provenance"]["reported_cost_usd"] == 0.01
    assert events[4]["content"]["text"] == "It is foggy."


def test_contexts_of_rag_are_documents() -> None:
    """They have ids of their own names."""
    attributes = {
        "langwatch.span.type": "rag",
        "langwatch.input": typed("text", "capital?"),
        "langwatch.rag_contexts": '[{"document_id": "d1", "content": "Lima"}]',
    }
    (event,) = events_of(record(attributes, scope="langwatch"))

    assert event["content"] == {"text": "capital?", "documents": [{"id": "d1", "text": "Lima"}]}


def test_first_token_is_measured() -> None:
    """Its times are milliseconds, and may be those of a wrapper that started before the span."""
    timestamps = '{"started_at": 1000, "first_token_at": 1250, "finished_at": 1400}'
    attributes = llm([ASKED], typed("text", "Fog."), prompt=9)
    span = record({**attributes, "langwatch.timestamps": timestamps}, scope="langwatch")
    _, ending = events_of(span)

    assert ending["extensions"]["time_to_first_chunk_ms"] == 250


def test_odd_values_are_passed_over() -> None:
    """What is not in the typed form is read as it is."""
    span = {
        "langwatch.span.type": "llm",
        "langwatch.input": "Hi",
        "langwatch.output": "[1",
        "langwatch.metrics": "none",
        "langwatch.timestamps": "[]",
        "gen_ai.request.model": "m",
    }

    assert actions(events_of(record(span, scope="langwatch"))) == ["prompt", "completion"]


def test_answer_that_is_json_by_a_schema() -> None:
    """A text is what was said."""
    answer = '{"output": "Lima"}'
    _, ending = events_of(record(llm([ASKED], typed("text", answer), prompt=9), scope="langwatch"))

    assert ending["content"]["text"] == answer
