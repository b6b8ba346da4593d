"""Instrumentations of vector databases: a query is a retrieval, the rest is not."""

from __future__ import annotations

from hilt import semconv
from hilt_otel_exporters.dialects.dialect import PLUMBING, Dialect
from hilt_otel_exporters.span_record import SpanRecord

__all__ = ["DIALECT"]

_SCOPE = "opentelemetry.instrumentation."
_DATABASES = ("chromadb", "qdrant", "pinecone", "weaviate", "milvus", "lancedb", "marqo")
_SCOPES = tuple(_SCOPE + database for database in _DATABASES)
_QUERIES = ("query", "search", "hybrid_search", "query_points", "search_batch", "get", "fetch")


_SYSTEMS = frozenset((*_DATABASES, "chroma", "astra", "turbopuffer"))


def _kind(record: SpanRecord) -> str | None:
    """By the operation, or the last word of the span's name, such as ``chroma.query``."""
    attributes = record.attributes
    if not record.scope.startswith(_SCOPES):
        system = attributes.get("db.system.name") or attributes.get("db.system")
        if str(system).lower() not in _SYSTEMS:
            return None
    named = attributes.get("db.operation.name") or attributes.get("db.operation") or record.name
    operation = str(named).rpartition(".")[2].lower()
    return "retrieval" if operation in _QUERIES else PLUMBING


DIALECT = Dialect(
    "vector-databases",
    scopes=_SCOPES,
    hints=frozenset({"db.system", "db.system.name"}),
    event_names=frozenset({"db.query.result", "db.search.result"}),
    only_genai=True,
    kind=_kind,
    step_fields={
        semconv.DATA_SOURCE_ID: (
            "db.collection.name",
            "db.chroma.collection.name",
            "qdrant.collection_name",
        ),
    },
)
