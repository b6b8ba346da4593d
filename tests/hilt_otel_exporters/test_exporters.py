"""Tests for the span exporters, through the SDK's own pipeline."""

from __future__ import annotations

import json
import multiprocessing
import os
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import (
    BatchSpanProcessor,
    SimpleSpanProcessor,
    SpanExportResult,
)
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, set_span_in_context

from hilt.core.exceptions import ConfigurationError
from hilt.core.guard import guard
from hilt.io.session import Session
from hilt.testing.memory import MemorySink
from hilt_otel_exporters import (
    HiltJsonlSpanExporter,
    HiltSheetsSpanExporter,
    HiltSpanProcessor,
    exporters,
)
from tests.hilt_otel_exporters.conftest import chat


def read(path: Path) -> list[dict[str, Any]]:
    """The events of a log."""
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def test_span_of_another_emitter_becomes_events(pipeline: Any, tmp_path: Path) -> None:
    """A GenAI span that anybody records is a prompt and a completion."""
    pipeline.get_tracer("x").start_span("chat", attributes=chat()).end()
    pipeline.exporter.force_flush()

    prompt, completion = read(tmp_path / "log.jsonl")
    assert (prompt["content"]["text"], completion["content"]["text"]) == ("Hi", "Hello")
    assert completion["metrics"]["tokens"] == {"prompt": 9, "completion": 3, "total": 12}
    assert completion["provenance"]["instrumentation"] == "x"


def test_spans_about_other_things_are_passed_over(pipeline: Any, tmp_path: Path) -> None:
    """An HTTP span leaves no trace in the log, and none in memory."""
    pipeline.get_tracer("http").start_span("GET", attributes={"http.method": "GET"}).end()
    pipeline.exporter.force_flush()

    assert read(tmp_path / "log.jsonl") == []
    assert pipeline.exporter.pipeline.wait_s() is None


def test_shutdown_writes_what_waits_and_a_second_one_does_nothing(tmp_path: Path) -> None:
    """Nothing that ended before is lost by shutting down, however often."""
    exporter = HiltJsonlSpanExporter(tmp_path / "log.jsonl", linger_s=60)
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    provider.get_tracer("x").start_span("chat", attributes=chat()).end()

    provider.shutdown()
    exporter.shutdown()

    assert len(read(tmp_path / "log.jsonl")) == 2


def test_export_after_shutdown_fails_and_raises_nothing(tmp_path: Path) -> None:
    """A provider that goes on after the end gets a failure, and no more."""
    exporter = HiltJsonlSpanExporter(tmp_path / "log.jsonl")
    span = TracerProvider().get_tracer("x").start_span("chat", attributes=chat())
    span.end()
    exporter.shutdown()

    assert exporter.export([span]) is SpanExportResult.FAILURE  # type: ignore[list-item]
    assert exporter.force_flush()


def test_internal_error_is_counted_and_not_raised(
    pipeline: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bug of ours costs a span its events, and the program nothing."""
    errors = guard.errors
    monkeypatch.setattr(exporters, "record_of_span", lambda span: 1 / 0)

    pipeline.get_tracer("x").start_span("chat", attributes=chat()).end()

    assert guard.errors == errors + 1
    assert read(tmp_path / "log.jsonl") == []


def test_one_unreadable_span_does_not_cost_the_others(
    pipeline: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A span that cannot be read is left out of its batch."""
    from hilt_otel_exporters import pipeline as span_pipeline

    real = span_pipeline.read_span
    monkeypatch.setattr(
        span_pipeline, "read_span", lambda each: 1 / 0 if each.name == "bad" else real(each)
    )
    tracer = pipeline.get_tracer("x")
    for name in ("bad", "good"):
        tracer.start_span(name, attributes=chat(**{"gen_ai.response.id": name})).end()
    pipeline.exporter.force_flush()

    assert len(read(tmp_path / "log.jsonl")) == 2


def test_memory_is_bounded(tmp_path: Path) -> None:
    """Of spans whose root never ends, no more wait than the limit; the oldest are written."""
    exporter = HiltJsonlSpanExporter(tmp_path / "log.jsonl", patience_s=600, max_spans=50)
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = provider.get_tracer("x")
    for index in range(300):
        root = set_span_in_context(tracer.start_span("root that never ends"))
        attributes = chat(**{"gen_ai.response.id": f"r{index}"})
        tracer.start_span("chat", context=root, attributes=attributes).end()

    assert len(read(tmp_path / "log.jsonl")) >= 2 * 250
    provider.shutdown()
    assert len(read(tmp_path / "log.jsonl")) == 2 * 300


def test_spans_of_a_trace_in_several_batches_are_written_together(tmp_path: Path) -> None:
    """The children of an agent come long before it does, and are written with it."""
    exporter = HiltJsonlSpanExporter(tmp_path / "log.jsonl", linger_s=0.0)
    tracer = TracerProvider(shutdown_on_exit=False).get_tracer("x")
    agent = tracer.start_span("agent", attributes={"gen_ai.operation.name": "invoke_agent"})
    call = tracer.start_span("chat", context=set_span_in_context(agent), attributes=chat())
    call.end()

    exporter.export([call])  # type: ignore[list-item]
    exporter.pipeline.write_due()
    assert read(tmp_path / "log.jsonl") == []
    agent.end()
    exporter.export([agent])  # type: ignore[list-item]
    exporter.pipeline.write_due()

    assert [event["action"] for event in read(tmp_path / "log.jsonl")] == [
        "system",
        "prompt",
        "completion",
        "system",
    ]
    exporter.shutdown()


def test_span_below_a_remote_parent_does_not_wait_for_it(tmp_path: Path) -> None:
    """The root of the trace is another process's: the first span of this one is enough."""
    exporter = HiltJsonlSpanExporter(tmp_path / "log.jsonl", linger_s=0.0, patience_s=600)
    remote = SpanContext(7, 8, is_remote=True, trace_flags=TraceFlags(1))
    tracer = TracerProvider(shutdown_on_exit=False).get_tracer("x")
    context = set_span_in_context(NonRecordingSpan(remote))
    span = tracer.start_span("chat", context=context, attributes=chat())
    span.end()

    exporter.export([span])  # type: ignore[list-item]
    exporter.pipeline.write_due()

    assert read(tmp_path / "log.jsonl")[0]["provenance"]["parent_span_id"] == f"{8:016x}"
    exporter.shutdown()


def test_unsampled_span_is_not_logged_and_does_no_harm(tmp_path: Path) -> None:
    """A sampler that drops a span has the last word."""
    provider = TracerProvider(sampler=ALWAYS_OFF, shutdown_on_exit=False)
    exporter = HiltJsonlSpanExporter(tmp_path / "log.jsonl")
    provider.add_span_processor(SimpleSpanProcessor(exporter))

    provider.get_tracer("x").start_span("chat", attributes=chat()).end()
    provider.shutdown()

    assert read(tmp_path / "log.jsonl") == []


def test_what_limits_dropped_is_in_the_events(tmp_path: Path) -> None:
    """A span with a limit on attributes and their length says in its events what was lost."""
    limits = SpanLimits(max_attributes=9, max_attribute_length=40)
    provider = TracerProvider(span_limits=limits, shutdown_on_exit=False)
    exporter = HiltJsonlSpanExporter(tmp_path / "log.jsonl")
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    # The newest attributes stay: the first of these is dropped.
    provider.get_tracer("x").start_span("chat", attributes={"first": 1, **chat()}).end()
    provider.shutdown()

    extensions = read(tmp_path / "log.jsonl")[0]["extensions"]
    assert extensions["dropped_attributes"] == 1
    assert "gen_ai.input.messages" in extensions["truncated"]


def test_content_can_be_left_out(tmp_path: Path) -> None:
    """With ``capture_content=False`` no content is in the file."""
    exporter = HiltJsonlSpanExporter(tmp_path / "log.jsonl", capture_content=False)
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    provider.get_tracer("x").start_span("chat", attributes=chat()).end()
    provider.shutdown()

    text = (tmp_path / "log.jsonl").read_text()
    assert "Hello" not in text
    assert text.count("\n") == 2


def test_two_exporters_to_one_file_log_a_call_once(tmp_path: Path) -> None:
    """A file is one log, however many exporters write to it; the last one closes it."""
    provider = TracerProvider(shutdown_on_exit=False)
    for _ in range(2):
        exporter = HiltJsonlSpanExporter(tmp_path / "log.jsonl")
        provider.add_span_processor(SimpleSpanProcessor(exporter))
    provider.get_tracer("x").start_span("chat", attributes=chat()).end()
    provider.shutdown()

    assert len(read(tmp_path / "log.jsonl")) == 2


def test_processor_writes_the_prompt_when_a_span_starts_with_it(tmp_path: Path) -> None:
    """Where the input is on the span at its start, the prompt is logged before the answer."""
    sink = MemorySink()
    processor = HiltSpanProcessor(Session(sink))
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(processor)
    asked = {name: value for name, value in chat().items() if name != "gen_ai.output.messages"}

    span = provider.get_tracer("x").start_span("chat", attributes=asked)
    assert [event.action for event in sink.events] == ["prompt"]
    span.set_attribute("gen_ai.output.messages", chat()["gen_ai.output.messages"])
    span.end()
    provider.shutdown()

    prompt, completion = sink.events
    assert completion.content is not None
    assert completion.content.text == "Hello"
    assert completion.extensions is not None
    assert completion.extensions["reply_to"] == prompt.event_id


def test_environment_configures_the_exporter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As ``OTEL_TRACES_EXPORTER`` makes it: without arguments, by variables."""
    monkeypatch.setenv("HILT_FILEPATH", str(tmp_path / "named.jsonl"))
    monkeypatch.setenv("HILT_CAPTURE_CONTENT", "false")

    exporter = HiltJsonlSpanExporter()

    assert exporter.session.path == tmp_path / "named.jsonl"
    assert exporter.pipeline.capture_content is False
    exporter.shutdown()


def test_wrong_arguments_raise_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set-up says what is wrong, when it is made."""
    monkeypatch.delenv("GOOGLE_SHEET_ID", raising=False)
    monkeypatch.delenv("HILT_SHEET_ID", raising=False)

    with pytest.raises(ConfigurationError, match="no column 'colour'"):
        HiltJsonlSpanExporter(tmp_path / "log.jsonl", columns=["colour"])
    with pytest.raises(ConfigurationError, match="sheet_id"):
        HiltSheetsSpanExporter()


def test_sheets_exporter_writes_to_its_session() -> None:
    """The Sheets exporter makes the same events; where they go is the session's business."""
    sink = MemorySink()
    exporter = HiltSheetsSpanExporter(session=Session(sink))
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    provider.get_tracer("x").start_span("chat", attributes=chat()).end()
    provider.shutdown()

    assert [event.action for event in sink.events] == ["prompt", "completion"]


def _in_child(provider: Any, exporter: Any) -> None:
    provider.get_tracer("x").start_span(
        "chat", attributes=chat(**{"gen_ai.response.id": "child"})
    ).end()
    os._exit(0 if exporter.force_flush() else 1)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_fork_leaves_what_waits_to_the_parent(tmp_path: Path) -> None:
    """A child writes its own calls, and not those that waited when it was made."""
    exporter = HiltJsonlSpanExporter(tmp_path / "log.jsonl", linger_s=600)
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    provider.get_tracer("x").start_span("chat", attributes=chat()).end()

    child = multiprocessing.get_context("fork").Process(target=_in_child, args=(provider, exporter))
    child.start()
    child.join(30)
    provider.shutdown()

    assert child.exitcode == 0
    ids = [event["provenance"].get("response_id") for event in read(tmp_path / "log.jsonl")]
    assert ids == [None, "child", None, "resp-1"]


@pytest.mark.parametrize("first", [0, 1])
def test_log_stays_open_while_another_exporter_uses_it(first: int, tmp_path: Path) -> None:
    """Of two exporters to one file, the one that shuts down later closes it."""
    made = [HiltJsonlSpanExporter(tmp_path / "log.jsonl", linger_s=60) for _ in range(2)]
    log = made[0].pipeline.session
    provider = TracerProvider(shutdown_on_exit=False)
    span: Any = provider.get_tracer("x").start_span("chat", attributes=chat())
    span.end()

    made[first].shutdown()
    assert not log.closed
    made[1 - first].export([span])
    made[1 - first].shutdown()

    assert log.closed
    assert len(read(tmp_path / "log.jsonl")) == 2


def test_session_of_the_user_is_not_closed(tmp_path: Path) -> None:
    """An exporter closes only what it has opened."""
    with Session(tmp_path / "log.jsonl") as session:
        HiltJsonlSpanExporter(session=session).shutdown()

        assert not session.closed
