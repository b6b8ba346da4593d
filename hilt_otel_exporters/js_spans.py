"""Spans as OpenTelemetry's SDK for JavaScript has them, which VS Code's Copilot writes to files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hilt_otel_exporters.iso_times import checked_nanos
from hilt_otel_exporters.span_record import SpanEvent, SpanRecord

__all__ = ["is_js_span", "record_of_js_span"]

_KINDS = ("INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER")
_STATUSES = ("UNSET", "OK", "ERROR")
_DROPPED = ("attributes", "events", "links")


def is_js_span(value: Mapping[str, Any]) -> bool:
    """Whether a JSON object is such a span: its times are pairs of seconds and nanoseconds."""
    return "spanId" in value and isinstance(value.get("startTime"), list)


def record_of_js_span(value: Mapping[str, Any]) -> SpanRecord:
    """The record of such a span; what is of another shape raises."""
    scope = value.get("instrumentationScope") or value.get("instrumentationLibrary") or {}
    parent = (value.get("parentSpanContext") or {}).get("spanId") or value.get("parentSpanId")
    status = value.get("status") or {}
    return SpanRecord(
        name=str(value.get("name")),
        trace_id=str(value["traceId"]),
        span_id=str(value["spanId"]),
        parent_span_id=str(parent) if parent else None,
        kind=_KINDS[value.get("kind") or 0],
        started=_nanos(value["startTime"]),
        ended=_nanos(value.get("endTime") or value["startTime"]),
        status=_STATUSES[status.get("code") or 0],
        status_text=str(status.get("message") or ""),
        attributes=dict(value.get("attributes") or {}),
        events=[
            SpanEvent(str(each.get("name")), _nanos(each["time"]), each.get("attributes") or {})
            for each in value.get("events") or ()
        ],
        scope=str(scope.get("name") or ""),
        scope_version=str(scope.get("version") or ""),
        resource=(value.get("resource") or {}).get("attributes") or {},
        dropped={
            name: count
            for name in _DROPPED
            if isinstance(count := value.get(f"dropped{name.title()}Count"), int) and count
        },
    )


def _nanos(moment: Any) -> int:
    seconds, nanos = moment
    return checked_nanos(int(seconds) * 1_000_000_000 + int(nanos))
