"""Langfuse: its own attributes for input, output, usage and model parameters."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from hilt.genai.coerce import count_or_none
from hilt.genai.json_values import get_path
from hilt_otel_exporters.dialects.dialect import Content, Dialect, SpanReading
from hilt_otel_exporters.dialects.messages import messages_of, tools_of
from hilt_otel_exporters.span_record import SpanRecord

__all__ = ["DIALECT"]

_USAGE = "langfuse.observation.usage_details"


def _content(record: SpanRecord) -> Content:
    given = record.json("langfuse.observation.input")
    output = record.json("langfuse.observation.output")
    if record.attributes.get("langfuse.observation.type") == "embedding":
        return Content(inputs=messages_of(given))
    return Content(
        inputs=messages_of(given),
        outputs=messages_of(output, "assistant"),
        tools=tools_of(get_path(given, "tools") if isinstance(given, Mapping) else None),
    )


def _amend(seen: SpanReading) -> None:
    call, record = seen.call, seen.record
    if call is None or call.response is None:
        return
    usage = record.json(_USAGE)
    if isinstance(usage, Mapping):
        call.response.raw_usage = dict(usage)
        _add_exclusive(call.response.usage, usage)
    started = record.json("langfuse.observation.completion_start_time")
    if isinstance(started, str):
        call.first_chunk_ms = _since(started, record.started)
        call.request.stream = True
    vectors = get_path(record.json("langfuse.observation.output"), "count")
    if seen.kind == "embedding":
        call.response.vectors = count_or_none(vectors)


def _add_exclusive(usage: Any, raw: Mapping[str, Any]) -> None:
    """Buckets written by hand exclude each other: then the total says how much input there was."""
    total, given = count_or_none(raw.get("total")), count_or_none(raw.get("input"))
    cached, output = (
        count_or_none(raw.get("input_cached_tokens")),
        count_or_none(raw.get("output")) or 0,
    )
    if usage is None or cached is None or given is None:
        return
    if total is not None and total == given + cached + output:
        usage.input_tokens = given + cached


def _since(moment: str, started: int) -> float | None:
    try:
        at = datetime.fromisoformat(moment.replace("Z", "+00:00"))
    except ValueError:
        return None
    return round(at.timestamp() * 1000 - started / 1e6, 3)


DIALECT = Dialect(
    "langfuse",
    lambda record: "langfuse.observation.type" in record.attributes,
    _content,
    amend=_amend,
)
