"""The spans that the anthropic SDK records by itself."""

from __future__ import annotations

from hilt.genai.coerce import count_or_none
from hilt_otel_exporters.dialects.dialect import Dialect, SpanReading

__all__ = ["DIALECT", "SCOPE"]

SCOPE = "com.anthropic.sdk"
"""How its scope begins; the platform may follow."""

_HOUR = "anthropic.usage.cache_creation.ephemeral_1h_input_tokens"


def _amend(seen: SpanReading) -> None:
    call = seen.call
    if call is not None and call.response is not None and call.response.usage is not None:
        call.response.usage.cache_write_1h_tokens = count_or_none(seen.record.attributes.get(_HOUR))


DIALECT = Dialect("anthropic-sdk", lambda record: record.scope.startswith(SCOPE), amend=_amend)
