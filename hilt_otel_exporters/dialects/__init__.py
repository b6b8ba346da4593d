"""The dialects of GenAI spans: how each emitter writes, a small file each."""

from hilt_otel_exporters.dialects.reading import Content, Dialect, Seen
from hilt_otel_exporters.dialects.table import DIALECTS, read

__all__ = ["DIALECTS", "Content", "Dialect", "Seen", "read"]
