"""LangWatch: its own spans, made by hand or by its wrappers, with typed inputs and outputs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hilt import semconv
from hilt.genai.coerce import number_or_none
from hilt_otel_exporters.dialects.dialect import Content, Dialect, SpanReading, kind_by
from hilt_otel_exporters.dialects.messages import document_of, recorded_messages
from hilt_otel_exporters.dialects.recorded_bodies import answers_of_body
from hilt_otel_exporters.span_record import SpanRecord

__all__ = ["DIALECT"]

_TYPE = "langwatch.span.type"
_INPUT = "langwatch.input"
_OUTPUT = "langwatch.output"
_METRICS = "langwatch.metrics"
_CONTEXTS = "langwatch.rag_contexts"
_KINDS = {
    "llm": "model",
    "rag": "retrieval",
    "tool": "tool",
    "agent": "agent",
    "chain": "chain",
    "workflow": "workflow",
}


def _prepare(record: SpanRecord) -> None:
    """Take inputs and outputs out of ``{"type": ..., "value": ...}``."""
    bare = {}
    for name in (_INPUT, _OUTPUT):
        typed = record.json(name)
        if isinstance(typed, Mapping) and "value" in typed:
            bare[name] = typed["value"]
    if bare:
        record.replace(bare)


def _content(record: SpanRecord) -> Content:
    given, output = record.json(_INPUT), record.json(_OUTPUT)
    recorded = record.attributes.get(_OUTPUT)
    answers = [] if isinstance(recorded, str) else answers_of_body(output)
    return Content(
        inputs=recorded_messages(record.attributes.get(_INPUT), given),
        outputs=answers or recorded_messages(recorded, output, "assistant"),
    )


def _amend(reading: SpanReading) -> None:
    record, step, call = reading.record, reading.step, reading.call
    contexts = record.json(_CONTEXTS)
    if step is not None and step.kind == "retrieval" and isinstance(contexts, list):
        step.documents = [_document(each) for each in contexts] or None
    first = _millis(record, "first_token_at")
    if call is not None and first is not None:
        started = _millis(record, "started_at")
        call.first_chunk_ms = round(
            first - (record.started / 1e6 if started is None else started), 3
        )
        call.request.stream = True


def _document(context: Any) -> dict[str, Any]:
    if isinstance(context, Mapping) and "document_id" in context:
        context = {**context, "id": context["document_id"]}
    return document_of(context)


def _millis(record: SpanRecord, name: str) -> float | None:
    times = record.json("langwatch.timestamps")
    return number_or_none(times.get(name)) if isinstance(times, Mapping) else None


DIALECT = Dialect(
    "langwatch",
    scopes=("langwatch",),
    marks=frozenset({_TYPE}),
    kind=kind_by(_TYPE, _KINDS),
    fields={
        semconv.CONVERSATION_ID: ("langwatch.thread.id", ("metadata", "thread_id")),
        semconv.USER_ID: ("langwatch.user.id", ("metadata", "user_id")),
        semconv.USAGE_INPUT_TOKENS: ((_METRICS, "prompt_tokens"),),
        semconv.USAGE_OUTPUT_TOKENS: ((_METRICS, "completion_tokens"),),
        semconv.USAGE_REASONING_OUTPUT_TOKENS: ((_METRICS, "reasoning_tokens"),),
        semconv.USAGE_CACHE_READ_INPUT_TOKENS: ((_METRICS, "cache_read_input_tokens"),),
        semconv.USAGE_CACHE_WRITE_INPUT_TOKENS: ((_METRICS, "cache_creation_input_tokens"),),
    },
    step_fields={
        semconv.INPUT_MESSAGES: (_INPUT,),
        semconv.OUTPUT_MESSAGES: (_OUTPUT,),
    },
    parameter_bodies=("langwatch.params",),
    reported_cost=((_METRICS, "cost"),),
    content=_content,
    prepare=_prepare,
    amend=_amend,
)
