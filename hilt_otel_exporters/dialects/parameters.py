"""What a request asks for besides its messages: temperature, limits, seeds, wherever they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hilt import semconv
from hilt.genai.coerce import number_or_none
from hilt.genai.json_values import json_or_text
from hilt.providers._chat_completions import request_parameters
from hilt_otel_exporters.dialects.dialect import Dialect
from hilt_otel_exporters.span_record import SpanRecord

__all__ = ["request_attributes"]

_SPELLINGS = {
    "max_output_tokens": "max_tokens",
    "maxOutputTokens": "max_tokens",
    "topP": "top_p",
    "topK": "top_k",
    "stop_sequences": "stop",
    "frequencyPenalty": "frequency_penalty",
    "presencePenalty": "presence_penalty",
    "stopSequences": "stop",
}
_NOT_PARAMETERS = frozenset(
    {
        semconv.REQUEST_MODEL,
        semconv.OTHER_REQUEST_USER,
        semconv.REQUEST_STREAM,
        semconv.REQUEST_PREVIOUS_RESPONSE_ID,
    }
)


_USUAL = {semconv.REQUEST_CHOICE_COUNT: 1}  # one answer is what everybody gets


def request_attributes(record: SpanRecord, dialects: Sequence[Dialect]) -> dict[str, Any]:
    """``gen_ai.request.*`` for every parameter that a record names, in any spelling."""
    body: dict[str, Any] = {}
    for dialect in dialects:
        if dialect.parameter_bodies or dialect.parameters:
            _add_parameters(record, dialect, body)
    found = _attributes_of(body) if body else {}
    for name, value in record.attributes.items():
        if name.startswith(semconv.REQUEST_PREFIX) and name not in _NOT_PARAMETERS:
            given = json_or_text(value) if name == semconv.REQUEST_STOP_SEQUENCES else value
            if given not in (None, "", [], _USUAL.get(name)):
                found[name] = list(given) if isinstance(given, tuple) else given
    return found


def _attributes_of(body: dict[str, Any]) -> dict[str, Any]:
    for spelling, name in _SPELLINGS.items():
        if body.get(spelling) is not None:
            body.setdefault(name, body[spelling])
    return {
        name: value
        for name, value in request_parameters(body).items()
        if number_or_none(value) is not None or not isinstance(value, str)
    }


def _add_parameters(record: SpanRecord, dialect: Dialect, body: dict[str, Any]) -> None:
    for attribute in dialect.parameter_bodies:
        value = record.json(attribute)
        if isinstance(value, Mapping):
            body.update(value)
    for attribute, name in dialect.parameters.items():
        if attribute in record.attributes:
            body.setdefault(name, record.json(attribute))
