"""Spans and log records from files: OTLP JSON, `ReadableSpan.to_json`, lists of either, gzip.

A file is read piece by piece, so that its size does not matter. What is not JSON is counted.
"""

from __future__ import annotations

import codecs
import gzip
import io
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timezone
from os import PathLike
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from hilt.core.exceptions import ConfigurationError
from hilt_otel_exporters.span_record import LogRecord, SpanEvent, SpanRecord

__all__ = ["SpanFile", "records_of"]

Record = SpanRecord | LogRecord

_CHUNK = 1 << 18
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_KINDS = ("INTERNAL", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER")
_STATUSES = ("UNSET", "OK", "ERROR")


class SpanFile:
    """One file of spans or log records.

    >>> for record in SpanFile("spans.jsonl"):  # doctest: +SKIP
    ...     print(record.name)

    Args:
        path: The file; gzip is known by its first bytes.
        on_progress: Is told how many bytes of the file have been read.

    Raises:
        ConfigurationError: If there is no such file.
    """

    def __init__(
        self, path: str | PathLike[str], on_progress: Callable[[int], None] | None = None
    ) -> None:
        self.path = Path(path)
        self.unreadable = 0  #: how many lines or pieces were not JSON, or nothing we know
        self.on_progress = on_progress
        if not self.path.is_file():
            raise ConfigurationError(f"import: there is no file {str(self.path)!r}")

    @property
    def size(self) -> int:
        """How many bytes it has."""
        return self.path.stat().st_size

    def __iter__(self) -> Iterator[Record]:
        for value in self._values():
            found = records_of(value)
            if found is None:
                self.unreadable += 1
            else:
                yield from found

    def has_logs_first(self) -> bool:
        """Whether it holds log records: they are read before the spans that they belong to."""
        return any(isinstance(record, LogRecord) for record in self._head())

    def _head(self) -> Iterator[Record]:
        for index, record in enumerate(self):
            if index >= 1:
                return
            yield record

    def _values(self) -> Iterator[Any]:
        with self.path.open("rb") as raw:
            zipped = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            stream: Any = gzip.GzipFile(fileobj=raw) if zipped else raw
            buffered = io.BufferedReader(stream, _CHUNK) if zipped else stream
            head = buffered.peek(_CHUNK)[:_CHUNK].lstrip()
            lines = head[:1] == b"{" and _parses(head.split(b"\n", 1)[0], whole=b"\n" in head)
            yield from self._by_line(buffered, raw) if lines else self._by_value(buffered, raw)

    def _progress(self, raw: BinaryIO) -> None:
        if self.on_progress is not None:
            self.on_progress(raw.tell())

    def _by_line(self, stream: Any, raw: BinaryIO) -> Iterator[Any]:
        decode = msgspec.json.Decoder().decode
        for number, line in enumerate(stream):
            if number % 256 == 0:
                self._progress(raw)
            if not line.strip():
                continue
            try:
                yield decode(line)
            except msgspec.DecodeError:
                self.unreadable += 1
        self._progress(raw)

    def _by_value(self, stream: Any, raw: BinaryIO) -> Iterator[Any]:
        """Values one after the other, in a list or not, over as many lines as they like."""
        to_text = codecs.getincrementaldecoder("utf-8")("replace").decode
        decode = json.JSONDecoder().raw_decode
        rest, start, more = "", 0, True
        while True:
            start = _skip(rest, start)
            if start < len(rest):
                try:
                    value, start = decode(rest, start)
                except ValueError:
                    if not more:
                        self.unreadable += 1
                        return
                else:
                    yield value
                    continue
            if not more:
                return
            data = stream.read(max(_CHUNK, len(rest) - start))
            self._progress(raw)
            more = bool(data)
            piece = to_text(data, final=not more)
            rest, start = rest[start:] + piece, 0


def _skip(text: str, start: int) -> int:
    """Past white space, and what stands between the values of a list."""
    while start < len(text) and text[start] in " \t\r\n,[]":
        start += 1
    return start


def _parses(line: bytes, *, whole: bool) -> bool:
    if not whole:
        return True  # a long line: most are OTLP, and the rest is counted as unreadable
    try:
        msgspec.json.decode(line)
    except msgspec.DecodeError:
        return False
    return True


# -- values to records ------------------------------------------------------------------------


def records_of(value: Any) -> list[Record] | None:
    """The spans and log records in a JSON value; None if it is nothing that holds any."""
    if isinstance(value, list):
        found = [records_of(each) for each in value]
        return [record for each in found if each is not None for record in each]
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
    except (TypeError, ValueError, AttributeError):
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
            for name in ("attributes", "events", "links")
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
            for name in ("attributes", "events", "links")
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
