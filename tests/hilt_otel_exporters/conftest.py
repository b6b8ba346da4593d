"""Spans as emitters record them, and logs to write them to."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from hilt.io.session import Session
from hilt.testing.memory import MemorySink
from hilt_otel_exporters import HiltJsonlSpanExporter
from hilt_otel_exporters.pipeline import SpanPipeline
from hilt_otel_exporters.span_record import LogRecord, SpanRecord
from tests.hilt_otel_exporters.expected import plain
from tests.hilt_otel_exporters.live_spans import live_events

MILLI = 1_000_000


def chat(**more: Any) -> dict[str, Any]:
    """The attributes of a chat call by the conventions."""
    attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "house-model",
        "gen_ai.response.model": "house-1",
        "gen_ai.response.id": "resp-1",
        "gen_ai.usage.input_tokens": 9,
        "gen_ai.usage.output_tokens": 3,
        "gen_ai.input.messages": '[{"role":"user","parts":[{"type":"text","content":"Hi"}]}]',
        "gen_ai.output.messages": '[{"role":"assistant","parts":[{"type":"text","content":"Hello"}]}]',
    }
    return {**attributes, **more}


def record(
    attributes: dict[str, Any],
    *,
    span: int = 1,
    parent: int | None = None,
    trace: int = 1,
    at: tuple[int, int] = (0, 100),
    scope: str = "some.instrumentation",
    **more: Any,
) -> SpanRecord:
    """A span that ran from ``at[0]`` to ``at[1]`` milliseconds."""
    return SpanRecord(
        name=str(attributes.get("gen_ai.operation.name", "span")),
        trace_id=f"{trace:032x}",
        span_id=f"{span:016x}",
        parent_span_id=None if parent is None else f"{parent:016x}",
        started=at[0] * MILLI,
        ended=at[1] * MILLI,
        attributes=attributes,
        scope=scope,
        **more,
    )


def events_of(*records: SpanRecord | LogRecord, **options: Any) -> list[dict[str, Any]]:
    """The events that some spans become, with the log records that belong to them.

    The same spans through the live exporter become the same events, whatever the spans are.
    """
    lost = any(isinstance(each, SpanRecord) and each.dropped for each in records)
    live = None if options or lost else plain(live_events(copy.deepcopy(records)))
    events = _events_of(*records, **options)
    assert live is None or live == plain(events)
    return events


def _events_of(*records: SpanRecord | LogRecord, **options: Any) -> list[dict[str, Any]]:
    sink = MemorySink()
    pipeline = SpanPipeline(Session(sink), live=False, **options)
    for each in records:
        if isinstance(each, LogRecord):
            pipeline.add_log(each)
        else:
            pipeline.add(each)
    pipeline.flush()
    return [event.to_dict() for event in sink.events]


def plain_events_of(*records: SpanRecord | LogRecord, **options: Any) -> list[dict[str, Any]]:
    """The same, without what differs from run to run."""
    return plain(events_of(*records, **options))


@pytest.fixture
def pipeline(tmp_path: Path) -> Iterator[Any]:
    """A tracer provider with an exporter to ``log.jsonl``, shut down in the end."""
    provider = TracerProvider(shutdown_on_exit=False)
    exporter = HiltJsonlSpanExporter(tmp_path / "log.jsonl", linger_s=60)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    provider.exporter = exporter  # type: ignore[attr-defined]  # for tests to look at
    yield provider
    provider.shutdown()


def actions(events: list[dict[str, Any]]) -> list[str]:
    """What the events are."""
    return [event["action"] for event in events]
