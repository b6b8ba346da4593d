"""JSON values to spans and log records: OTLP, and `ReadableSpan.to_json` of the SDK."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timezone
from typing import Any

from hilt_otel_exporters.span_record import LogRecord, SpanEvent, SpanRecord

__all__ = ["Record", "records_of"]

Record = SpanRecord | LogRecord
"""What a file may hold."""

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_KINDS = ("INTERNAL", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER")
_STATUSES = ("UNSET", "OK", "ERROR")
_DROPPED = ("attributes", "events", "links")
_BROKEN = (TypeError, ValueError, AttributeError, LookupError, ArithmeticError)
"""What a value of another shape than its keys promise raises."""


def records_of(value: Any) -> list[Record] | None:
    """The spans and log records in a JSON value; None if it holds neither, or broken ones."""
    if isinstance(value, list):
        return [record for each in value for record in records_of(each) or ()]
    if not isinstance(value, Mapping):
        return None
    try:
        if "resourceSpans" in value or "resource_spans" in value:
            return list(_otlp(value, "Spans", "spans", _otlp_span))
        if "resourceLogs" in value or "resource_logs" in value:
            return list(_otlp(value, "Logs", "logs", _otlp_log))
        if isinstance(value.get("context"), Mapping):
            return [_span(value)]
        if "body" in value and "span_id" in value:
            return [_log(value)]
    except _BROKEN:
        return None
    return None


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
        started=_nanos(value.get("start_time")),
        ended=_nanos(value.get("end_time")) or _nanos(value.get("start_time")),
        status=str(status.get("status_code") or "UNSET"),
        status_text=str(status.get("description") or ""),
        attributes=value.get("attributes") or {},
        events=[
            SpanEvent(
                str(each.get("name")), _nanos(each.get("timestamp")), each.get("attributes") or {}
            )
            for each in value.get("events") or ()
        ],
        scope=str(scope.get("name") or ""),
        scope_version=str(scope.get("version") or ""),
        dropped={
            name: count
            for name in _DROPPED
            if isinstance(count := value.get(f"dropped_{name}"), int) and count
        },
    )


def _log(value: Mapping[str, Any]) -> LogRecord:
    """What the SDK's `ReadableLogRecord.to_json` gives."""
    attributes = value.get("attributes") or {}
    return LogRecord(
        name=str(value.get("event_name") or attributes.get("event.name") or ""),
        trace_id=_hex(value.get("trace_id"), 32) or "",
        span_id=_hex(value.get("span_id"), 16) or "",
        attributes=attributes,
        body=value.get("body"),
        time=_nanos(value.get("timestamp") or value.get("observed_timestamp")),
    )


def _otlp(
    value: Mapping[str, Any],
    what: str,
    items: str,
    read: Callable[[Mapping[str, Any], Mapping[str, Any]], Record],
) -> Iterator[Record]:
    items = "logRecords" if what == "Logs" else items
    for resource in value.get(f"resource{what}") or value.get(f"resource_{what.lower()}") or ():
        groups = resource.get(f"scope{what}") or resource.get(f"scope_{what.lower()}") or ()
        for group in groups:
            scope = group.get("scope") or {}
            for each in group.get(items) or group.get("log_records") or ():
                yield read(each, scope)


def _otlp_span(value: Mapping[str, Any], scope: Mapping[str, Any]) -> SpanRecord:
    status = value.get("status") or {}
    return SpanRecord(
        name=str(value.get("name")),
        trace_id=_hex(_either(value, "traceId", "trace_id"), 32) or "",
        span_id=_hex(_either(value, "spanId", "span_id"), 16) or "",
        parent_span_id=_hex(_either(value, "parentSpanId", "parent_span_id"), 16),
        kind=_name(value.get("kind"), _KINDS),
        started=int(_either(value, "startTimeUnixNano", "start_time_unix_nano") or 0),
        ended=int(_either(value, "endTimeUnixNano", "end_time_unix_nano") or 0),
        status=_name(status.get("code"), _STATUSES),
        status_text=str(status.get("message") or ""),
        attributes=_attributes(value.get("attributes")),
        events=[
            SpanEvent(
                str(each.get("name")),
                int(_either(each, "timeUnixNano", "time_unix_nano") or 0),
                _attributes(each.get("attributes")),
            )
            for each in value.get("events") or ()
        ],
        scope=str(scope.get("name") or ""),
        scope_version=str(scope.get("version") or ""),
        dropped={
            name: int(count)
            for name in _DROPPED
            if (count := value.get(f"dropped{name.title()}Count"))
        },
    )


def _otlp_log(value: Mapping[str, Any], scope: Mapping[str, Any]) -> LogRecord:  # noqa: ARG001
    attributes = _attributes(value.get("attributes"))
    return LogRecord(
        name=str(value.get("eventName") or attributes.get("event.name") or ""),
        trace_id=_hex(_either(value, "traceId", "trace_id"), 32) or "",
        span_id=_hex(_either(value, "spanId", "span_id"), 16) or "",
        attributes=attributes,
        body=_any_value(value.get("body")),
        time=int(_either(value, "timeUnixNano", "observedTimeUnixNano") or 0),
    )


def _attributes(listed: Any) -> dict[str, Any]:
    return {str(each["key"]): _any_value(each.get("value")) for each in listed or ()}


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
        return inner
    return None


def _either(value: Mapping[str, Any], camel: str, snake: str) -> Any:
    found = value.get(camel)
    return value.get(snake) if found is None else found


def _name(value: Any, names: tuple[str, ...]) -> str:
    if isinstance(value, int):
        return names[value] if 0 <= value < len(names) else names[0]
    return str(value).rpartition("_")[2] if value else names[0]


def _hex(value: Any, digits: int) -> str | None:
    """An id as plain hexadecimal digits; None for none."""
    if not value:
        return None
    text = str(value).lower().removeprefix("0x")
    return text.zfill(digits) if text.strip("0") else None


def _nanos(moment: Any) -> int:
    if isinstance(moment, int):
        return moment
    if not isinstance(moment, str):
        return 0
    at = datetime.fromisoformat(moment.replace("Z", "+00:00"))
    since = (at if at.tzinfo else at.replace(tzinfo=timezone.utc)) - _EPOCH
    return ((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds) * 1_000
