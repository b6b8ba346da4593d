"""The exporters that ``OTEL_TRACES_EXPORTER`` names."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from opentelemetry.sdk.trace.export import SpanExportResult

from hilt_otel_exporters.exporters import HiltJsonlSpanExporter
from hilt_otel_exporters.named import NamedJsonlExporter, NamedSheetsExporter


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("HILT_COLUMNS", "nope", "columns: no column 'nope'; there are timestamp, "),
        ("HILT_CAPTURE_CONTENT", "maybe", "capture_content: 'maybe' is not a flag; expected true"),
        ("HILT_FSYNC", "often", "fsync: 'often' is not a flag; expected true or false"),
        ("HILT_KEEP", "all", "keep: 'all' is not a whole number"),
        ("HILT_PRIVACY", "nope", "privacy: no policy 'nope'; expected redact, "),
        ("HILT_PROVIDERS", "nope", "no provider 'nope'; there are openai, "),
        ("HILT_PRICES", "/nope.toml", "/nope.toml: cannot be read: No such file or directory"),
    ],
)
def test_a_wrong_variable_is_one_line(
    variable: str,
    value: str,
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    tmp_path: Path,
) -> None:
    """The program runs, and its other exporters too: nothing is raised, then or later."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(variable, value)
    with caplog.at_level(logging.WARNING):
        exporter = NamedJsonlExporter()

    (record,) = caplog.records
    assert record.getMessage().startswith(f"HILT logs nothing of spans: {message}")
    assert record.exc_info is None
    assert exporter.export([]) is SpanExportResult.SUCCESS
    assert exporter.force_flush()
    exporter.shutdown()


def test_no_sheet_is_one_line(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The same for the sheet, whose id is missing."""
    monkeypatch.delenv("GOOGLE_SHEET_ID", raising=False)
    monkeypatch.delenv("HILT_SHEET_ID", raising=False)
    NamedSheetsExporter()

    assert "GOOGLE_SHEET_ID" in caplog.messages[0]


def test_right_variables_make_the_exporter(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It is HILT's own, and is shut down with it."""
    monkeypatch.setenv("HILT_FILEPATH", str(tmp_path / "app.jsonl"))
    exporter = NamedJsonlExporter()

    assert isinstance(exporter.exporter, HiltJsonlSpanExporter)
    assert exporter.export([]) is SpanExportResult.SUCCESS
    exporter.shutdown()
    assert exporter.export([]) is SpanExportResult.FAILURE
