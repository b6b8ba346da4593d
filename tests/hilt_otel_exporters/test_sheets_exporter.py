"""Tests for the exporter to Google Sheets, against the emulator."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from hilt.testing.sheets import SheetsEmulator
from hilt_otel_exporters import HiltSheetsSpanExporter
from tests.hilt_otel_exporters.conftest import chat


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_spans_become_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A GenAI span is a row for the prompt and one for the answer, under the chosen columns."""
    with SheetsEmulator() as sheets:
        sheets.add_book("book")
        monkeypatch.setenv("HILT_SHEETS_API_ROOT", sheets.api_root)
        monkeypatch.setenv("HILT_OUTBOX", str(tmp_path))
        exporter = HiltSheetsSpanExporter(
            "book",
            credentials_json=json.dumps(sheets.service_account()),
            columns=["action", "message", "tokens_in"],
        )
        provider = TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(exporter))
        provider.get_tracer("x").start_span("chat", attributes=chat()).end()

        assert exporter.force_flush()
        provider.shutdown()

        rows = [row[:3] for row in sheets.book("book").tab("Logs").values()]
    assert rows == [
        ["action", "message", "tokens_in"],
        ["prompt", "Hi", ""],
        ["completion", "Hello", 9],
    ]
