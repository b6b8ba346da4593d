"""The dialects of GenAI spans: how each emitter writes, a small file each."""

from hilt_otel_exporters.dialects.all_dialects import DIALECTS, read
from hilt_otel_exporters.dialects.dialect import Content, Dialect, SpanReading

__all__ = ["DIALECTS", "Content", "Dialect", "SpanReading", "read"]
