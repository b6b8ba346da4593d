"""Tests for the spans of vector databases."""

from __future__ import annotations

import json

import pytest

from hilt_otel_exporters.span_record import SpanEvent
from tests.hilt_otel_exporters.conftest import actions, events_of, record

SCOPE = "opentelemetry.instrumentation.chromadb"


def _span(name: str, **more):
    span = record({"db.system": "chroma"}, scope=SCOPE, **more)
    span.name = name
    return span


def test_a_query_is_a_retrieval_with_its_documents() -> None:
    """Each document is a span event."""
    row = {
        "db.query.result.id": "doc-1",
        "db.query.result.distance": 0.02,
        "db.query.result.metadata": '{"source": "a"}',
        "db.query.result.document": "Lima is the capital of Peru.",
    }
    (event,) = events_of(_span("chroma.query", events=[SpanEvent("db.query.result", 5, row)]))

    assert (event["action"], event["content"]["documents"]) == (
        "retrieval",
        [
            {
                "id": "doc-1",
                "distance": 0.02,
                "text": "Lima is the capital of Peru.",
                "metadata": {"source": "a"},
            }
        ],
    )


def test_what_is_written_to_a_database_is_no_event() -> None:
    """It is no step of an answer."""
    assert events_of(_span("chroma.add")) == []


@pytest.mark.parametrize(
    ("scope", "attributes"),
    [
        ("openlit.instrumentation.chroma", {"gen_ai.operation.name": "vectordb"}),
        ("langtrace_python_sdk", {"langtrace.service.type": "vectordb"}),
    ],
)
@pytest.mark.parametrize(("operation", "found"), [("query", ["retrieval"]), ("add", [])])
def test_a_query_that_another_emitter_records_is_a_retrieval(
    scope: str, attributes: dict[str, str], operation: str, found: list[str]
) -> None:
    """By the database and the operation, which are attributes of the conventions."""
    named = {"db.system": "chroma", "db.operation": operation, "db.collection.name": "kb"}
    events = events_of(record({**attributes, **named}, scope=scope))

    assert actions(events) == found
    assert [each["actor"]["id"] for each in events] == ["kb"] * len(found)


def test_other_databases_are_no_retrievals() -> None:
    """A span that is about GenAI may name one."""
    named = {"db.system": "postgresql", "db.operation": "query", "gen_ai.operation.name": "x"}

    assert events_of(record(named)) == []


def test_a_retriever_of_llamaindex_is_a_retrieval() -> None:
    """OpenLLMetry records it as a task."""
    node = {"node": {"id_": "n1", "text": "Lima is hot"}, "score": 0.7}
    attributes = {
        "traceloop.span.kind": "task",
        "traceloop.entity.name": "VectorIndexRetriever",
        "traceloop.entity.input": '{"str_or_query_bundle": "weather"}',
        "traceloop.entity.output": json.dumps([node]),
    }
    (event,) = events_of(record(attributes))

    assert event["action"] == "retrieval"
    assert event["content"] == {
        "text": "weather",
        "documents": [{"id": "n1", "score": 0.7, "text": "Lima is hot"}],
    }
