"""Netra: numbered attributes in which a tool call stands where the text does, and its own spans."""

from __future__ import annotations

from typing import Any

from hilt import semconv
from hilt.genai.json_values import json_or_text
from hilt.genai.values import Message
from hilt_otel_exporters.dialects.dialect import Content, Dialect
from hilt_otel_exporters.dialects.messages import message_of
from hilt_otel_exporters.dialects.numbered_attributes import numbered
from hilt_otel_exporters.span_record import SpanRecord

__all__ = ["DIALECT"]

_TYPE = "netra.span.type"
_NAME = "netra.instrumentation.name"
_KINDS = {"AGENT": "agent", "TOOL": "tool", "SPAN": "chain"}
_CALL = {"name", "arguments"}


def _kind(record: SpanRecord) -> str | None:
    """A call of the Responses API has a type of its own."""
    if record.attributes.get("llm.request.type") == "response":
        return "model"
    value = record.attributes.get(_TYPE)
    return None if value is None else _KINDS.get(str(value))


def _content(record: SpanRecord) -> Content:
    if _NAME not in record.attributes:
        return Content()
    rows = numbered(record, semconv.OTHER_COMPLETION_PREFIX)
    return Content(
        inputs=[_message(each) for each in numbered(record, semconv.OTHER_PROMPT_PREFIX)],
        outputs=[_message(each) for each in rows if "role" in each],
    )


def _message(flat: dict[str, Any]) -> Message:
    call = json_or_text(flat.get("content"))
    if flat.get("role") == "assistant" and isinstance(call, dict) and call.keys() == _CALL:
        call_id = flat.get("tool_call_id")
        return message_of({"role": "assistant", "tool_calls": [{"id": call_id, **call}]})
    return message_of(flat)


DIALECT = Dialect(
    "netra",
    scopes=("netra.",),
    marks=frozenset({_TYPE}),
    hints=frozenset({_NAME}),
    kind=_kind,
    fields={
        semconv.CONVERSATION_ID: ("netra.session_id",),
        semconv.USER_ID: ("netra.user_id",),
        semconv.AGENT_NAME: ("netra.agent.name",),
        semconv.RESPONSE_FINISH_REASONS: (semconv.OTHER_COMPLETION_1_FINISH_REASON,),
    },
    step_fields={semconv.INPUT_MESSAGES: ("input",), semconv.OUTPUT_MESSAGES: ("output",)},
    content=_content,
)
