"""Tests for reading spans from files, in all their formats, and for importing them."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from hilt.core.exceptions import ConfigurationError
from hilt.io.session import Session
from hilt.testing.memory import MemorySink
from hilt_otel_exporters.importing import import_spans
from hilt_otel_exporters.span_files import SpanFile
from hilt_otel_exporters.span_record import LogRecord, SpanRecord
from tests.hilt_otel_exporters.conftest import chat

MOMENT = "2026-11-21T10:00:00.500000Z"
NANOS = 1_795_255_200_500_000_000


def plain(**more: Any) -> dict[str, Any]:
    """A span as `ReadableSpan.to_json` gives it."""
    return {
        "name": "chat",
        "context": {"trace_id": "0x" + "0" * 31 + "1", "span_id": "0x" + "0" * 15 + "2"},
        "kind": "SpanKind.CLIENT",
        "parent_id": None,
        "start_time": MOMENT,
        "end_time": MOMENT,
        "status": {"status_code": "UNSET"},
        "attributes": chat(),
        "events": [{"name": "e", "timestamp": MOMENT, "attributes": {"a": 1}}],
        **more,
    }


def otlp() -> dict[str, Any]:
    """The same span in OTLP's JSON."""
    attributes = [{"key": key, "value": _any(value)} for key, value in chat().items()]
    span = {
        "traceId": "0" * 31 + "1",
        "spanId": "0" * 15 + "2",
        "parentSpanId": "",
        "name": "chat",
        "kind": 3,
        "startTimeUnixNano": str(NANOS),
        "endTimeUnixNano": str(NANOS),
        "attributes": attributes,
        "droppedAttributesCount": 4,
        "status": {"code": 2, "message": "broken"},
        "events": [
            {"name": "e", "timeUnixNano": str(NANOS), "attributes": [_pair("a", {"intValue": "1"})]}
        ],
    }
    scope = {"name": "scope.name", "version": "1.2"}
    return {"resourceSpans": [{"scopeSpans": [{"scope": scope, "spans": [span]}]}]}


def _pair(key: str, value: Any) -> dict[str, Any]:
    return {"key": key, "value": value}


def _any(value: Any) -> dict[str, Any]:
    return {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value}


def write(path: Path, *values: Any, indent: int | None = None) -> Path:
    """A file with one JSON value after the other."""
    path.write_text("\n".join(json.dumps(value, indent=indent) for value in values) + "\n")
    return path


def spans_of(path: Path) -> list[Any]:
    """The records in a file."""
    return list(SpanFile(path))


def check_plain(record: Any) -> None:
    """What both formats say of the span."""
    assert isinstance(record, SpanRecord)
    assert (record.name, record.kind, record.parent_span_id) == ("chat", "CLIENT", None)
    assert (record.trace_id, record.span_id) == ("0" * 31 + "1", "0" * 15 + "2")
    assert record.started == record.ended == NANOS
    assert record.attributes == chat()
    assert [(event.name, event.time, dict(event.attributes)) for event in record.events] == [
        ("e", NANOS, {"a": 1})
    ]


def test_otlp_json_lines_are_read(tmp_path: Path) -> None:
    """A line of OTLP holds resources, scopes and spans."""
    (record,) = spans_of(write(tmp_path / "spans.jsonl", otlp()))

    check_plain(record)
    assert (record.scope, record.scope_version) == ("scope.name", "1.2")
    assert (record.status, record.status_text) == ("ERROR", "broken")
    assert record.dropped == {"attributes": 4}


@pytest.mark.parametrize("indent", [None, 4])
def test_json_of_the_sdk_is_read(tmp_path: Path, indent: int | None) -> None:
    """`to_json` is read from one line each, and indented as the console exporter writes it."""
    first, second = spans_of(write(tmp_path / "spans.json", plain(), plain(), indent=indent))

    check_plain(first)
    check_plain(second)


def test_list_of_spans_is_read(tmp_path: Path) -> None:
    """A JSON list, also one that is longer than what is read at a time."""
    path = write(tmp_path / "spans.json", [plain() for _ in range(500)], indent=1)

    assert path.stat().st_size > 1 << 18
    assert len(spans_of(path)) == 500


def test_gzip_is_known_by_its_first_bytes(tmp_path: Path) -> None:
    """A compressed file is read as the same spans, whatever it is called."""
    path = tmp_path / "spans.bin"
    path.write_bytes(gzip.compress(json.dumps(otlp()).encode() + b"\n"))

    (record,) = spans_of(path)

    check_plain(record)


def test_torn_line_is_counted_and_the_rest_is_read(tmp_path: Path) -> None:
    """A crash in the middle of a line costs that line."""
    path = tmp_path / "spans.jsonl"
    line = json.dumps(plain())
    path.write_text(f"{line}\n{line[:50]}\n{line}\n")
    file = SpanFile(path)

    assert len(list(file)) == 2
    assert file.unreadable == 1


def test_something_else_is_counted(tmp_path: Path) -> None:
    """JSON that holds no spans is nothing that can be read."""
    file = SpanFile(write(tmp_path / "other.jsonl", {"hello": 1}))

    assert list(file) == []
    assert file.unreadable == 1


def test_log_records_are_read(tmp_path: Path) -> None:
    """Log records of the SDK and of OTLP have their name, body and span."""
    sdk = {
        "body": {"content": "Hi"},
        "attributes": {"event.name": "gen_ai.user.message"},
        "trace_id": "0x1",
        "span_id": "0x2",
        "timestamp": MOMENT,
    }
    record = {
        "timeUnixNano": str(NANOS),
        "eventName": "gen_ai.user.message",
        "body": {"kvlistValue": {"values": [_pair("content", {"stringValue": "Hi"})]}},
        "traceId": "0" * 31 + "1",
        "spanId": "0" * 15 + "2",
    }
    wire = {"resourceLogs": [{"scopeLogs": [{"scope": {}, "logRecords": [record]}]}]}
    first, second = spans_of(write(tmp_path / "logs.jsonl", sdk, wire))

    assert isinstance(first, LogRecord)
    assert (first.name, first.body, first.time) == (second.name, second.body, second.time)
    assert (first.trace_id, first.span_id) == (second.trace_id, second.span_id)


def test_import_reads_logs_first_and_says_what_it_did(tmp_path: Path) -> None:
    """What was said may be in a file of log records: the order of the files does not matter."""
    silent = {name: value for name, value in chat().items() if "messages" not in name}
    spans = write(tmp_path / "spans.jsonl", plain(attributes=silent), plain(attributes={"a": 1}))
    logs = write(
        tmp_path / "logs.jsonl",
        {
            "event_name": "gen_ai.user.message",
            "body": {"content": "Hi"},
            "trace_id": "0x1",
            "span_id": "0x2",
            "attributes": {},
        },
    )
    sink, done = MemorySink(), []

    found = import_spans([spans, logs], Session(sink), on_progress=done.append)

    assert (found.spans, found.genai_spans, found.log_records, found.events) == (2, 1, 1, 2)
    assert sink.events[0].content is not None
    assert sink.events[0].content.text == "Hi"
    assert done == sorted(done)
    assert done[-1] == spans.stat().st_size + logs.stat().st_size


def test_import_folds_calls_that_are_far_apart_in_a_file(tmp_path: Path) -> None:
    """Two spans of one call are one, with hundreds of other traces between them."""
    first = plain(scope={"name": "sdk"})
    others = [_other(index) for index in range(3, 400)]
    last = plain(
        scope={"name": "framework"},
        context={"trace_id": "0x9", "span_id": "0x9"},
    )
    sink = MemorySink()

    import_spans([write(tmp_path / "s.jsonl", first, *others, last)], Session(sink))

    ids = [(event.provenance or {}).get("response_id") for event in sink.events]
    assert ids.count("resp-1") == 1


def _other(index: int) -> dict[str, Any]:
    return plain(
        context={"trace_id": f"0x{index:x}", "span_id": "0x1"},
        attributes=chat(**{"gen_ai.response.id": f"r{index}"}),
    )


def test_missing_file_raises(tmp_path: Path) -> None:
    """A file that is not there is said by name."""
    with pytest.raises(ConfigurationError, match=r"gone\.json"):
        SpanFile(tmp_path / "gone.json")
