"""MLflow: every attribute is JSON, also what is text already; requests and responses are whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hilt import semconv
from hilt.genai.fold import Fold
from hilt.genai.json_values import get_path, json_or_text, to_plain_json
from hilt.providers._chat_completions import ChatCompletions
from hilt_otel_exporters.dialects.dialect import Content, Dialect, SpanReading
from hilt_otel_exporters.dialects.langsmith import answer_of_body, request_of_body
from hilt_otel_exporters.span_record import SpanRecord

__all__ = ["DIALECT"]

_PARAMETERS: tuple[str, ...] = (
    "temperature",
    "top_p",
    "max_tokens",
    "max_output_tokens",
    "seed",
    "stop",
)
_PARAMETERS += ("frequency_penalty", "presence_penalty", "n", "reasoning_effort")
_CHAT = ChatCompletions()


def _recognises(record: SpanRecord) -> bool:
    return record.scope == "mlflow.tracing.provider" or "mlflow.spanType" in record.attributes


def _prepare(record: SpanRecord) -> None:
    """Decode every value once; the official names that its GenAI mode adds are plain."""
    attributes = {
        name: value if name.startswith(semconv.GEN_AI_PREFIX) else json_or_text(value)
        for name, value in record.attributes.items()
    }
    given = {name: attributes[name] for name in _PARAMETERS if name in attributes}
    if given and "llm.invocation_parameters" not in attributes:
        attributes["llm.invocation_parameters"] = given
    record.attributes = attributes


def _content(record: SpanRecord) -> Content:
    found = request_of_body(record.attributes.get("mlflow.spanInputs"))
    found.outputs = answer_of_body(record.attributes.get("mlflow.spanOutputs"))
    if not found.tools:
        found.tools = request_of_body({"tools": record.attributes.get("tools")}).tools
    return found


def _amend(seen: SpanReading) -> None:
    call, record = seen.call, seen.record
    if call is None or call.response is None:
        return
    outputs = record.attributes.get("mlflow.spanOutputs")
    usage = get_path(outputs, "usage")
    if isinstance(usage, Mapping):
        call.response.raw_usage = to_plain_json(usage)
    data = get_path(outputs, "data")
    if seen.kind == "embedding" and isinstance(data, list):
        call.response.vectors = len(data)
        call.response.dimensions = len(get_path(data, 0, "embedding") or ()) or None
    _add_chunks(seen)


def _add_chunks(seen: SpanReading) -> None:
    """The chunks of a stream are span events, and tell what its GenAI mode drops."""
    call, record = seen.call, seen.record
    fold, arrived = Fold(), 0
    for event in record.events:
        if event.name.startswith("mlflow.chunk.item."):
            arrived = arrived or event.time
            delta = _CHAT.delta(_chunk(event.attributes.get("mlflow.chunk.value")))
            if delta is not None:
                fold.add(delta)
    if not arrived or call is None or call.response is None:
        return
    call.request.stream = True
    call.first_chunk_ms = round((arrived - record.started) / 1e6, 3)
    told = fold.result()
    if told.messages and not _says_anything(call.response.messages):
        call.response.messages = told.messages
        call.response.finish_reasons = told.finish_reasons or call.response.finish_reasons


def _chunk(value: Any) -> Any:
    return json_or_text(value)


def _says_anything(messages: list[dict[str, Any]]) -> bool:
    return any(
        part.get("content") or part.get("name") for each in messages for part in each["parts"]
    )


DIALECT = Dialect(
    "mlflow",
    _recognises,
    _content,
    prefer={semconv.REQUEST_MODEL: (("mlflow.spanInputs", "model"), "model")},
    prepare=_prepare,
    amend=_amend,
)
