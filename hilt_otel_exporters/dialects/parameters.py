"""What a request asks for besides its messages: temperature, limits, seeds, wherever they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hilt.genai.coerce import number_or_none
from hilt.providers._chat_completions import request_parameters
from hilt_otel_exporters.dialects.dialect import Dialect
from hilt_otel_exporters.span_record import SpanRecord

__all__ = ["add_parameters"]

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


def add_parameters(record: SpanRecord, dialects: Sequence[Dialect], fields: dict[str, Any]) -> None:
    """Add ``gen_ai.request.*`` for the parameters that dialects have under other names."""
    body: dict[str, Any] = {}
    for dialect in dialects:
        if dialect.parameter_bodies or dialect.parameters:
            _add(record, dialect, body)
    if body:
        for name, value in _attributes_of(body).items():
            fields.setdefault(name, value)


def _attributes_of(body: dict[str, Any]) -> dict[str, Any]:
    for spelling, name in _SPELLINGS.items():
        if body.get(spelling) is not None:
            body.setdefault(name, body[spelling])
    return {
        name: value
        for name, value in request_parameters(body).items()
        if number_or_none(value) is not None or not isinstance(value, str)
    }


def _add(record: SpanRecord, dialect: Dialect, body: dict[str, Any]) -> None:
    for attribute in dialect.parameter_bodies:
        value = record.json(attribute)
        if isinstance(value, Mapping):
            body.update(value)
    for attribute, name in dialect.parameters.items():
        if attribute in record.attributes:
            body.setdefault(name, record.json(attribute))
