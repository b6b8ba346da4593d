"""Tests for spans as OpenLLMetry writes them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hilt_otel_exporters.span_record import SpanEvent
from tests.hilt_otel_exporters.conftest import MILLI, plain_events_of, record
from tests.hilt_otel_exporters.expected import call_events

SCOPE = "opentelemetry.instrumentation.openai.v1"


def old_chat(**more: Any) -> dict[str, Any]:
    """The attributes of a chat call as versions before 0.5 have them."""
    return {
        "llm.request.type": "chat",
        "gen_ai.system": "openai",
        "gen_ai.request.model": "house-model",
        "gen_ai.response.model": "house-1",
        "gen_ai.response.id": "resp-1",
        "gen_ai.prompt.0.role": "user",
        "gen_ai.prompt.0.content": "Hi",
        "gen_ai.completion.0.role": "assistant",
        "gen_ai.completion.0.content": "Hello",
        "gen_ai.completion.0.finish_reason": "stop",
        "gen_ai.usage.prompt_tokens": 9,
        "gen_ai.usage.completion_tokens": 3,
        **more,
    }


FINISHED = {"extensions": {"finish_reason": "stop"}}


def test_call() -> None:
    """Prompts and completions are numbered attributes."""
    assert plain_events_of(record(old_chat(), scope=SCOPE)) == call_events(
        "openllmetry", SCOPE, ending=FINISHED
    )


def test_blocks_of_a_message_stay_json() -> None:
    """Anthropic's content is a list in a string; a tool's result stands in it."""
    attributes = old_chat(
        **{
            "gen_ai.prompt.0.content": '[{"type": "text", "text": "Hi"}]',
            "gen_ai.completion.0.tool_calls.0.id": "c1",
            "gen_ai.completion.0.tool_calls.0.name": "weather",
            "gen_ai.completion.0.tool_calls.0.arguments": '{"city": "Paris"}',
        }
    )
    *events, tool_call = plain_events_of(record(attributes, scope=SCOPE))

    assert events == call_events("openllmetry", SCOPE, ending=FINISHED)
    assert tool_call["content"]["tool"] == {
        "name": "weather",
        "call_id": "c1",
        "arguments": {"city": "Paris"},
    }


def test_chunks_of_a_stream_are_empty_span_events() -> None:
    """The first one says when it came."""
    chunks = [
        SpanEvent("gen_ai.content.completion.chunk", (40 + index) * MILLI, {}) for index in range(2)
    ]
    events = plain_events_of(record(old_chat(), scope=SCOPE, events=chunks))

    assert events == call_events(
        "openllmetry",
        SCOPE,
        ending={"extensions": {"finish_reason": "stop", "time_to_first_chunk_ms": 40.0}},
    )


def test_operation_says_more_than_the_kind() -> None:
    """The root of a chain is a workflow by its kind, and invokes an agent."""
    workflow = {"traceloop.span.kind": "workflow", "traceloop.entity.name": "geo"}
    kinds = []
    for more in ({}, {"gen_ai.operation.name": "invoke_agent"}):
        start, _ = plain_events_of(record({**workflow, **more}, scope=SCOPE))
        kinds.append(start["extensions"]["step"])

    assert kinds == ["workflow", "agent"]


def test_tool_has_the_values_of_its_entity() -> None:
    """The official attributes hold the payload of the whole run."""
    attributes = {
        "traceloop.span.kind": "tool",
        "traceloop.entity.name": "weather",
        "traceloop.entity.input": (
            '{"inputs": {"city": "Paris"}, "tags": [], "kwargs": {"tool_call_id": "c1"}}'
        ),
        "traceloop.entity.output": '{"output": "14 degrees", "kwargs": {}}',
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.call.arguments": '{"everything": 1}',
        "gen_ai.tool.call.result": '{"everything": 2}',
    }
    call, result = plain_events_of(record(attributes, scope=SCOPE))

    assert call["content"]["tool"] == {
        "name": "weather",
        "call_id": "c1",
        "arguments": {"city": "Paris"},
    }
    assert result["content"]["text"] == "14 degrees"


@pytest.mark.parametrize(
    ("printed", "result"),
    [
        ("status='success' result='14 C in \\'Lima\\'' error=None files=None", "14 C in 'Lima'"),
        ("status='failure' result=None error=\"no such city\"", "no such city"),
        ("status='success' and more", "status='success' and more"),
        ("status='success' error=None", "status='success' error=None"),
    ],
)
def test_result_of_a_tool_that_is_printed(printed: str, result: str) -> None:
    """Agno's object around it is printed, as Pydantic does."""
    attributes = {
        "traceloop.span.kind": "tool",
        "traceloop.entity.name": "weather",
        "traceloop.entity.output": printed,
    }
    events = plain_events_of(record(attributes, scope=SCOPE))

    assert events[-1]["content"]["text"] == result


def test_rows_of_a_vector_database_are_documents() -> None:
    """Each is a span event."""
    row = {
        "db.query.result.id": "d1",
        "db.query.result.score": 0.9,
        "db.query.result.document": "Paris",
    }
    attributes = {"gen_ai.operation.name": "retrieval"}
    rows = [SpanEvent("db.query.result", 0, row)]
    (event,) = plain_events_of(record(attributes, scope="any.vector.database", events=rows))

    assert event["content"]["documents"] == [{"id": "d1", "score": 0.9, "text": "Paris"}]


def test_entity_of_milvus_is_a_document() -> None:
    """Its fields are the text and the metadata."""
    entity = {"text": "Paris", "source": "atlas"}
    found = {"db.search.result.id": "d1", "db.search.result.entity": json.dumps(entity)}
    events = [SpanEvent("db.search.result", 1, found)]
    scope = "opentelemetry.instrumentation.milvus"
    (event,) = plain_events_of(record({"db.operation": "search"}, events=events, scope=scope))

    assert event["content"]["documents"] == [{"id": "d1", "text": "Paris", "metadata": entity}]


def test_failed_call_has_no_answering_model() -> None:
    """LangChain's is the one that was asked for."""
    attributes = old_chat(**{"gen_ai.response.id": ""})
    _, ending = plain_events_of(record(attributes, scope=SCOPE, status="ERROR"))

    assert "response_model" not in ending["provenance"]


def test_association_properties_have_the_conversation_and_the_user() -> None:
    """They are the metadata of LangChain's run."""
    prefix = "traceloop.association.properties"
    attributes = old_chat(**{f"{prefix}.thread_id": "thread-9", f"{prefix}.user_id": "ann"})
    prompt, _ = plain_events_of(record(attributes, scope=SCOPE))

    assert (prompt["session_id"], prompt["actor"]["id"]) == ("thread-9", "ann")


@pytest.mark.parametrize("text", ['[{"city": "Paris"}]', "[1, 2]"])
def test_answer_that_is_a_list_by_a_schema(text: str) -> None:
    """It is what was said; only blocks of messages are read."""
    _, ending = plain_events_of(
        record(old_chat(**{"gen_ai.completion.0.content": text}), scope=SCOPE)
    )

    assert ending["content"]["text"] == text
