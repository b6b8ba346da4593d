"""Instrumentations of Amazon Bedrock in OpenTelemetry's scopes: the API's own counts of tokens."""

from __future__ import annotations

from hilt_otel_exporters.dialects.dialect import Dialect, SpanReading

__all__ = ["DIALECT"]


def _amend(reading: SpanReading) -> None:
    """Add what was cached to the input: Bedrock's ``inputTokens`` leaves it out.

    The total, where they give one, is the sum of the two that are given.
    """
    response = reading.call.response if reading.call is not None else None
    usage = response.usage if response is not None else None
    if usage is None or usage.input_tokens is None:
        return
    usage.input_tokens += (usage.cache_read_tokens or 0) + (usage.cache_write_tokens or 0)
    usage.total_tokens = None


DIALECT = Dialect(
    "otel-bedrock",
    scopes=(
        "opentelemetry.instrumentation.genai.bedrock",
        "opentelemetry.instrumentation.bedrock",
        "opentelemetry.instrumentation.botocore",
    ),
    amend=_amend,
)
