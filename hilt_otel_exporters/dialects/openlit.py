"""OpenLIT: official names, with defaults that nobody asked for."""

from __future__ import annotations

from hilt.genai.coerce import number_or_none
from hilt_otel_exporters.dialects.dialect import Dialect, SpanReading

__all__ = ["DIALECT"]

_DEFAULTS = {
    "gen_ai.request.seed": 0,
    "gen_ai.request.frequency_penalty": 0.0,
    "gen_ai.request.presence_penalty": 0.0,
    "gen_ai.request.temperature": 1.0,
    "gen_ai.request.top_p": 1.0,
}


def _amend(seen: SpanReading) -> None:
    call, record = seen.call, seen.record
    if call is None:
        return
    given = call.request.attributes
    # Its defaults come all together; one of them alone may have been asked for.
    if all(given.get(name) == value for name, value in _DEFAULTS.items()):
        for name in _DEFAULTS:
            del given[name]
    seconds = number_or_none(record.attributes.get("gen_ai.server.time_to_first_token"))
    if call.request.stream and seconds is not None:
        call.first_chunk_ms = round(seconds * 1000, 3)


DIALECT = Dialect("openlit", lambda record: record.scope.startswith("openlit."), amend=_amend)
