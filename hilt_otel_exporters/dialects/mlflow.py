"""MLflow: every attribute is JSON, also what is text already; requests and responses are whole."""

from __future__ import annotations

from hilt import semconv
from hilt.genai.fold import Fold
from hilt.genai.json_values import get_path, json_or_text
from hilt.genai.values import Message
from hilt.providers._chat_completions import ChatCompletions
from hilt_otel_exporters.dialects.dialect import Content, Dialect, SpanReading, kind_by
from hilt_otel_exporters.dialects.recorded_bodies import (
    answers_of_body,
    content_of_body,
    content_of_values,
)
from hilt_otel_exporters.span_record import SpanRecord

__all__ = ["DIALECT"]

_TYPE = "mlflow.spanType"
_INPUTS = "mlflow.spanInputs"
_OUTPUTS = "mlflow.spanOutputs"
_USAGE = "mlflow.chat.tokenUsage"
_KINDS = {
    "CHAT_MODEL": "model",
    "LLM": "model",
    "EMBEDDING": "embedding",
    "RETRIEVER": "retrieval",
    "RERANKER": "rerank",
    "TOOL": "tool",
    "AGENT": "agent",
    "CHAIN": "chain",
    "WORKFLOW": "workflow",
}
_PARAMETERS: tuple[str, ...] = (
    "temperature",
    "top_p",
    "max_tokens",
    "max_output_tokens",
    "seed",
    "stop",
    "frequency_penalty",
    "presence_penalty",
    "n",
    "reasoning_effort",
)
_CHAT = ChatCompletions()


def _prepare(record: SpanRecord) -> None:
    """Decode every value once; the official names that its GenAI mode adds are plain."""
    record.attributes = {
        name: value if name.startswith(semconv.GEN_AI_PREFIX) else json_or_text(value)
        for name, value in record.attributes.items()
    }


def _content(record: SpanRecord) -> Content:
    given, output = record.attributes.get(_INPUTS), record.attributes.get(_OUTPUTS)
    if _KINDS.get(str(record.attributes.get(_TYPE))) == "model":
        content = content_of_values(given, output)
    else:
        content = content_of_body(given)
        content.outputs = answers_of_body(output)
    if not content.tools:
        content.tools = content_of_body({"tools": record.attributes.get("tools")}).tools
    return content


def _amend(reading: SpanReading) -> None:
    call, record = reading.call, reading.record
    if call is None or call.response is None:
        return
    rows = get_path(record.attributes.get(_OUTPUTS), "data")
    if reading.kind == "embedding" and isinstance(rows, list):
        vector = get_path(rows, 0, "embedding")
        call.response.vectors = len(rows)
        call.response.dimensions = len(vector) if isinstance(vector, list) else None
    _add_chunks(reading)


def _add_chunks(reading: SpanReading) -> None:
    """The chunks of a stream are span events, and have what its GenAI mode drops."""
    call, record = reading.call, reading.record
    fold, arrived = Fold(), 0
    for event in record.events:
        if event.name.startswith("mlflow.chunk.item."):
            arrived = arrived or event.time
            delta = _CHAT.delta(json_or_text(event.attributes.get("mlflow.chunk.value")))
            if delta is not None:
                fold.add(delta)
    if not arrived or call is None or call.response is None:
        return
    call.request.stream = True
    call.first_chunk_ms = round((arrived - record.started) / 1e6, 3)
    folded = fold.result()
    if folded.messages and not _has_content(call.response.messages):
        call.response.messages = folded.messages
        call.response.finish_reasons = folded.finish_reasons or call.response.finish_reasons


def _has_content(messages: list[Message]) -> bool:
    return any(
        part.get("content") or part.get("name") for each in messages for part in each["parts"]
    )


DIALECT = Dialect(
    "mlflow",
    scopes=("mlflow.tracing.provider",),
    marks=frozenset({_TYPE, _INPUTS}),
    kind=kind_by(_TYPE, _KINDS),
    fields={
        semconv.PROVIDER_NAME: ("mlflow.llm.provider",),
        semconv.REQUEST_MODEL: ((_INPUTS, "model"),),
        semconv.RESPONSE_MODEL: ("mlflow.llm.model", (_OUTPUTS, "model")),
        semconv.RESPONSE_ID: ((_OUTPUTS, "id"),),
        semconv.CONVERSATION_ID: ("mlflow.trace.session",),
        semconv.USER_ID: ((_INPUTS, "user"),),
        semconv.REQUEST_STREAM: ((_INPUTS, "stream"),),
        semconv.RESPONSE_FINISH_REASONS: (
            (_OUTPUTS, "choices", 0, "finish_reason"),
            (_OUTPUTS, "status"),
        ),
        semconv.USAGE_INPUT_TOKENS: (
            (_USAGE, "input_tokens"),
            (_OUTPUTS, "usage", "prompt_tokens"),
        ),
        semconv.USAGE_OUTPUT_TOKENS: (
            (_USAGE, "output_tokens"),
            (_OUTPUTS, "usage", "completion_tokens"),
        ),
        semconv.USAGE_CACHE_READ_INPUT_TOKENS: ((_USAGE, "cache_read_input_tokens"),),
        semconv.USAGE_CACHE_WRITE_INPUT_TOKENS: ((_USAGE, "cache_creation_input_tokens"),),
        semconv.USAGE_REASONING_OUTPUT_TOKENS: (
            (_OUTPUTS, "usage", "completion_tokens_details", "reasoning_tokens"),
            (_OUTPUTS, "usage", "output_tokens_details", "reasoning_tokens"),
        ),
        semconv.OTHER_USAGE_RAW: ((_OUTPUTS, "usage"),),
        semconv.OPENAI_RESPONSE_SERVICE_TIER: ((_OUTPUTS, "service_tier"),),
        semconv.OPENAI_RESPONSE_SYSTEM_FINGERPRINT: ((_OUTPUTS, "system_fingerprint"),),
    },
    prefer={semconv.REQUEST_MODEL: ((_INPUTS, "model"), "model")},
    step_fields={
        semconv.INPUT_MESSAGES: (_INPUTS,),
        semconv.OUTPUT_MESSAGES: (_OUTPUTS,),
    },
    parameters={name: name for name in _PARAMETERS},
    parameter_bodies=(_INPUTS,),
    reported_cost=(("mlflow.llm.cost", "total_cost"),),
    content=_content,
    prepare=_prepare,
    amend=_amend,
)
