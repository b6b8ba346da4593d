"""The dialects of GenAI spans: how each emitter writes, a small file each."""

from hilt_otel_exporters.dialects.all_dialects import DIALECTS
from hilt_otel_exporters.dialects.dialect import Content, Dialect, SpanReading
from hilt_otel_exporters.dialects.read_span import (
    awaits_more,
    call_start_of,
    is_genai,
    is_genai_span,
    read_span,
    was_answered,
)

__all__ = [
    "DIALECTS",
    "Content",
    "Dialect",
    "SpanReading",
    "awaits_more",
    "call_start_of",
    "is_genai",
    "is_genai_span",
    "read_span",
    "was_answered",
]
