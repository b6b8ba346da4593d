"""traceAI (Future AGI): OpenInference's flattened attributes below the conventions' names."""

from __future__ import annotations

from hilt import semconv
from hilt.genai.json_values import get_path
from hilt_otel_exporters.dialects.dialect import Content, Dialect, SpanReading, kind_by
from hilt_otel_exporters.dialects.flattened_messages import flattened_messages
from hilt_otel_exporters.dialects.messages import message_of
from hilt_otel_exporters.dialects.numbered_attributes import numbered
from hilt_otel_exporters.span_record import SpanRecord

__all__ = ["DIALECT"]

_KIND = semconv.OTHER_SPAN_KIND
_PARAMETERS = semconv.OTHER_REQUEST_PARAMETERS
_EMBEDDINGS = "embedding.embeddings."
_KINDS = {
    "LLM": "model",
    "EMBEDDING": "embedding",
    "RETRIEVER": "retrieval",
    "RERANKER": "rerank",
    "TOOL": "tool",
    "AGENT": "agent",
    "WORKFLOW": "workflow",
    "CHAIN": "chain",
}

# Others have the attribute, too, beside the operation.
_kind = kind_by(_KIND, _KINDS, unless=semconv.OPERATION_NAME)


def _content(record: SpanRecord) -> Content:
    if _kind(record) == "embedding":
        texts = (get_path(each, "embedding", "text") for each in numbered(record, _EMBEDDINGS))
        return Content(inputs=[message_of(text) for text in texts if text])
    outputs = flattened_messages(record, f"{semconv.OUTPUT_MESSAGES}.")
    text = record.attributes.get("output.value")
    if not outputs and isinstance(text, str) and text and _kind(record) == "model":
        outputs = [message_of(text, "assistant")]  # the answer of a stream
    return Content(flattened_messages(record, f"{semconv.INPUT_MESSAGES}."), outputs)


def _amend(reading: SpanReading) -> None:
    """The model that it gives as the requested one is the one that answered."""
    call, record = reading.call, reading.record
    requested = get_path(record.json(_PARAMETERS), "model")
    if call is None or call.response is None or not isinstance(requested, str):
        return
    if call.request.model not in (None, requested) and call.response.model is None:
        call.response.model = call.request.model
    call.request.model = requested
    call.response.vectors = len(numbered(record, _EMBEDDINGS)) or call.response.vectors


DIALECT = Dialect(
    "traceai",
    scopes=("traceai_", "fi_instrumentation"),
    marks=frozenset({_KIND}),
    kind=_kind,
    fields={
        semconv.REQUEST_MODEL: ((_PARAMETERS, "model"),),
        semconv.REQUEST_STREAM: ((_PARAMETERS, "stream"),),
        semconv.USER_ID: ((_PARAMETERS, "user"),),
        semconv.USAGE_CACHE_READ_INPUT_TOKENS: (semconv.OTHER_USAGE_INPUT_CACHE_READ,),
        semconv.USAGE_REASONING_OUTPUT_TOKENS: (semconv.OTHER_USAGE_OUTPUT_REASONING,),
    },
    step_fields={
        semconv.INPUT_MESSAGES: ("input.value",),
        semconv.OUTPUT_MESSAGES: ("output.value",),
    },
    parameter_bodies=(_PARAMETERS,),
    content=_content,
    amend=_amend,
)
