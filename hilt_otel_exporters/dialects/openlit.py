"""OpenLIT: official names, with defaults that nobody asked for."""

from __future__ import annotations

from hilt import semconv
from hilt_otel_exporters.dialects.dialect import Dialect, SpanReading
from hilt_otel_exporters.dialects.text_values import number_in_text

__all__ = ["DIALECT"]

_DEFAULTS = {
    semconv.REQUEST_SEED: 0,
    semconv.REQUEST_FREQUENCY_PENALTY: 0.0,
    semconv.REQUEST_PRESENCE_PENALTY: 0.0,
    semconv.REQUEST_TEMPERATURE: 1.0,
    semconv.REQUEST_TOP_P: 1.0,
}


def _amend(reading: SpanReading) -> None:
    call, record = reading.call, reading.record
    if call is None:
        return
    given = call.request.attributes
    # Its defaults come all together; one of them alone may have been asked for.
    if all(given.get(name) == value for name, value in _DEFAULTS.items()):
        for name in _DEFAULTS:
            del given[name]
    seconds = number_in_text(record.attributes.get(semconv.OTHER_SERVER_TIME_TO_FIRST_TOKEN))
    if call.request.stream and seconds is not None:
        call.first_chunk_ms = round(seconds * 1000, 3)


DIALECT = Dialect(
    "openlit",
    scopes=("openlit.",),
    step_fields={semconv.TOOL_CALL_ARGUMENTS: (semconv.OTHER_TOOL_ARGS,)},
    reported_cost=(semconv.OTHER_USAGE_COST,),
    amend=_amend,
)
