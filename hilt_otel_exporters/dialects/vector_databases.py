"""OpenLLMetry's instrumentations of vector databases: a query is a retrieval, the rest is not."""

from __future__ import annotations

from hilt import semconv
from hilt_otel_exporters.dialects.dialect import PLUMBING, Dialect
from hilt_otel_exporters.span_record import SpanRecord

__all__ = ["DIALECT"]

_SCOPE = "opentelemetry.instrumentation."
_DATABASES = ("chromadb", "qdrant", "pinecone", "weaviate", "milvus", "lancedb", "marqo")
_QUERIES = ("query", "search", "hybrid_search", "query_points", "search_batch", "get", "fetch")


def _kind(record: SpanRecord) -> str:
    """By the last word of the span's name, such as ``chroma.query``."""
    operation = record.name.rpartition(".")[2].lower()
    return "retrieval" if operation in _QUERIES else PLUMBING


DIALECT = Dialect(
    "vector-databases",
    scopes=tuple(_SCOPE + database for database in _DATABASES),
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
