"""Braintrust: inputs, outputs, models and counts as JSON, in attributes of its own."""

from __future__ import annotations

from collections.abc import Mapping

from hilt import semconv
from hilt.genai.json_values import get_path
from hilt_otel_exporters.dialects.dialect import PLUMBING, Content, Dialect
from hilt_otel_exporters.dialects.recorded_bodies import content_of_values
from hilt_otel_exporters.span_record import SpanRecord

__all__ = ["DIALECT"]

_TYPE = "braintrust.span_attributes"
_INPUT = "braintrust.input_json"
_OUTPUT = "braintrust.output_json"
_METADATA = "braintrust.metadata"
_METRICS = "braintrust.metrics"
_KINDS = {"llm": "model", "tool": "tool", "task": "chain", "function": "chain"}


def _kind(record: SpanRecord) -> str | None:
    if _TYPE not in record.attributes:
        return None
    return _KINDS.get(str(get_path(record.json(_TYPE), "type")), PLUMBING)


def _content(record: SpanRecord) -> Content:
    """What was said; the choices of an answer stand in a list of their own."""
    if _INPUT not in record.attributes and _OUTPUT not in record.attributes:
        return Content()
    answer = record.json(_OUTPUT)
    if isinstance(answer, list) and answer and all(map(_is_choice, answer)):
        answer = {"choices": answer}
    return content_of_values(record.json(_INPUT), answer)


def _is_choice(value: object) -> bool:
    return isinstance(value, Mapping) and isinstance(value.get("message"), Mapping)


DIALECT = Dialect(
    "braintrust",
    marks=frozenset({_TYPE}),
    kind=_kind,
    fields={
        semconv.PROVIDER_NAME: ((_METADATA, "provider"),),
        semconv.REQUEST_MODEL: ((_METADATA, "model"),),
        semconv.RESPONSE_FINISH_REASONS: ((_OUTPUT, 0, "finish_reason"),),
        semconv.USAGE_INPUT_TOKENS: ((_METRICS, "prompt_tokens"),),
        semconv.USAGE_OUTPUT_TOKENS: ((_METRICS, "completion_tokens"),),
        semconv.USAGE_CACHE_READ_INPUT_TOKENS: ((_METRICS, "prompt_cached_tokens"),),
        semconv.USAGE_CACHE_WRITE_INPUT_TOKENS: ((_METRICS, "prompt_cache_creation_tokens"),),
        semconv.USAGE_REASONING_OUTPUT_TOKENS: ((_METRICS, "completion_reasoning_tokens"),),
        semconv.RESPONSE_TIME_TO_FIRST_CHUNK: ((_METRICS, "time_to_first_token"),),
    },
    step_fields={
        semconv.INPUT_MESSAGES: (_INPUT,),
        semconv.OUTPUT_MESSAGES: (_OUTPUT,),
    },
    parameter_bodies=(_METADATA,),
    content=_content,
)
