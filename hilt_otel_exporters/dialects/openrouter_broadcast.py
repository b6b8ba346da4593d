"""OpenRouter's broadcast: a span for each request, with its prompt and answer as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hilt import semconv
from hilt.genai.values import Part
from hilt_otel_exporters.dialects.dialect import PLUMBING, Content, Dialect, SpanReading
from hilt_otel_exporters.dialects.messages import parts_of
from hilt_otel_exporters.dialects.text_values import number_in_text
from hilt_otel_exporters.span_record import SpanRecord

__all__ = ["DIALECT"]

_ANSWER = frozenset({"completion", "reasoning", "toolCalls", "rawRequest"})
_OWN = "trace.metadata.openrouter."
_FIRST_TOKEN = f"{_OWN}first_token_ms"
_PARTS = ("generation", "moderation", "provider attempt ")
_OF_CALLS = (semconv.RESPONSE_ID, semconv.USAGE_INPUT_TOKENS, semconv.USAGE_OUTPUT_TOKENS)


def _kind(record: SpanRecord) -> str | None:
    """The spans below a request's are its parts, whose counts are zero.

    Others have such names, too, and a ``span.type``: a call in its own right has tokens.
    """
    is_part = record.name.startswith(_PARTS) and not any(map(record.attributes.get, _OF_CALLS))
    return PLUMBING if is_part else None


def _content(record: SpanRecord) -> Content:
    """The answer; the conventions' reader understands the prompt, and an answer that is a text."""
    answer = record.json(semconv.OLD_COMPLETION)
    if not isinstance(answer, Mapping) or not answer.keys() <= _ANSWER:
        return Content()
    parts = _parts(answer)
    return Content(outputs=[{"role": "assistant", "parts": parts}] if parts else None)


def _parts(answer: Mapping[str, Any]) -> list[Part]:
    parts: list[Part] = []
    if isinstance(answer.get("reasoning"), str) and answer["reasoning"]:
        parts.append({"type": "reasoning", "content": answer["reasoning"]})
    parts += parts_of(answer.get("completion") or None)
    calls = answer.get("toolCalls")
    for call in calls if isinstance(calls, list) else ():
        parts += parts_of(call)
    return parts


def _amend(reading: SpanReading) -> None:
    """Name who sells the call: the provider that it names is the model's author."""
    call, attributes = reading.call, reading.record.attributes
    if call is not None and any(name.startswith(_OWN) for name in attributes):
        call.request.provider = "openrouter"
        call.first_chunk_ms = number_in_text(attributes.get(_FIRST_TOKEN))


DIALECT = Dialect(
    "openrouter-broadcast",
    hints=frozenset({semconv.OTHER_USAGE_TOTAL_COST, "span.type"}),
    kind=_kind,
    reported_cost=(semconv.OTHER_USAGE_TOTAL_COST,),
    content=_content,
    amend=_amend,
)
