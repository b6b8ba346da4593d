"""Tests for spans as OpenTelemetry's SDK for JavaScript has them."""

from __future__ import annotations

from typing import Any

from hilt_otel_exporters.span_json import records_of
from hilt_otel_exporters.span_record import SpanEvent, SpanRecord
from tests.hilt_otel_exporters.span_values import NANOS

PAIR = [NANOS // 1_000_000_000, NANOS % 1_000_000_000]


def js_span(**more: Any) -> dict[str, Any]:
    """A span as VS Code's Copilot writes it."""
    return {
        "traceId": "a" * 32,
        "spanId": "b" * 16,
        "parentSpanContext": {"traceId": "a" * 32, "spanId": "c" * 16, "traceFlags": 1},
        "name": "chat gpt-4o",
        "kind": 2,
        "startTime": PAIR,
        "endTime": [PAIR[0] + 1, PAIR[1]],
        "attributes": {"gen_ai.operation.name": "chat"},
        "status": {"code": 2, "message": "no"},
        "events": [{"name": "e", "time": PAIR, "attributes": {"a": 1}}],
        "resource": {"attributes": {"service.name": "copilot-chat"}},
        "instrumentationScope": {"name": "copilot-chat", "version": "1"},
        "droppedAttributesCount": 2,
        **more,
    }


def test_span_of_javascript() -> None:
    """Its kinds and states are numbers, and its times pairs."""
    (span,), unreadable = records_of(js_span())

    assert unreadable == 0
    assert span == SpanRecord(
        "chat gpt-4o",
        "a" * 32,
        "b" * 16,
        "c" * 16,
        kind="CLIENT",
        started=NANOS,
        ended=NANOS + 1_000_000_000,
        status="ERROR",
        status_text="no",
        attributes={"gen_ai.operation.name": "chat"},
        events=[SpanEvent("e", NANOS, {"a": 1})],
        scope="copilot-chat",
        scope_version="1",
        resource={"service.name": "copilot-chat"},
        dropped={"attributes": 2},
    )


def test_span_of_an_older_sdk_names_its_parent_itself() -> None:
    """Before version 2 the scope had another name, too."""
    older = js_span(parentSpanId="d" * 16, instrumentationLibrary={"name": "ai"})
    del older["parentSpanContext"], older["instrumentationScope"]
    (span,), _ = records_of(older)

    assert isinstance(span, SpanRecord)
    assert (span.parent_span_id, span.scope) == ("d" * 16, "ai")


def test_odd_span_is_counted() -> None:
    """A kind that there is not, or a time that is no pair, costs that span only."""
    records, unreadable = records_of([js_span(kind=9), js_span(startTime=[1]), js_span()])

    assert (len(records), unreadable) == (1, 2)
