"""All dialects, in the order in which they are asked."""

from __future__ import annotations

import copy

from hilt.genai.observation import Observation
from hilt_otel_exporters.dialects import (
    anthropic_sdk,
    conventions,
    google_adk,
    hilt_spans,
    langfuse,
    langsmith,
    logfire,
    message_events,
    mlflow,
    openinference,
    openlit,
    openllmetry,
    pydantic_ai,
    strands,
    vercel,
)
from hilt_otel_exporters.dialects.dialect import Dialect, SpanReading, read_with
from hilt_otel_exporters.span_record import SpanRecord

__all__ = ["DIALECTS", "read"]

DIALECTS: tuple[Dialect, ...] = (
    hilt_spans.DIALECT,
    openinference.DIALECT,
    langfuse.DIALECT,
    langsmith.DIALECT,
    mlflow.DIALECT,
    vercel.DIALECT,
    google_adk.DIALECT,
    logfire.DIALECT,
    pydantic_ai.DIALECT,
    anthropic_sdk.DIALECT,
    openlit.DIALECT,
    strands.DIALECT,
    openllmetry.DIALECT,
    message_events.DIALECT,
    conventions.DIALECT,
)
"""Asked in this order: the more a dialect is one emitter's own, the earlier."""


def read(record: SpanRecord) -> SpanReading:
    """What a span about GenAI says; a span of HILT's own in this process brings its values."""
    if record.call is not None:
        return _of_call(record)
    return read_with(DIALECTS, record)


def _of_call(record: SpanRecord) -> SpanReading:
    seen: Observation = copy.copy(record.call.observation)
    # What the log that watched it live filled in is not ours to use.
    seen.origin = seen.reply_to = seen.context_of = seen.ending_id = seen.session = None
    seen.session_id, seen.chain, seen.chunks_written = "", 0, 0
    seen.prompt_id = None
    seen.request, seen.chunks = copy.copy(seen.request), list(seen.chunks)
    seen.trace_id, seen.span_id = record.trace_id, record.span_id
    seen.parent_span_id = record.parent_span_id
    kind = {"embeddings": "embedding", "rerank": "rerank"}.get(seen.request.operation, "model")
    conversation = seen.conversation or seen.request.conversation
    return SpanReading(record, kind, "hilt", call=seen, conversation=conversation)
