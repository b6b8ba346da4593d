"""Logfire: requests and responses as JSON (version 1), official messages (version 2)."""

from __future__ import annotations

from collections.abc import Mapping

from hilt import semconv
from hilt.genai.json_values import get_path
from hilt.genai.values import Message
from hilt_otel_exporters.dialects.dialect import Content, Dialect, SpanReading
from hilt_otel_exporters.dialects.messages import messages_of
from hilt_otel_exporters.dialects.recorded_bodies import content_of_body
from hilt_otel_exporters.dialects.text_values import number_in_text
from hilt_otel_exporters.span_record import SpanRecord

__all__ = ["DIALECT"]

_TYPE = "logfire.span_type"
_REQUEST = "request_data"
_RESPONSE = "response_data"
_USAGE = semconv.OTHER_USAGE_RAW
_LONGEST_S = 1_000_000  # no stream takes days


def _awaits_more(record: SpanRecord) -> bool:
    """The answer of a stream comes in a span of its own, which is in no trace or another."""
    attributes = record.attributes
    return (
        attributes.get(_TYPE) == "span"
        and record.status != "ERROR"
        and semconv.USAGE_INPUT_TOKENS not in attributes
        and _RESPONSE not in attributes
    )


def _call_start(record: SpanRecord) -> int | None:
    """The second span of a stream has no length, and says how long the stream took."""
    if record.attributes.get(_TYPE) != "log":
        return None
    seconds = number_in_text(record.attributes.get("duration"))
    if seconds is None or not 0 <= seconds < _LONGEST_S:
        return None
    return max(record.ended, record.started) - int(seconds * 1e9)


def _content(record: SpanRecord) -> Content:
    request = record.json(_REQUEST)
    content = content_of_body(request if isinstance(request, Mapping) else None)
    content.outputs = _answer(record.json(_RESPONSE))
    return content


def _answer(response: object) -> list[Message] | None:
    if not isinstance(response, Mapping):
        return None
    message = response.get("message")
    if message is None:
        message = get_path(response, "combined_chunk_content")
    return messages_of(message, "assistant")


def _amend(reading: SpanReading) -> None:
    call, start = reading.call, reading.call_start
    if call is None or call.response is None:
        return
    if call.failure is not None or start is not None or not call.response.usage:
        call.response.model = None  # it repeats the requested model where none has answered yet
    if start is not None:
        call.request.stream = True
        call.started, call.latency_ms = start, round((call.ended - start) / 1e6, 3)


DIALECT = Dialect(
    "logfire",
    scopes=("logfire.",),
    hints=frozenset({_REQUEST}),
    fields={
        semconv.REQUEST_MODEL: ((_REQUEST, "model"),),
        semconv.USER_ID: ((_REQUEST, "user"), (_REQUEST, "metadata", "user_id")),
        semconv.REQUEST_STREAM: ((_REQUEST, "stream"),),
        semconv.USAGE_CACHE_READ_INPUT_TOKENS: (
            (_USAGE, "prompt_tokens_details", "cached_tokens"),
            (_USAGE, "input_tokens_details", "cached_tokens"),
            (_USAGE, "cache_read_input_tokens"),
        ),
        semconv.USAGE_CACHE_WRITE_INPUT_TOKENS: ((_USAGE, "cache_creation_input_tokens"),),
        semconv.USAGE_REASONING_OUTPUT_TOKENS: (
            (_USAGE, "completion_tokens_details", "reasoning_tokens"),
            (_USAGE, "output_tokens_details", "reasoning_tokens"),
        ),
        semconv.USAGE_AUDIO_INPUT_TOKENS: ((_USAGE, "prompt_tokens_details", "audio_tokens"),),
        semconv.USAGE_AUDIO_OUTPUT_TOKENS: ((_USAGE, "completion_tokens_details", "audio_tokens"),),
        semconv.OPENAI_RESPONSE_SERVICE_TIER: ((_USAGE, "service_tier"),),
        semconv.OTHER_USAGE_RAW: ((_USAGE,),),
    },
    parameter_bodies=(_REQUEST,),
    content=_content,
    awaits_more=_awaits_more,
    call_start=_call_start,
    amend=_amend,
)
