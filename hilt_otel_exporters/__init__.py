"""HILT for any OpenTelemetry pipeline: GenAI spans, whoever records them, become events."""

from hilt_otel_exporters.exporters import HiltJsonlSpanExporter, HiltSheetsSpanExporter
from hilt_otel_exporters.processor import HiltSpanProcessor

__all__ = ["HiltJsonlSpanExporter", "HiltSheetsSpanExporter", "HiltSpanProcessor"]
