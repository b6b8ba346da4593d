"""Log records of older instrumentations: what was said is in them, and not on the spans."""

from __future__ import annotations

from typing import Any

from opentelemetry.sdk._logs import LogRecordProcessor

from hilt import semconv
from hilt.core.guard import guard
from hilt_otel_exporters.dialects.grouped_messages import is_grouped
from hilt_otel_exporters.exporters import HiltJsonlSpanExporter, HiltSheetsSpanExporter
from hilt_otel_exporters.span_record import LogRecord

__all__ = ["HiltLogRecordProcessor"]

_PREFIX = semconv.GEN_AI_PREFIX


class HiltLogRecordProcessor(LogRecordProcessor):
    """Gives an exporter the GenAI log records that belong to its spans. Never raises.

    >>> exporter = HiltJsonlSpanExporter("logs/app.jsonl")  # doctest: +SKIP
    >>> tracer_provider.add_span_processor(BatchSpanProcessor(exporter))  # doctest: +SKIP
    >>> logger_provider.add_log_record_processor(
    ...     HiltLogRecordProcessor(exporter)
    ... )  # doctest: +SKIP

    Conventions up to 1.36 tell each message as a log record, as Semantic Kernel and older
    instrumentations of OpenTelemetry do; newer ones do so on request.

    Args:
        exporter: The exporter that the spans go to.
    """

    def __init__(self, exporter: HiltJsonlSpanExporter | HiltSheetsSpanExporter) -> None:
        self._pipeline = exporter.pipeline

    def on_emit(self, log_record: Any) -> None:
        """Keep a record for its span, if it is about GenAI."""
        try:
            found = _read(getattr(log_record, "log_record", log_record))
            if found is not None:
                self._pipeline.add_log(found)
        except Exception:
            guard.report("reading a log record")

    emit = on_emit
    """What SDKs before 1.35 call."""

    def shutdown(self) -> None:
        """Do nothing: the exporter has its own end."""

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Everything is handed on at once: there is nothing to wait for."""
        return True


def _read(record: Any) -> LogRecord | None:
    attributes = dict(record.attributes or {})
    name = getattr(record, "event_name", None) or attributes.get("event.name")
    if not isinstance(name, str) or not record.span_id:
        return None
    if not name.startswith(_PREFIX) and not is_grouped(record.body):
        return None
    return LogRecord(
        name=name,
        trace_id=f"{record.trace_id:032x}",
        span_id=f"{record.span_id:016x}",
        attributes=attributes,
        body=record.body,
        time=record.timestamp or record.observed_timestamp or 0,
    )
