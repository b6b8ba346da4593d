"""Tests for the spans of vector databases."""

from __future__ import annotations

from hilt_otel_exporters.span_record import SpanEvent
from tests.hilt_otel_exporters.conftest import events_of, record

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
