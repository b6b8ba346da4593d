"""Spans as the SDK gives them to an exporter, from records: with odd texts among the attributes."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from typing import Any

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode

from hilt.io.session import Session
from hilt.testing.memory import MemorySink
from hilt_otel_exporters import HiltJsonlSpanExporter
from hilt_otel_exporters.span_record import LogRecord, SpanRecord

__all__ = ["live_events", "live_span"]


class Text(str):
    """A text of a class of its own, as frameworks pass them."""

    __slots__ = ()


def live_span(record: SpanRecord) -> ReadableSpan:
    """A span with the texts of a record as `str` subclasses and members of enumerations."""
    parent = record.parent_span_id
    return ReadableSpan(
        record.name,
        _context(record.trace_id, record.span_id),
        parent=None if parent is None else _context(record.trace_id, parent),
        attributes=_attributes(record.attributes),
        events=[
            Event(each.name, _attributes(each.attributes), each.time) for each in record.events
        ],
        kind=SpanKind[record.kind],
        status=Status(
            StatusCode[record.status], record.status_text if record.status == "ERROR" else None
        ),
        start_time=record.started,
        end_time=record.ended,
        resource=Resource(dict(record.resource)),
        instrumentation_scope=InstrumentationScope(record.scope, record.scope_version or None),
    )


def live_events(*batches: Iterable[SpanRecord | LogRecord]) -> list[dict[str, Any]]:
    """The events that an exporter makes of some spans, which come in batches."""
    sink = MemorySink()
    exporter = HiltJsonlSpanExporter(session=Session(sink), linger_s=60)
    for batch in map(list, batches):
        for each in batch:
            if isinstance(each, LogRecord):
                exporter.pipeline.add_log(each)
        exporter.export([live_span(each) for each in batch if isinstance(each, SpanRecord)])
    exporter.shutdown()
    return [event.to_dict() for event in sink.events]


def _context(trace_id: str, span_id: str) -> SpanContext:
    return SpanContext(int(trace_id, 16), int(span_id, 16), is_remote=False)


def _attributes(attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _odd(value) for name, value in attributes.items()}


def _odd(value: Any) -> Any:
    """A value as a subclass of its type, and a list as the tuple that the SDK makes of it."""
    if isinstance(value, list):
        return tuple(map(_odd, value))
    if not isinstance(value, str):
        return value
    if value.isidentifier():
        return enum.Enum("Member", {"IT": value}, type=str).IT  # type: ignore[attr-defined]
    return Text(value)
