"""Logfire: requests and responses as JSON (version 1), official messages (version 2)."""

from __future__ import annotations

from collections.abc import Mapping

from hilt import semconv
from hilt.genai.coerce import number_or_none
from hilt.genai.json_values import get_path
from hilt.genai.values import Message
from hilt_otel_exporters.dialects.dialect import Content, Dialect, SpanReading
from hilt_otel_exporters.dialects.langsmith import request_of_body
from hilt_otel_exporters.dialects.messages import messages_of
from hilt_otel_exporters.span_record import SpanRecord

__all__ = ["DIALECT", "is_stream_end", "stream_seconds"]

_LONGEST_S = 1_000_000  # no stream takes days


def is_stream_end(record: SpanRecord) -> bool:
    """Whether a span is the second one of a stream, which has the answer but no length."""
    return (
        record.attributes.get("logfire.span_type") == "log"
        and record.scope.startswith("logfire.")
        and stream_seconds(record) is not None
    )


def stream_seconds(record: SpanRecord) -> float | None:
    """How long a stream took, as the second span of it says; None if it does not."""
    seconds = number_or_none(record.attributes.get("duration"))
    return seconds if seconds is not None and 0 <= seconds < _LONGEST_S else None


def _content(record: SpanRecord) -> Content:
    request = record.json("request_data")
    found = request_of_body(request if isinstance(request, Mapping) else None)
    found.outputs = _answer(record)
    return found


def _answer(record: SpanRecord) -> list[Message] | None:
    response = record.json("response_data")
    if not isinstance(response, Mapping):
        return None
    said = response.get("message")
    if said is None:
        said = get_path(response, "combined_chunk_content")
    return messages_of(said, "assistant")


def _amend(seen: SpanReading) -> None:
    call, record = seen.call, seen.record
    if call is None or call.response is None:
        return
    usage = record.json(semconv.OTHER_USAGE_RAW)
    if isinstance(usage, Mapping):
        call.response.raw_usage = dict(usage)
    if call.failure is not None or is_stream_end(record) or not call.response.usage:
        call.response.model = None  # it repeats the requested model where none has answered yet
    if is_stream_end(record):
        seconds = stream_seconds(record) or 0
        call.request.stream = True
        call.started, call.latency_ms = call.ended - int(seconds * 1e9), round(seconds * 1000, 3)


DIALECT = Dialect(
    "logfire", lambda record: record.scope.startswith("logfire."), _content, amend=_amend
)
