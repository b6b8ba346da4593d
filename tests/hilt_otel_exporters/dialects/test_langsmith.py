"""Tests for spans as LangSmith writes them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.hilt_otel_exporters.conftest import plain_events_of, record
from tests.hilt_otel_exporters.expected import call_events

SCOPE = "langsmith"
REQUEST = {"model": "house-model", "messages": [{"role": "user", "content": "Hi"}]}
RESPONSE = {
    "id": "resp-1",
    "choices": [{"message": {"role": "assistant", "content": "Hello"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 9, "completion_tokens": 3},
}


def run(**more: Any) -> dict[str, Any]:
    """The attributes of a chat call."""
    return {
        "langsmith.span.kind": "llm",
        "gen_ai.operation.name": "chat",
        "gen_ai.system": "openai",
        "gen_ai.request.model": "house-model",
        "gen_ai.response.model": "house-1",
        "gen_ai.prompt": json.dumps(REQUEST),
        "gen_ai.completion": json.dumps(RESPONSE),
        "gen_ai.usage.input_tokens": 9,
        "gen_ai.usage.output_tokens": 3,
        **more,
    }


ENDING = {
    "provenance": {"usage": RESPONSE["usage"]},
    "extensions": {"finish_reason": "stop"},
}


def test_call() -> None:
    """Request and response are whole bodies, in one attribute each."""
    events = plain_events_of(record(run(), scope=SCOPE, status="OK"))

    assert events == call_events("langsmith", SCOPE, ending=ENDING)


@pytest.mark.parametrize(
    ("printed", "cached"), [("{'audio': 0, 'cache_read': 4}", 4), ("{'cache_read': ", None)]
)
def test_counts_that_python_printed_are_read(printed: str, cached: int | None) -> None:
    """The details of usage are the text of a dict, and broken ones are none."""
    attributes = run(**{"gen_ai.usage.input_token_details": printed})
    _, ending = plain_events_of(record(attributes, scope=SCOPE))

    assert ending["metrics"]["tokens"].get("cached") == cached


def test_retriever_is_none_of_embeddings() -> None:
    """It names the operation embeddings for a retriever: its own kind is right."""
    attributes = {
        "langsmith.span.kind": "retriever",
        "gen_ai.operation.name": "embeddings",
        "gen_ai.prompt": '{"query": "capital?"}',
        "gen_ai.completion": '{"output": [{"page_content": "Paris"}]}',
    }
    (event,) = plain_events_of(record(attributes, scope=SCOPE))

    assert event["action"] == "retrieval"
    assert event["content"] == {"text": "capital?", "documents": [{"text": "Paris"}]}


def test_metadata_has_thread_user_and_parameters() -> None:
    """They are those of LangChain's run."""
    metadata = {"thread_id": "thread-9", "user_id": "ann", "ls_temperature": 0.5}
    attributes = run(**{f"langsmith.metadata.{name}": metadata[name] for name in metadata})
    prompt, _ = plain_events_of(record(attributes, scope=SCOPE))

    assert (prompt["session_id"], prompt["actor"]["id"]) == ("thread-9", "ann")
    assert prompt["extensions"]["parameters"] == {"temperature": 0.5}


def test_span_without_attributes_is_passed_over() -> None:
    """All spans of its scope are about GenAI, and one that says nothing is no event."""
    assert plain_events_of(record({}, scope=SCOPE)) == []
