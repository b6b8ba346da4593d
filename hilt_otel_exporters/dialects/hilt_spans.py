"""Spans of HILT's own, read back from a file or another process."""

from __future__ import annotations

from hilt import semconv
from hilt_otel_exporters.dialects.dialect import Dialect, SpanReading

__all__ = ["DIALECT"]


def _amend(seen: SpanReading) -> None:
    call, record = seen.call, seen.record
    if call is None:
        return
    event_id = record.attributes.get(semconv.HILT_EVENT_ID)
    if event_id:
        call.prompt_id = str(event_id)
    if record.attributes.get(semconv.HILT_OUTCOME) in ("closed", "abandoned"):
        call.failure = None
        if call.response is not None:
            call.response.partial = True
    for event in record.events:
        if event.name == semconv.COMPLETION_CHUNK_EVENT:
            text = event.attributes.get(semconv.CHUNK_TEXT)
            call.chunks.append((event.time, str(text or "")))


DIALECT = Dialect(
    "hilt", lambda record: record.scope.startswith("hilt.instrumentation"), amend=_amend
)
