"""Tests for reading spans from files, in all their formats."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from hilt.core.exceptions import ConfigurationError
from hilt.io.read import json_file
from hilt_otel_exporters.span_files import SpanFile
from hilt_otel_exporters.span_record import LogRecord, SpanRecord
from tests.hilt_otel_exporters.conftest import chat
from tests.hilt_otel_exporters.span_values import MOMENT, NANOS, otlp, sdk_span, write


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
    first, second = spans_of(write(tmp_path / "spans.json", sdk_span(), sdk_span(), indent=indent))

    check_plain(first)
    check_plain(second)


def test_list_of_spans_is_read(tmp_path: Path) -> None:
    """A JSON list, also one that is longer than what is read at a time."""
    path = write(tmp_path / "spans.json", [sdk_span() for _ in range(500)], indent=1)

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
    line = json.dumps(sdk_span())
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
        "body": {"kvlistValue": {"values": [{"key": "content", "value": {"stringValue": "Hi"}}]}},
        "traceId": "0" * 31 + "1",
        "spanId": "0" * 15 + "2",
    }
    wire = {"resourceLogs": [{"scopeLogs": [{"scope": {}, "logRecords": [record]}]}]}
    first, second = spans_of(write(tmp_path / "logs.jsonl", sdk, wire))

    assert isinstance(first, LogRecord)
    assert (first.name, first.body, first.time) == (second.name, second.body, second.time)
    assert (first.trace_id, first.span_id) == (second.trace_id, second.span_id)


def test_missing_file_raises(tmp_path: Path) -> None:
    """The error names the file that is not there."""
    with pytest.raises(ConfigurationError, match=r"gone\.json"):
        SpanFile(tmp_path / "gone.json")


def test_file_of_log_records_is_known_by_its_first(tmp_path: Path) -> None:
    """It is read before the spans that its records belong to."""
    log = {"event_name": "gen_ai.choice", "body": {}, "trace_id": "0x1", "span_id": "0x2"}

    assert SpanFile(write(tmp_path / "logs.jsonl", log, sdk_span())).has_logs_first()
    assert not SpanFile(write(tmp_path / "spans.jsonl", sdk_span(), log)).has_logs_first()
    assert not SpanFile(write(tmp_path / "empty.jsonl")).has_logs_first()


@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize(
    "odd",
    [
        '{"resourceSpans": ' + "[" * 100_000 + "]" * 100_000 + "}",
        '{"resourceSpans": {"a": ' * 50_000 + "1" + "}}" * 50_000,
        '{"context": {"trace_id": "a"}, "start_time": "soon"}',
        '{"name": "a quotation mark \\" and a bracket ] in a text", 5}',
        '{"context": ' + "9" * 1_000_000 + "}",
        "{}",
    ],
    ids=["deep list", "deep object", "wrong time", "broken", "long number", "nothing"],
)
def test_an_odd_value_costs_itself_only(tmp_path: Path, odd: str, indent: int | None) -> None:
    """In lines, and where a value takes several lines."""
    sound = json.dumps(sdk_span(), indent=indent)
    path = tmp_path / "spans.json"
    path.write_text(f"{sound}\n{odd}\n{sound}\n")
    file = SpanFile(path)

    assert len(list(file)) == 2
    assert file.unreadable == 1


@pytest.mark.parametrize("damage", ["cut", "spoilt", "no gzip"])
def test_a_damaged_compressed_file_is_read_as_far_as_it_goes(tmp_path: Path, damage: str) -> None:
    """The rest counts as one that could not be read."""
    path = tmp_path / "spans.jsonl.gz"
    line = json.dumps(sdk_span()).encode() + b"\n"
    packed = gzip.compress(line * 2000)
    path.write_bytes(
        {"cut": packed[:-100], "spoilt": packed[:-100] + b"x" * 100, "no gzip": packed[:10]}[damage]
    )
    file = SpanFile(path)

    assert len(list(file)) < 2000
    assert file.unreadable >= 1


def test_a_line_that_is_too_long_is_not_kept(tmp_path: Path, monkeypatch: Any) -> None:
    """A small compressed file may hold one of gigabytes."""
    line = json.dumps(sdk_span())
    monkeypatch.setattr(json_file, "_LONGEST", len(line) + 10)
    path = tmp_path / "spans.jsonl"
    path.write_text(f"{line}\n" + "x" * 1_000_000 + f"\n{line}\n")
    file = SpanFile(path)

    assert len(list(file)) == 2
    assert file.unreadable == 1


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("{sound}\n{{torn\n\n5\n{sound}\n{{}}\n", [2, 4, 6]),
        ("[{sound},\n5,\n\n{{}}, {sound},\n{{'a': 1}}]", [2, 4, 5]),
        ("[{sound},\n{{torn", [2]),
    ],
    ids=["lines", "list", "cut off"],
)
def test_what_cannot_be_read_is_named_by_its_line(
    tmp_path: Path, text: str, lines: list[int]
) -> None:
    """In lines, and in a list over several."""
    path = tmp_path / "spans.json"
    path.write_text(text.format(sound=json.dumps(sdk_span())))
    file = SpanFile(path)

    list(file)

    assert [(each.path, each.number) for each in file.errors] == [(path, line) for line in lines]
