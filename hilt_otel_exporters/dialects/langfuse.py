"""Langfuse: its own attributes for input, output, usage and model parameters."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from hilt import semconv
from hilt.genai.coerce import count_or_none
from hilt.genai.json_values import get_path
from hilt.genai.values import Usage
from hilt_otel_exporters.dialects.dialect import Content, Dialect, SpanReading, kind_by
from hilt_otel_exporters.dialects.messages import messages_of, recorded_messages, tools_of
from hilt_otel_exporters.dialects.recorded_bodies import recorded_answers
from hilt_otel_exporters.span_record import SpanRecord

__all__ = ["DIALECT"]

_TYPE = "langfuse.observation.type"
_INPUT = "langfuse.observation.input"
_OUTPUT = "langfuse.observation.output"
_USAGE = "langfuse.observation.usage_details"
_KINDS = {
    "generation": "model",
    "embedding": "embedding",
    "retriever": "retrieval",
    "tool": "tool",
    "agent": "agent",
    "chain": "chain",
}


def _content(record: SpanRecord) -> Content:
    given, output = record.json(_INPUT), record.json(_OUTPUT)
    if record.attributes.get(_TYPE) == "embedding":
        return Content(inputs=messages_of(given))
    return Content(
        inputs=recorded_messages(record.attributes.get(_INPUT), given),
        outputs=recorded_answers(record.attributes.get(_OUTPUT), output),
        tools=tools_of(get_path(given, "tools") if isinstance(given, Mapping) else None),
    )


def _error(record: SpanRecord) -> str | None:
    if record.attributes.get("langfuse.observation.level") != "ERROR":
        return None
    return str(record.attributes.get("langfuse.observation.status_message") or "")


def _amend(reading: SpanReading) -> None:
    call, record = reading.call, reading.record
    if call is None or call.response is None:
        return
    if call.response.usage is not None:
        _add_cached(call.response.usage, record.json(_USAGE))
    started = record.json("langfuse.observation.completion_start_time")
    if isinstance(started, str):
        call.first_chunk_ms = _millis_since(record.started, started)
        call.request.stream = True
    if reading.kind == "embedding":
        call.response.vectors = count_or_none(get_path(record.json(_OUTPUT), "count"))


def _add_cached(usage: Usage, counts: Any) -> None:
    """Counts written by hand exclude each other: then the total says how much input there was."""
    if not isinstance(counts, Mapping):
        return
    total, given = count_or_none(counts.get("total")), count_or_none(counts.get("input"))
    cached, output = count_or_none(counts.get("input_cached_tokens")), counts.get("output")
    if total is None or given is None or cached is None:
        return
    if total == given + cached + (count_or_none(output) or 0):
        usage.input_tokens = given + cached


def _millis_since(started: int, moment: str) -> float | None:
    try:
        at = datetime.fromisoformat(moment.replace("Z", "+00:00"))
    except ValueError:
        return None
    return round(at.timestamp() * 1000 - started / 1e6, 3)


DIALECT = Dialect(
    "langfuse",
    scopes=("langfuse-sdk",),
    marks=frozenset({_TYPE}),
    only_genai=True,
    kind=kind_by(_TYPE, _KINDS),
    fields={
        semconv.CONVERSATION_ID: ("langfuse.session.id",),
        semconv.USER_ID: ("langfuse.user.id",),
        semconv.RESPONSE_MODEL: ("langfuse.observation.model.name",),
        semconv.RESPONSE_FINISH_REASONS: ("langfuse.observation.metadata.finish_reason",),
        semconv.USAGE_INPUT_TOKENS: (
            (_USAGE, "prompt_tokens"),
            (_USAGE, "input_tokens"),
            (_USAGE, "input"),
        ),
        semconv.USAGE_OUTPUT_TOKENS: (
            (_USAGE, "completion_tokens"),
            (_USAGE, "output_tokens"),
            (_USAGE, "output"),
        ),
        semconv.USAGE_CACHE_READ_INPUT_TOKENS: (
            (_USAGE, "prompt_tokens_details", "cached_tokens"),
            (_USAGE, "input_tokens_details", "cached_tokens"),
            (_USAGE, "input_cached_tokens"),
        ),
        semconv.USAGE_CACHE_WRITE_INPUT_TOKENS: ((_USAGE, "cache_creation_input_tokens"),),
        semconv.USAGE_REASONING_OUTPUT_TOKENS: (
            (_USAGE, "completion_tokens_details", "reasoning_tokens"),
            (_USAGE, "output_tokens_details", "reasoning_tokens"),
        ),
        semconv.USAGE_AUDIO_INPUT_TOKENS: ((_USAGE, "prompt_tokens_details", "audio_tokens"),),
        semconv.USAGE_AUDIO_OUTPUT_TOKENS: ((_USAGE, "completion_tokens_details", "audio_tokens"),),
        semconv.OTHER_USAGE_RAW: ((_USAGE,),),
        semconv.EMBEDDINGS_DIMENSION_COUNT: ((_OUTPUT, "dimensions"),),
    },
    step_fields={
        semconv.INPUT_MESSAGES: (_INPUT,),
        semconv.OUTPUT_MESSAGES: (_OUTPUT,),
    },
    parameter_bodies=("langfuse.observation.model.parameters",),
    reported_cost=(("langfuse.observation.cost_details", "total"),),
    content=_content,
    error=_error,
    amend=_amend,
)
