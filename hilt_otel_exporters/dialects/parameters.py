"""What a request asks for besides its messages: temperature, limits, seeds, wherever they stand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hilt import semconv
from hilt.genai.coerce import number_or_none
from hilt.genai.json_values import json_or_text
from hilt.providers._chat_completions import request_parameters
from hilt_otel_exporters.span_record import SpanRecord

__all__ = ["INVOCATION_PARAMETERS", "add_parameters"]

INVOCATION_PARAMETERS = "llm.invocation_parameters"
"""Where OpenInference puts all of them, as one JSON object."""

_BODIES = (
    INVOCATION_PARAMETERS,
    "embedding.invocation_parameters",
    "langfuse.observation.model.parameters",
    "request_data",
    "mlflow.spanInputs",
)
_RENAMED = {
    "max_output_tokens": "max_tokens",
    "maxOutputTokens": "max_tokens",
    "topP": "top_p",
    "topK": "top_k",
    "stop_sequences": "stop",
    "frequencyPenalty": "frequency_penalty",
    "presencePenalty": "presence_penalty",
    "stopSequences": "stop",
}
_SINGLE = (
    ("llm.frequency_penalty", "frequency_penalty"),
    ("llm.presence_penalty", "presence_penalty"),
    ("llm.top_k", "top_k"),
    ("llm.chat.stop_sequences", "stop"),
    *((f"ai.settings.{name}", plain) for name, plain in _RENAMED.items()),
    *((f"ai.settings.{name}", name) for name in ("temperature", "seed")),
    *((f"langsmith.metadata.ls_{name}", name) for name in ("temperature", "max_tokens", "stop")),
)
_NOT_PARAMETERS = frozenset(
    {
        semconv.REQUEST_MODEL,
        semconv.OTHER_REQUEST_USER,
        semconv.REQUEST_STREAM,
        semconv.REQUEST_PREVIOUS_RESPONSE_ID,
    }
)


def add_parameters(record: SpanRecord, found: dict[str, Any]) -> None:
    """Add ``gen_ai.request.*`` for every parameter that a record names, in any spelling."""
    body: dict[str, Any] = {}
    for name in _BODIES:
        if name in record.attributes:
            value = record.json(name)
            if isinstance(value, Mapping):
                body.update(value)
    for name, plain in _SINGLE:
        if name in record.attributes:
            body.setdefault(plain, record.json(name))
    for name, plain in _RENAMED.items():
        if body.get(name) is not None:
            body.setdefault(plain, body[name])
    for name, value in request_parameters(body).items() if body else ():
        if number_or_none(value) is not None or not isinstance(value, str):
            found.setdefault(name, value)
    for name, value in record.attributes.items():
        if name.startswith(semconv.REQUEST_PREFIX) and name not in _NOT_PARAMETERS:
            given = json_or_text(value) if name.endswith("stop_sequences") else value
            if given not in (None, "", []) and not (name.endswith("choice.count") and given == 1):
                found[name] = list(given) if isinstance(given, tuple) else given
