"""The spans that xAI's SDK records by itself: numbered attributes, with defaults of its own."""

from __future__ import annotations

from hilt import semconv
from hilt.genai.coerce import count_or_none
from hilt_otel_exporters.dialects.dialect import Dialect, SpanReading
from hilt_otel_exporters.dialects.text_values import number_in_text

__all__ = ["DIALECT"]

_TICKS_PER_USD = 10_000_000_000
_DEFAULTS = {
    semconv.REQUEST_FREQUENCY_PENALTY: 0.0,
    semconv.REQUEST_PRESENCE_PENALTY: 0.0,
    semconv.REQUEST_TEMPERATURE: 1.0,
}


def _amend(reading: SpanReading) -> None:
    call, attributes = reading.call, reading.record.attributes
    if call is None:
        return
    for name, value in _DEFAULTS.items():
        if call.request.attributes.get(name) == value:
            del call.request.attributes[name]
    ticks = number_in_text(attributes.get(semconv.OTHER_USAGE_COST_TICKS))
    reading.reported_cost_usd = None if ticks is None else ticks / _TICKS_PER_USD
    usage = call.response.usage if call.response is not None else None
    total = count_or_none(attributes.get(semconv.OTHER_USAGE_TOTAL_TOKENS))
    if usage is None or usage.output_tokens is None or not usage.reasoning_tokens:
        return
    if total == (usage.input_tokens or 0) + usage.output_tokens + usage.reasoning_tokens:
        usage.output_tokens += usage.reasoning_tokens  # what it counts is the text alone


DIALECT = Dialect(
    "xai-sdk",
    scopes=("xai_sdk",),
    fields={
        semconv.USER_ID: ("user_id",),
        semconv.USAGE_CACHE_READ_INPUT_TOKENS: (semconv.OTHER_USAGE_CACHED_PROMPT_TEXT_TOKENS,),
        semconv.REQUEST_PREVIOUS_RESPONSE_ID: (semconv.OTHER_REQUEST_PREVIOUS_RESPONSE_ID,),
    },
    is_sdk=True,
    amend=_amend,
)
