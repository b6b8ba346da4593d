"""JSON values to spans and log records: OTLP, and `ReadableSpan.to_json` of the SDK.

What two of the emitters export of their own are spans, too (`exported_runs`).
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from typing import Any, NamedTuple

from hilt_otel_exporters.exported_runs import (
    is_observation,
    is_run,
    record_of_observation,
    record_of_run,
)
from hilt_otel_exporters.iso_times import checked_nanos, nanos_of
from hilt_otel_exporters.js_spans import is_js_span, record_of_js_span
from hilt_otel_exporters.span_record import LogRecord, SpanEvent, SpanRecord

__all__ = ["Record", "records_of"]

Record = SpanRecord | LogRecord
"""What a file may hold."""

_KINDS = ("INTERNAL", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER")
_STATUSES = ("UNSET", "OK", "ERROR")
_DROPPED = ("attributes", "events", "links")
_ANY_VALUE = ("Value", "_value")
_BROKEN = (TypeError, ValueError, AttributeError, LookupError, ArithmeticError, RecursionError)
"""What a value of another shape than its keys promise raises."""


class _Emitter(NamedTuple):
    """What many spans of a file have in common."""

    scope: Mapping[str, Any]
    resource: Mapping[str, Any]


def records_of(value: Any) -> tuple[list[Record], int]:
    """The spans and log records in a JSON value, and how many others in it are neither."""
    records: list[Record] = []
    unreadable = 0
    for read in _readers(value):
        try:
            records.append(read())
        except _BROKEN:
            unreadable += 1
    return records, unreadable


def _readers(value: Any) -> Iterator[Callable[[], Record]]:
    """A function for each record in a value: one that is odd is no reason to lose the others."""
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting += reversed(value)
        elif not isinstance(value, Mapping):
            yield _unreadable
        elif (batches := _batches_of_tempo(value)) is not None:
            waiting.append({"resourceSpans": batches})
        elif "resourceSpans" in value or "resource_spans" in value:
            yield from _otlp(value, "Spans", "spans", _otlp_span)
        elif "resourceLogs" in value or "resource_logs" in value:
            yield from _otlp(value, "Logs", "logs", _otlp_log)
        else:
            yield partial(_one, value)


def _one(value: Mapping[str, Any]) -> Record:
    """The record that an object is by itself, in one of the forms in which they are kept."""
    if isinstance(value.get("context"), Mapping):
        return _span(value)
    if "body" in value and "span_id" in value:
        return _log(value)
    if is_js_span(value):
        return record_of_js_span(value)
    if "traceId" in value and "spanId" in value:
        return _apart(value)
    if is_observation(value):
        return record_of_observation(value)
    if is_run(value):
        return record_of_run(value)
    return _unreadable()


def _batches_of_tempo(value: Mapping[str, Any]) -> Any:
    """The spans of a trace that Grafana's Tempo answers with; None for anything else."""
    trace = value.get("trace")
    if isinstance(trace, Mapping):
        return trace.get("resourceSpans")
    batches = value.get("batches")
    return batches if isinstance(batches, list) else None


def _unreadable() -> Record:
    raise ValueError("neither a span nor a log record")


def _span(value: Mapping[str, Any]) -> SpanRecord:
    """What `ReadableSpan.to_json` gives."""
    context = value["context"]
    scope = value.get("scope") or value.get("instrumentation_scope") or {}
    status = value.get("status") or {}
    return SpanRecord(
        name=str(value.get("name")),
        trace_id=_hex(context.get("trace_id"), 32) or "",
        span_id=_hex(context.get("span_id"), 16) or "",
        parent_span_id=_hex(value.get("parent_id"), 16),
        kind=str(value.get("kind") or "").rpartition(".")[2] or "INTERNAL",
        started=nanos_of(value.get("start_time")),
        ended=nanos_of(value.get("end_time")) or nanos_of(value.get("start_time")),
        status=str(status.get("status_code") or "").rpartition(".")[2] or "UNSET",
        status_text=str(status.get("description") or ""),
        attributes=value.get("attributes") or {},
        events=[
            SpanEvent(
                str(each.get("name")), nanos_of(each.get("timestamp")), each.get("attributes") or {}
            )
            for each in value.get("events") or ()
        ],
        scope=str(scope.get("name") or ""),
        scope_version=str(scope.get("version") or ""),
        resource=_mapping(_mapping(value.get("resource")).get("attributes")),
        dropped={
            name: count
            for name in _DROPPED
            if isinstance(count := value.get(f"dropped_{name}"), int) and count
        },
    )


def _apart(value: Mapping[str, Any]) -> Record:
    """An OTLP span or log record by itself, with its scope and resource, as CloudWatch keeps it."""
    resource = _attributes(_mapping(value.get("resource")).get("attributes"))
    emitter = _Emitter(_mapping(value.get("scope")), resource)
    if "startTimeUnixNano" in value:
        return _otlp_span(value, emitter)
    if "timeUnixNano" in value or "observedTimeUnixNano" in value:
        return _otlp_log(value, emitter)
    return _unreadable()


def _log(value: Mapping[str, Any]) -> LogRecord:
    """What the SDK's `ReadableLogRecord.to_json` gives."""
    attributes = value.get("attributes") or {}
    return LogRecord(
        name=str(value.get("event_name") or attributes.get("event.name") or ""),
        trace_id=_hex(value.get("trace_id"), 32) or "",
        span_id=_hex(value.get("span_id"), 16) or "",
        attributes=attributes,
        body=value.get("body"),
        time=nanos_of(value.get("timestamp") or value.get("observed_timestamp")),
    )


def _otlp(
    value: Mapping[str, Any],
    what: str,
    items: str,
    read: Callable[[Mapping[str, Any], _Emitter], Record],
) -> Iterator[Callable[[], Record]]:
    items = "logRecords" if what == "Logs" else items
    for resource in _listed(value, f"resource{what}", f"resource_{what.lower()}"):
        described = _mapping(_mapping(resource).get("resource"))
        attributes = _attributes(described.get("attributes"))
        for group in _listed(resource, f"scope{what}", f"scope_{what.lower()}"):
            scope = _mapping(group).get("scope")
            for each in _listed(group, items, "log_records"):
                yield partial(read, each, _Emitter(_mapping(scope), attributes))


def _listed(value: Any, camel: str, snake: str) -> list[Any]:
    """A list under either of two names; what stands there instead of one is one broken item."""
    if not isinstance(value, Mapping):
        return [value]
    listed = value.get(camel) or value.get(snake) or []
    return listed if isinstance(listed, list) else [listed]


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _otlp_span(value: Mapping[str, Any], emitter: _Emitter) -> SpanRecord:
    status, scope = value.get("status") or {}, emitter.scope
    return SpanRecord(
        name=str(value.get("name")),
        trace_id=_hex(_either(value, "traceId", "trace_id"), 32) or "",
        span_id=_hex(_either(value, "spanId", "span_id"), 16) or "",
        parent_span_id=_hex(_either(value, "parentSpanId", "parent_span_id"), 16),
        kind=_name(value.get("kind"), _KINDS),
        started=_nanos(value, "startTimeUnixNano", "start_time_unix_nano"),
        ended=_nanos(value, "endTimeUnixNano", "end_time_unix_nano"),
        status=_name(status.get("code"), _STATUSES),
        status_text=str(status.get("message") or ""),
        attributes=_attributes(value.get("attributes")),
        events=[
            SpanEvent(
                str(each.get("name")),
                _nanos(each, "timeUnixNano", "time_unix_nano"),
                _attributes(each.get("attributes")),
            )
            for each in value.get("events") or ()
        ],
        scope=str(scope.get("name") or ""),
        scope_version=str(scope.get("version") or ""),
        resource=emitter.resource,
        dropped={
            name: int(count)
            for name in _DROPPED
            if (count := value.get(f"dropped{name.title()}Count"))
        },
    )


def _otlp_log(value: Mapping[str, Any], emitter: _Emitter) -> LogRecord:  # noqa: ARG001 # as above
    attributes = _attributes(value.get("attributes"))
    return LogRecord(
        name=str(value.get("eventName") or attributes.get("event.name") or ""),
        trace_id=_hex(_either(value, "traceId", "trace_id"), 32) or "",
        span_id=_hex(_either(value, "spanId", "span_id"), 16) or "",
        attributes=attributes,
        body=_any_value(value.get("body")),
        time=_nanos(value, "timeUnixNano", "observedTimeUnixNano"),
    )


def _attributes(listed: Any) -> dict[str, Any]:
    """The attributes that have a key and a value; those that have not are left out."""
    if isinstance(listed, Mapping):
        return dict(listed)  # by their names, as CloudWatch has them
    attributes = {}
    for each in listed if isinstance(listed, list) else ():
        if isinstance(each, Mapping) and "key" in each:
            with suppress(*_BROKEN):
                attributes[str(each["key"])] = _any_value(each.get("value"))
    return attributes


def _any_value(value: Any) -> Any:
    """An OTLP ``AnyValue`` as what it stands for."""
    if not isinstance(value, Mapping):
        return value
    for kind, inner in value.items():
        if kind in ("intValue", "int_value"):
            return int(inner)
        if kind in ("arrayValue", "array_value"):
            return [_any_value(each) for each in (inner or {}).get("values") or ()]
        if kind in ("kvlistValue", "kvlist_value"):
            return _attributes((inner or {}).get("values"))
        if not kind.endswith(_ANY_VALUE):
            return value  # a plain object, as CloudWatch has it
        return inner
    return None


def _either(value: Mapping[str, Any], camel: str, snake: str) -> Any:
    found = value.get(camel)
    return value.get(snake) if found is None else found


def _nanos(value: Mapping[str, Any], camel: str, snake: str) -> int:
    return checked_nanos(int(_either(value, camel, snake) or 0))


def _name(value: Any, names: tuple[str, ...]) -> str:
    if isinstance(value, int):
        return names[value] if 0 <= value < len(names) else names[0]
    return str(value).rpartition("_")[2] if value else names[0]


def _hex(value: Any, digits: int) -> str | None:
    """An id as plain hexadecimal digits; None for none."""
    if not value:
        return None
    text = str(value)
    if len(text) == digits * 3 // 4 and text.endswith("="):  # as protobuf has bytes in JSON
        text = base64.b64decode(text).hex()
    text = text.lower().removeprefix("0x")
    return text.zfill(digits) if text.strip("0") else None
