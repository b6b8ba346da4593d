"""Laminar: messages as the provider has them below the conventions' names, and spans of its own."""

from __future__ import annotations

from hilt import semconv
from hilt_otel_exporters.dialects.dialect import Dialect
from hilt_otel_exporters.span_record import SpanRecord

__all__ = ["DIALECT"]

_TYPE = "lmnr.span.type"
_ASSOCIATED = "lmnr.association.properties"
_INPUT = "lmnr.span.input"
_OUTPUT = "lmnr.span.output"
_KINDS = {
    "LLM": "model",
    "CACHED": "model",
    "TOOL": "tool",
    "DEFAULT": "chain",
    "PIPELINE": "workflow",
}


def _kind(record: SpanRecord) -> str | None:
    """Embeddings are of the same type as chats: the span's name tells them apart."""
    kind = _KINDS.get(str(record.attributes.get(_TYPE)))
    if kind == "model" and record.name.endswith((".embeddings", ".embed")):
        return "embedding"
    return kind


def _prepare(record: SpanRecord) -> None:
    """Take text out of its quotes: inputs and outputs are JSON."""
    decoded = {name: record.json(name) for name in (_INPUT, _OUTPUT) if name in record.attributes}
    record.replace({name: text for name, text in decoded.items() if isinstance(text, str)})


DIALECT = Dialect(
    "laminar",
    scopes=("lmnr.",),
    marks=frozenset({_TYPE}),
    kind=_kind,
    fields={
        semconv.CONVERSATION_ID: (f"{_ASSOCIATED}.session_id",),
        semconv.USER_ID: (f"{_ASSOCIATED}.user_id",),
        semconv.SERVER_ADDRESS: (semconv.OTHER_REQUEST_BASE_URL,),
    },
    step_fields={
        semconv.INPUT_MESSAGES: (_INPUT,),
        semconv.OUTPUT_MESSAGES: (_OUTPUT,),
    },
    prepare=_prepare,
)
