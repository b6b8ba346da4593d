"""Tests for spans as MLflow writes them."""

from __future__ import annotations

import json
from typing import Any

from hilt_otel_exporters.span_record import SpanEvent
from tests.hilt_otel_exporters.conftest import MILLI, plain_events_of, record
from tests.hilt_otel_exporters.expected import call_events

SCOPE = "mlflow.tracing.provider"
REQUEST = {"model": "house-model", "messages": [{"role": "user", "content": "Hi"}]}
RESPONSE = {
    "id": "resp-1",
    "model": "house-1",
    "choices": [{"message": {"role": "assistant", "content": "Hello"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 9, "completion_tokens": 3},
}


def encoded(**attributes: Any) -> dict[str, Any]:
    """Attributes, each of them as JSON."""
    return {name.replace("__", "."): json.dumps(value) for name, value in attributes.items()}


def chat_model(**more: Any) -> dict[str, Any]:
    """The attributes of a chat call."""
    return encoded(
        mlflow__spanType="CHAT_MODEL",
        mlflow__llm__provider="openai",
        mlflow__spanInputs=REQUEST,
        mlflow__spanOutputs=RESPONSE,
        mlflow__chat__tokenUsage={"input_tokens": 9, "output_tokens": 3},
        **more,
    )


ENDING = {
    "provenance": {"usage": RESPONSE["usage"]},
    "extensions": {"finish_reason": "stop"},
}


def test_call() -> None:
    """Every value is JSON, also the text of a kind."""
    events = plain_events_of(record(chat_model(), scope=SCOPE, status="OK"))

    assert events == call_events("mlflow", SCOPE, ending=ENDING)


def test_parameters_have_attributes_of_their_own() -> None:
    """They have the names of the API, and no prefix."""
    events = plain_events_of(record(chat_model(temperature=0.5, n=2), scope=SCOPE))

    assert events == call_events(
        "mlflow",
        SCOPE,
        prompt={"extensions": {"parameters": {"temperature": 0.5, "choice.count": 2}}},
        ending=ENDING,
    )


def test_chunks_have_the_answer_that_the_span_lacks() -> None:
    """Each chunk of a stream is a span event."""
    pieces = [{"delta": {"content": "Hel"}}, {"delta": {"content": "lo"}, "finish_reason": "stop"}]
    chunks = [
        SpanEvent(
            f"mlflow.chunk.item.{index}",
            (40 + index) * MILLI,
            {
                "mlflow.chunk.value": json.dumps(
                    {"id": "resp-1", "choices": [{"index": 0, **piece}]}
                )
            },
        )
        for index, piece in enumerate(pieces)
    ]
    attributes = chat_model()
    attributes["mlflow.spanOutputs"] = json.dumps({"id": "resp-1", "model": "house-1"})
    events = plain_events_of(record(attributes, scope=SCOPE, events=chunks))

    assert events == call_events(
        "mlflow",
        SCOPE,
        ending={"extensions": {"finish_reason": "stop", "time_to_first_chunk_ms": 40.0}},
    )


def test_embedding_counts_its_vectors() -> None:
    """The vectors themselves are not in the log."""
    attributes = encoded(
        mlflow__spanType="EMBEDDING",
        mlflow__spanInputs={"model": "house-embedding", "input": "one"},
        mlflow__spanOutputs={"data": [{"embedding": [0.125, 0.5]}]},
    )
    prompt, ending = plain_events_of(record(attributes, scope=SCOPE))

    assert (ending["extensions"]["vectors"], ending["extensions"]["dimensions"]) == (1, 2)
    assert prompt["content"]["text"] == "one"
    assert "0.125" not in json.dumps(ending)


def test_vectors_that_are_no_lists_have_no_length() -> None:
    """A vector in base64 is counted, and not measured."""
    attributes = encoded(
        mlflow__spanType="EMBEDDING",
        mlflow__spanInputs={"input": "one"},
        mlflow__spanOutputs={"data": [{"embedding": 5}]},
    )
    _, ending = plain_events_of(record(attributes, scope=SCOPE))

    assert ending["extensions"]["vectors"] == 1
    assert "dimensions" not in ending["extensions"]


def test_span_that_is_made_by_hand() -> None:
    """A function that calls a model: its arguments and what it returned."""
    attributes = encoded(
        mlflow__spanType="LLM", mlflow__spanInputs={"q": "Hi"}, mlflow__spanOutputs="Hello"
    )
    prompt, ending = plain_events_of(record(attributes, scope=SCOPE))

    assert (prompt["content"]["text"], ending["content"]["text"]) == ('{"q":"Hi"}', "Hello")
