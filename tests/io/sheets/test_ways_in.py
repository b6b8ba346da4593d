"""The other ways to a sheet: a session by name, and the exporter for any OpenTelemetry pipeline."""

from __future__ import annotations

import json

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from hilt.io.session import Session
from hilt_otel_exporters import HiltSheetsSpanExporter

from .conftest import DOCUMENTED, answer_to, prompt_of


@pytest.fixture(autouse=True)
def _environment(sheets, monkeypatch, tmp_path):
    """HILT finds the emulator, and keeps its outbox here."""
    monkeypatch.setenv("HILT_SHEETS_API_ROOT", sheets.api_root)
    monkeypatch.setenv("HILT_OUTBOX", str(tmp_path / "outbox"))


def test_session_by_name_writes_to_a_sheet_and_reads_it(key, rows):
    """``Session("sheets", ...)`` takes what `instrument()` takes."""
    with Session("sheets", sheet_id="book", credentials_json=key, columns=DOCUMENTED) as session:
        session.append(prompt_of("Hi"))
        assert session.flush(10)

        assert [event.content.text for event in session.read()] == ["Hi"]
    assert [row["message"] for row in rows()] == ["Hi"]


def test_both_backends_have_every_event(key, rows, tmp_path):
    """A file for the engineer, a sheet for everybody."""
    log = tmp_path / "log.jsonl"
    with Session(
        ("local", "sheets"), filepath=log, sheet_id="book", credentials_json=json.dumps(key)
    ) as session:
        event = session.append(answer_to(prompt_of("Hi")))
        assert session.flush(10)

    assert json.loads(log.read_text())["event_id"] == event.event_id
    assert [row["Event id"] for row in rows()] == [event.event_id]


def test_exporter_writes_spans_of_any_emitter(key, rows):
    """No instrumentation by HILT: a span is enough."""
    exporter = HiltSheetsSpanExporter("book", credentials_json=key, columns=DOCUMENTED)
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    text = [{"role": "user", "parts": [{"type": "text", "content": "What is Python?"}]}]
    answer = [{"role": "assistant", "parts": [{"type": "text", "content": "A language."}]}]
    attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o-mini",
        "gen_ai.input.messages": json.dumps(text),
        "gen_ai.output.messages": json.dumps(answer),
    }
    provider.get_tracer("x").start_span("chat gpt-4o-mini", attributes=attributes).end()
    assert exporter.force_flush()
    provider.shutdown()

    assert [row["message"] for row in rows()] == ["What is Python?", "A language."]
