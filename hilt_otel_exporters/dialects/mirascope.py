"""Mirascope: calls by the conventions, and its own spans around functions and sessions."""

from __future__ import annotations

from hilt import semconv
from hilt_otel_exporters.dialects.dialect import Dialect, SpanReading, kind_by

__all__ = ["DIALECT"]

_TYPE = "mirascope.type"
_USAGE = "mirascope.response.usage"


def _amend(reading: SpanReading) -> None:
    """The model that it gives as the answer's is the requested one."""
    call = reading.call
    response = call.response if call is not None else None
    if call is not None and response is not None and response.model == call.request.model:
        response.model = None


DIALECT = Dialect(
    "mirascope",
    scopes=("mirascope.",),
    marks=frozenset({_TYPE}),
    hints=frozenset({_USAGE}),
    kind=kind_by(_TYPE, {"trace": "chain"}),
    fields={
        semconv.CONVERSATION_ID: ("mirascope.ops.session.id",),
        semconv.USAGE_CACHE_READ_INPUT_TOKENS: ((_USAGE, "cache_read_tokens"),),
        semconv.USAGE_CACHE_WRITE_INPUT_TOKENS: ((_USAGE, "cache_write_tokens"),),
        semconv.USAGE_REASONING_OUTPUT_TOKENS: ((_USAGE, "reasoning_tokens"),),
    },
    step_fields={
        semconv.INPUT_MESSAGES: ("mirascope.trace.arg_values",),
        semconv.OUTPUT_MESSAGES: ("mirascope.trace.output",),
    },
    amend=_amend,
)
