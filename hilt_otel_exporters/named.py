"""The exporters that ``OTEL_TRACES_EXPORTER`` names, made of nothing but variables.

An error of theirs would reach the auto-agent, which prints a traceback and sets up none of the
program's other exporters. A wrong variable is one line of `logging` instead.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any, ClassVar

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from hilt.core.exceptions import HILTError
from hilt_otel_exporters.exporters import HiltJsonlSpanExporter, HiltSheetsSpanExporter

__all__ = ["NamedJsonlExporter", "NamedSheetsExporter"]

_logger = logging.getLogger(__name__)


class _NamedExporter(SpanExporter):
    """An exporter that does nothing if a variable is wrong; a warning says which."""

    kind: ClassVar[type[HiltJsonlSpanExporter | HiltSheetsSpanExporter]]

    def __init__(self, **arguments: Any) -> None:
        self.exporter: SpanExporter | None = None
        try:
            self.exporter = self.kind(**arguments)
        except HILTError as error:
            _logger.warning("HILT logs nothing of spans: %s", error)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Take in spans that have ended."""
        return SpanExportResult.SUCCESS if self.exporter is None else self.exporter.export(spans)

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Write what waits."""
        return self.exporter is None or self.exporter.force_flush(timeout_millis)

    def shutdown(self) -> None:
        """Write what waits, and close the log."""
        if self.exporter is not None:
            self.exporter.shutdown()


class NamedJsonlExporter(_NamedExporter):
    """``hilt_jsonl``: a `HiltJsonlSpanExporter`, configured by ``HILT_*`` variables."""

    kind = HiltJsonlSpanExporter


class NamedSheetsExporter(_NamedExporter):
    """``hilt_sheets``: a `HiltSheetsSpanExporter`, configured by variables."""

    kind = HiltSheetsSpanExporter
