"""Spans of HILT's own, read back from a file or another process."""

from __future__ import annotations

from hilt import semconv
from hilt.genai.coerce import count_or_none, text_or_none
from hilt_otel_exporters.dialects.dialect import Dialect, SpanReading

__all__ = ["DIALECT"]


def _amend(reading: SpanReading) -> None:
    call, record = reading.call, reading.record
    if call is None:
        return
    attributes = record.attributes
    call.prompt_id = text_or_none(attributes.get(semconv.HILT_EVENT_ID))
    call.attempts = count_or_none(attributes.get(semconv.HILT_ATTEMPTS))
    call.outcome = text_or_none(attributes.get(semconv.HILT_OUTCOME))
    if call.outcome in ("closed", "abandoned"):
        call.failure = None
        if call.response is not None:
            call.response.partial = True
    if call.failure is not None and call.outcome:
        call.failure.outcome = call.outcome
    for event in record.events:
        if event.name == semconv.COMPLETION_CHUNK_EVENT:
            text = event.attributes.get(semconv.CHUNK_TEXT)
            call.chunks.append((event.time, str(text or "")))


DIALECT = Dialect(
    "hilt",
    scopes=("hilt.instrumentation",),
    fields={semconv.HTTP_RESPONSE_STATUS_CODE: (semconv.HILT_STATUS_CODE,)},
    amend=_amend,
)
