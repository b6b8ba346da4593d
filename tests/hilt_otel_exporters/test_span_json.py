"""Tests for JSON values that hold spans and log records."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from hilt_otel_exporters.span_json import records_of
from hilt_otel_exporters.span_record import LogRecord, SpanEvent, SpanRecord
from tests.hilt_otel_exporters.conftest import chat
from tests.hilt_otel_exporters.span_values import MOMENT, NANOS, otlp, sdk_span

IDS = {"trace_id": f"{1:032x}", "span_id": f"{2:016x}"}
EVENT = SpanEvent("e", NANOS, {"a": 1})


@pytest.mark.parametrize("status", ["ERROR", "StatusCode.ERROR"])
def test_span_of_the_sdk(status: str) -> None:
    """Ids without their prefix, times as nanoseconds, the kind without its class."""
    value = sdk_span(
        parent_id="0x3",
        scope={"name": "x", "version": "1"},
        status={"status_code": status, "description": "broken"},
        dropped_attributes=2,
        dropped_events=0,
    )

    assert records_of(value)[0] == [
        SpanRecord(
            "chat",
            **IDS,
            parent_span_id=f"{3:016x}",
            kind="CLIENT",
            started=NANOS,
            ended=NANOS,
            status="ERROR",
            status_text="broken",
            attributes=chat(),
            events=[EVENT],
            scope="x",
            scope_version="1",
            dropped={"attributes": 2},
        )
    ]


def test_span_of_otlp() -> None:
    """Kinds and statuses are numbers there, and counts are text."""
    assert records_of(otlp())[0] == [
        SpanRecord(
            "chat",
            **IDS,
            kind="CLIENT",
            started=NANOS,
            ended=NANOS,
            status="ERROR",
            status_text="broken",
            attributes=chat(),
            events=[EVENT],
            scope="scope.name",
            scope_version="1.2",
            dropped={"attributes": 4},
        )
    ]


def test_names_of_otlp_may_be_in_snake_case() -> None:
    """As some file exporters write them, with names in place of numbers."""
    span = {
        "trace_id": "1",
        "span_id": "2",
        "name": "chat",
        "kind": "SPAN_KIND_SERVER",
        "start_time_unix_nano": 5,
        "end_time_unix_nano": 6,
        "status": {"code": "STATUS_CODE_OK"},
    }
    value = {"resource_spans": [{"scope_spans": [{"spans": [span]}]}]}

    assert records_of(value)[0] == [
        SpanRecord("chat", **IDS, kind="SERVER", started=5, ended=6, status="OK")
    ]


@pytest.mark.parametrize(
    ("any_value", "expected"),
    [
        ({"stringValue": "a"}, "a"),
        ({"intValue": "5"}, 5),
        ({"int_value": 5}, 5),
        ({"boolValue": False}, False),
        ({"doubleValue": 0.5}, 0.5),
        ({"arrayValue": {"values": [{"intValue": "1"}, {"stringValue": "b"}]}}, [1, "b"]),
        ({"arrayValue": {}}, []),
        ({"kvlistValue": {"values": [{"key": "k", "value": {"intValue": "1"}}]}}, {"k": 1}),
        ({}, None),
        ("bare", "bare"),
    ],
)
def test_value_of_an_otlp_attribute(any_value: Any, expected: Any) -> None:
    """Each kind is what it stands for."""
    span = {"name": "chat", "attributes": [{"key": "a", "value": any_value}]}
    ((record,), _) = records_of({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]})

    assert isinstance(record, SpanRecord)
    assert record.attributes == {"a": expected}


def test_log_records() -> None:
    """Of the SDK, and of OTLP, whose event name may be an attribute."""
    sdk = {
        "body": {"content": "Hi"},
        "event_name": "gen_ai.user.message",
        "trace_id": "0x1",
        "span_id": "0x2",
        "attributes": {"a": 1},
        "timestamp": MOMENT,
    }
    content = {"key": "content", "value": {"stringValue": "Hi"}}
    name = {"key": "event.name", "value": {"stringValue": "gen_ai.user.message"}}
    wire = {
        "traceId": "1",
        "spanId": "2",
        "observedTimeUnixNano": str(NANOS),
        "body": {"kvlistValue": {"values": [content]}},
        "attributes": [name],
    }
    body = {"content": "Hi"}

    assert records_of(sdk)[0] == [
        LogRecord("gen_ai.user.message", **IDS, attributes={"a": 1}, body=body, time=NANOS)
    ]
    named = {"event.name": "gen_ai.user.message"}
    assert records_of({"resourceLogs": [{"scopeLogs": [{"logRecords": [wire]}]}]})[0] == [
        LogRecord("gen_ai.user.message", **IDS, attributes=named, body=body, time=NANOS)
    ]


def test_list_has_the_records_of_its_values() -> None:
    """What holds none is passed over."""
    records, unreadable = records_of([sdk_span(), 5, {"some": "thing"}, [sdk_span()]])

    assert len(records) == unreadable == 2


@pytest.mark.parametrize(
    "value",
    [
        5,
        "text",
        None,
        {},
        {"some": "thing"},
        {"context": 5},
        {"resourceSpans": 5},
        {"resourceSpans": [5]},
        {"resourceSpans": [{"scopeSpans": [{"spans": [{"startTimeUnixNano": "soon"}]}]}]},
        {"resourceSpans": [{"scopeSpans": [{"spans": [{"startTimeUnixNano": float("inf")}]}]}]},
        {"context": {}, "start_time": "soon"},
        {"context": {}, "status": "OK"},
    ],
)
def test_other_values_hold_none(value: Any) -> None:
    """Also those of the right keys and the wrong shape, which are no error."""
    assert records_of(value) == ([], 1)


def test_an_odd_span_costs_itself_only() -> None:
    """Those of the same batch are read; an attribute without a key is left out."""
    spans = [
        {"name": "a", "attributes": [{"value": {"stringValue": "x"}}, 5, {"key": "k"}]},
        5,
        {"name": "b", "startTimeUnixNano": "soon"},
        {"name": "b", "startTimeUnixNano": "-5"},
        {"name": "b", "startTimeUnixNano": "-62135596900000000000"},
        {"name": "b", "endTimeUnixNano": 10**21},
        {"name": "b", "events": [{"name": "e", "timeUnixNano": -5}]},
        {"name": "c"},
    ]
    groups = [{"scopeSpans": [{"spans": spans, "scope": 5}, 5]}, 5]
    records, unreadable = records_of({"resourceSpans": groups})

    assert [(record.name, record.attributes) for record in records] == [
        ("a", {"k": None}),
        ("c", {}),
    ]
    assert unreadable == 8


def test_a_deep_list_is_no_error() -> None:
    """However deep."""
    value: Any = sdk_span()
    for _ in range(100_000):
        value = [value]

    assert len(records_of(value)[0]) == 1
    while isinstance(value, list):
        (value,) = value


def test_span_and_log_record_by_themselves() -> None:
    """CloudWatch has each on a line of its own, with plain objects for attributes and bodies."""
    around = {
        "traceId": "0" * 31 + "1",
        "spanId": "0" * 15 + "2",
        "scope": {"name": "s", "version": "1"},
        "resource": {"attributes": {"service.name": "shop"}},
    }
    span = {
        **around,
        "name": "chat",
        "kind": "CLIENT",
        "startTimeUnixNano": NANOS,
        "endTimeUnixNano": NANOS + 1,
        "attributes": {"gen_ai.operation.name": "chat"},
        "status": {"code": "ERROR"},
    }
    log = {**around, "timeUnixNano": NANOS, "body": {"output": {"messages": []}}, "attributes": {}}

    assert records_of([span, log, around]) == (
        [
            SpanRecord(
                "chat",
                "0" * 31 + "1",
                "0" * 15 + "2",
                kind="CLIENT",
                started=NANOS,
                ended=NANOS + 1,
                status="ERROR",
                attributes={"gen_ai.operation.name": "chat"},
                scope="s",
                scope_version="1",
                resource={"service.name": "shop"},
            ),
            LogRecord(
                "", "0" * 31 + "1", "0" * 15 + "2", {}, {"output": {"messages": []}}, time=NANOS
            ),
        ],
        1,
    )


@pytest.mark.parametrize("around", ["batches", "trace"])
def test_trace_that_tempo_answers_with(around: str) -> None:
    """Its ids are base64, as protobuf has bytes in JSON, and kinds and states are names."""
    resource_spans = otlp()["resourceSpans"]
    (span,) = resource_spans[0]["scopeSpans"][0]["spans"]
    span.update(
        traceId=base64.b64encode(bytes.fromhex("ab" * 16)).decode(),
        spanId=base64.b64encode(bytes.fromhex("cd" * 8)).decode(),
        kind="SPAN_KIND_CLIENT",
        status={"code": "STATUS_CODE_ERROR"},
    )
    whole = {"trace": {"resourceSpans": resource_spans}, "metrics": {}}
    (read,), unreadable = records_of({"batches": resource_spans} if around == "batches" else whole)

    assert isinstance(read, SpanRecord)
    assert unreadable == 0
    assert (read.trace_id, read.span_id) == ("ab" * 16, "cd" * 8)
    assert (read.kind, read.status) == ("CLIENT", "ERROR")
