"""Strands Agents: message events with Bedrock's blocks, and times in milliseconds."""

from __future__ import annotations

from hilt import semconv
from hilt_otel_exporters.dialects.dialect import Dialect, SpanReading
from hilt_otel_exporters.dialects.text_values import number_in_text

__all__ = ["DIALECT"]


def _amend(reading: SpanReading) -> None:
    millis = number_in_text(reading.record.attributes.get(semconv.OTHER_SERVER_TIME_TO_FIRST_TOKEN))
    if reading.call is not None and millis is not None:
        reading.call.first_chunk_ms = float(millis)


DIALECT = Dialect(
    "strands",
    scopes=("strands.",),
    hints=frozenset({semconv.OTHER_EVENT_START_TIME}),
    frameworks=frozenset({"strands-agents"}),
    amend=_amend,
)
