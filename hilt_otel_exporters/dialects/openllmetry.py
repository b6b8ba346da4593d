"""OpenLLMetry (Traceloop): numbered prompts and completions before 0.5, official names since."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hilt import semconv
from hilt.genai.json_values import json_or_text
from hilt.genai.values import Message
from hilt_otel_exporters.dialects.dialect import Content, Dialect, SpanReading
from hilt_otel_exporters.dialects.messages import message_of, tools_of
from hilt_otel_exporters.dialects.step_spans import indexed
from hilt_otel_exporters.span_record import SpanRecord

__all__ = ["DIALECT"]

_CHUNKS = (semconv.OTHER_CONTENT_CHUNK_EVENT, "llm.content.completion.chunk")
_SIGNS: tuple[str, ...] = ("traceloop.span.kind", "traceloop.workflow.name", "llm.request.type")
_SIGNS += (
    semconv.OTHER_IS_STREAMING,
    semconv.OTHER_OPENAI_API_BASE,
    semconv.OTHER_USAGE_TOTAL_TOKENS,
)
_SIGNS += (semconv.OTHER_PROMPT_ROLE, semconv.OTHER_COMPLETION_ROLE)


def _content(record: SpanRecord) -> Content:
    return Content(
        inputs=[_message(each, "user") for each in indexed(record, semconv.OTHER_PROMPT_PREFIX)],
        outputs=[
            _message(each, "assistant") for each in indexed(record, semconv.OTHER_COMPLETION_PREFIX)
        ],
        tools=tools_of(indexed(record, "llm.request.functions.")),
    )


def _message(flat: Mapping[str, Any], role: str) -> Message:
    raw = dict(flat)
    content = raw.get("content")
    if isinstance(content, str) and content[:2] == "[{":  # Anthropic's blocks stay JSON
        raw["content"] = json_or_text(content)
    if content == '""':
        raw["content"] = None
    return message_of(raw, role)


def _amend(seen: SpanReading) -> None:
    call, record = seen.call, seen.record
    if call is None:
        return
    first = next((event for event in record.events if event.name in _CHUNKS), None)
    if first is not None:
        call.first_chunk_ms = round((first.time - record.started) / 1e6, 3)
        call.request.stream = True
    if call.failure is not None and call.response is not None and not call.response.id:
        call.response.model = None  # LangChain: the model asked for, as nothing answered


DIALECT = Dialect(
    "openllmetry",
    lambda record: any(sign in record.attributes for sign in _SIGNS),
    _content,
    amend=_amend,
)
