"""Spring AI: Micrometer's observations of models, tools and vector stores, all as text."""

from __future__ import annotations

from hilt import semconv
from hilt_otel_exporters.dialects.dialect import PLUMBING, Dialect
from hilt_otel_exporters.span_record import SpanRecord

__all__ = ["DIALECT"]

_KIND = "spring.ai.kind"
_KINDS = {"tool_call": "tool", "vector_store": "retrieval"}


def _kind(record: SpanRecord) -> str | None:
    """Calls of a model have none. A vector store is asked, or given something to keep."""
    attributes = record.attributes
    kind = attributes.get(_KIND)
    if kind is None:
        return None
    if kind == "vector_store" and attributes.get("db.operation.name") != "query":
        return PLUMBING
    return _KINDS.get(str(kind), PLUMBING)


DIALECT = Dialect(
    "spring-ai",
    marks=frozenset({_KIND}),
    kind=_kind,
    fields={
        semconv.CONVERSATION_ID: ("spring.ai.chat.client.conversation.id",),
        semconv.TOOL_NAME: ("spring.ai.tool.definition.name",),
    },
    step_fields={
        semconv.OUTPUT_MESSAGES: ("db.vector.query.response.documents",),
        semconv.TOOL_CALL_ARGUMENTS: ("spring.ai.tool.call.arguments",),
        semconv.TOOL_CALL_RESULT: ("spring.ai.tool.call.result",),
        semconv.RETRIEVAL_QUERY_TEXT: ("db.vector.query.content",),
    },
    frameworks=frozenset({"spring_ai"}),
)
