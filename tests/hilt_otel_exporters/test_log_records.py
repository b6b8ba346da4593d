"""Tests for log records that say what was said."""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any

import pytest
from opentelemetry._logs import LogRecord
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from hilt_otel_exporters import HiltJsonlSpanExporter
from hilt_otel_exporters.log_records import HiltLogRecordProcessor
from tests.hilt_otel_exporters.conftest import chat

has_event_names = pytest.mark.skipif(
    "event_name" not in inspect.signature(LogRecord).parameters,
    reason="this SDK has no names for events",
)


@has_event_names
def test_messages_in_log_records_join_their_span(tmp_path: Path) -> None:
    """A span without content, and two records in its context: one prompt and one answer."""
    exporter = HiltJsonlSpanExporter(tmp_path / "log.jsonl")
    spans, logs = TracerProvider(shutdown_on_exit=False), LoggerProvider(shutdown_on_exit=False)
    spans.add_span_processor(SimpleSpanProcessor(exporter))
    logs.add_log_record_processor(HiltLogRecordProcessor(exporter))
    silent = {name: value for name, value in chat().items() if "messages" not in name}
    said: list[tuple[str, Any]] = [
        ("gen_ai.user.message", {"content": "Hi"}),
        ("gen_ai.choice", {"index": 0, "message": {"content": "Hello"}, "finish_reason": "stop"}),
        ("something.else", {"content": "no"}),
    ]

    with spans.get_tracer("x").start_as_current_span("chat", attributes=silent):
        for name, body in said:
            logs.get_logger("x").emit(LogRecord(event_name=name, body=body, timestamp=1))
    spans.shutdown()
    logs.shutdown()

    lines = (tmp_path / "log.jsonl").read_text().splitlines()
    assert [json.loads(line)["content"]["text"] for line in lines] == ["Hi", "Hello"]


@has_event_names
def test_record_with_all_messages_joins_its_span(tmp_path: Path) -> None:
    """AWS's distribution names it by the scope of the span."""
    exporter = HiltJsonlSpanExporter(tmp_path / "log.jsonl")
    spans, logs = TracerProvider(shutdown_on_exit=False), LoggerProvider(shutdown_on_exit=False)
    spans.add_span_processor(SimpleSpanProcessor(exporter))
    logs.add_log_record_processor(HiltLogRecordProcessor(exporter))
    silent = {name: value for name, value in chat().items() if "messages" not in name}
    body = {
        "input": {"messages": [{"role": "user", "content": "Hi"}]},
        "output": {"messages": [{"role": "assistant", "content": "Hello"}]},
    }

    with spans.get_tracer("x").start_as_current_span("chat", attributes=silent):
        logs.get_logger("x").emit(LogRecord(event_name="x", body=body, timestamp=1))
    spans.shutdown()
    logs.shutdown()

    lines = (tmp_path / "log.jsonl").read_text().splitlines()
    assert [json.loads(line)["content"]["text"] for line in lines] == ["Hi", "Hello"]
