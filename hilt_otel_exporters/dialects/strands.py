"""Strands Agents: message events with Bedrock's blocks, and times in milliseconds."""

from __future__ import annotations

from hilt import semconv
from hilt.genai.coerce import number_or_none
from hilt_otel_exporters.dialects.dialect import Dialect, SpanReading

__all__ = ["DIALECT"]


def _amend(seen: SpanReading) -> None:
    millis = number_or_none(seen.record.attributes.get(semconv.OTHER_SERVER_TIME_TO_FIRST_TOKEN))
    if seen.call is not None and millis is not None:
        seen.call.first_chunk_ms = float(millis)


DIALECT = Dialect("strands", lambda record: record.scope.startswith("strands."), amend=_amend)
