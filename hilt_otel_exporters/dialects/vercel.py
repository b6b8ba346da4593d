"""The Vercel AI SDK, 4 to 6: the model call is ``doGenerate`` or ``doStream``."""

from __future__ import annotations

from collections.abc import Mapping

from hilt.genai.json_values import json_or_text
from hilt.genai.values import Part
from hilt_otel_exporters.dialects.dialect import Content, Dialect, SpanReading
from hilt_otel_exporters.dialects.messages import messages_of, parts_of, tools_of
from hilt_otel_exporters.span_record import SpanRecord

__all__ = ["DIALECT"]


def _content(record: SpanRecord) -> Content:
    tools = record.attributes.get("ai.prompt.tools")
    return Content(
        inputs=messages_of(record.json("ai.prompt.messages")) or _values(record),
        outputs=[{"role": "assistant", "parts": parts}] if (parts := _answer(record)) else None,
        tools=tools_of(list(tools) if isinstance(tools, (list, tuple)) else None),
    )


def _values(record: SpanRecord) -> list[dict[str, object]]:
    """What is to be embedded."""
    values = record.attributes.get("ai.values") or record.attributes.get("ai.value")
    listed = values if isinstance(values, (list, tuple)) else [values] if values else []
    return [message for each in listed for message in messages_of(json_or_text(each))]


def _answer(record: SpanRecord) -> list[Part]:
    parts: list[Part] = []
    reasoning = record.attributes.get("ai.response.reasoning")
    if reasoning:
        parts.append({"type": "reasoning", "content": str(reasoning)})
    text = record.attributes.get("ai.response.text") or record.attributes.get("ai.response.object")
    if text:
        parts.append({"type": "text", "content": str(text)})
    calls = record.json("ai.response.toolCalls")
    for call in calls if isinstance(calls, list) else ():
        if isinstance(call, Mapping):
            parts += parts_of({"type": "tool-call", **call})
    return parts


def _amend(seen: SpanReading) -> None:
    operation = str(seen.record.attributes.get("ai.operationId"))
    if seen.call is not None and "stream" in operation.lower():
        seen.call.request.stream = True


DIALECT = Dialect(
    "vercel", lambda record: "ai.operationId" in record.attributes, _content, amend=_amend
)
