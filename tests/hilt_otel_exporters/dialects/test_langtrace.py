"""Tests for spans as Langtrace writes them."""

from __future__ import annotations

import json
from typing import Any

from hilt_otel_exporters.span_record import SpanEvent
from tests.hilt_otel_exporters.conftest import actions, events_of, record

SCOPE = "langtrace_python_sdk.instrumentation.openai.instrumentation"
TOOL = {"type": "function", "function": {"name": "get_weather", "parameters": {}}}


def span(operation: str = "chat", **more: Any) -> dict[str, Any]:
    """The attributes of a call."""
    return {
        "langtrace.service.name": "OpenAI",
        "langtrace.service.type": "llm",
        "url.full": "https://api.openai.com/v1/",
        "gen_ai.operation.name": operation,
        "gen_ai.request.model": "gpt-4o-mini",
        "gen_ai.system": "openai",
        "gen_ai.usage.input_tokens": 62,
        "gen_ai.usage.output_tokens": 15,
        **more,
    }


def said(prompt: list[Any], completion: list[Any] | None = None) -> list[SpanEvent]:
    """Its messages, in span events."""
    events = [SpanEvent("gen_ai.content.prompt", 0, {"gen_ai.prompt": json.dumps(prompt)})]
    if completion is not None:
        attributes = {"gen_ai.completion": json.dumps(completion)}
        events.append(SpanEvent("gen_ai.content.completion", 1, attributes))
    return events


def test_tool_calls_stand_where_the_text_does() -> None:
    """The answer's content is a list of them."""
    call = {"id": "call_1", "type": "function", "function": {"name": "get_weather"}}
    call["function"] = {"name": "get_weather", "arguments": '{"city": "Lima"}'}
    attributes = span(
        **{
            "gen_ai.request.tools": (json.dumps([TOOL]),),
            "gen_ai.usage.cached_tokens": 5,
            "user_id": "ann",
            "session.id": "s-1",
        }
    )
    events = events_of(
        record(
            attributes,
            scope=SCOPE,
            status="OK",
            events=said(
                [{"role": "user", "content": "Lima?"}], [{"role": "assistant", "content": [call]}]
            ),
        )
    )

    assert actions(events) == ["prompt", "completion", "tool_call"]
    assert {event["session_id"] for event in events} == {"s-1"}
    assert (events[0]["actor"]["id"], events[0]["content"]["text"]) == ("ann", "Lima?")
    assert events[1]["metrics"]["tokens"]["cached"] == 5
    assert events[2]["content"]["tool"]["arguments"] == {"city": "Lima"}


def test_messages_that_it_could_not_read_are_passed_over() -> None:
    """It writes a list where the assistant's message was."""
    prompt = [{"role": "user", "content": "Lima?"}, [{"id": "", "type": ""}]]
    events = events_of(record(span(), scope=SCOPE, events=said(prompt)))

    assert events[0]["content"]["text"] == "Lima?"
    assert len(events[0]["content"]["messages"]) == 1


def test_operation_with_a_name_of_its_own_is_a_call() -> None:
    """It names the SDK's method; the model and the counts tell what it is."""
    attributes = span("openai.responses.create", **{"gen_ai.response_id": "resp-1"})
    attributes["instructions"] = "Be brief."
    prompt, ending = events_of(
        record(attributes, scope=SCOPE, events=said([{"role": "user", "content": "Hi"}]))
    )

    assert prompt["provenance"]["operation"] == "chat"
    assert prompt["content"]["messages"][0]["parts"][0]["content"] in ("Be brief.", "Hi")
    assert ending["provenance"]["response_id"] == "resp-1"


def test_embedding_has_another_name() -> None:
    """The operation is called embed."""
    span_ = record(span("embed"), scope=SCOPE, events=said([{"role": "user", "content": ["Hi"]}]))
    prompt, ending = events_of(span_)

    assert (prompt["provenance"]["operation"], ending["action"]) == ("embeddings", "embedding")


def test_query_of_a_vector_database_is_no_call() -> None:
    """It has neither model nor messages."""
    attributes = {"langtrace.service.type": "vectordb", "db.system": "chroma"}

    assert events_of(record(attributes, scope=SCOPE)) == []
