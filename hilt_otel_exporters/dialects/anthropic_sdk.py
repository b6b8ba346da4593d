"""The spans that the anthropic SDK records by itself."""

from __future__ import annotations

from hilt import semconv
from hilt.genai.coerce import count_or_none
from hilt_otel_exporters.dialects.dialect import PLUMBING, Dialect, SpanReading
from hilt_otel_exporters.span_record import SpanRecord

__all__ = ["DIALECT"]

_HOUR = "anthropic.usage.cache_creation.ephemeral_1h_input_tokens"


def _kind(record: SpanRecord) -> str | None:
    """Of its requests that are no calls, some name a model: those that count tokens."""
    return None if semconv.OPERATION_NAME in record.attributes else PLUMBING


def _amend(reading: SpanReading) -> None:
    call = reading.call
    if call is not None and call.response is not None and call.response.usage is not None:
        call.response.usage.cache_write_1h_tokens = count_or_none(
            reading.record.attributes.get(_HOUR)
        )


DIALECT = Dialect(
    "anthropic-sdk",
    scopes=("com.anthropic.sdk",),  # the platform may follow
    kind=_kind,
    fields={
        semconv.RESPONSE_FINISH_REASONS: ("anthropic.message.stop_reason",),
        semconv.OPENAI_RESPONSE_SERVICE_TIER: ("anthropic.response.service_tier",),
        semconv.OTHER_RESPONSE_REQUEST_ID: ("anthropic.request.id",),
    },
    is_sdk=True,
    amend=_amend,
)
