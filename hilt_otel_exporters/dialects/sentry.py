"""Sentry: official names, with answers and tool calls in attributes of their own."""

from __future__ import annotations

from typing import Any

from hilt import semconv
from hilt.genai.values import Message
from hilt_otel_exporters.dialects.dialect import Content, Dialect, SpanReading
from hilt_otel_exporters.dialects.messages import message_of, messages_of, parts_of, tools_of
from hilt_otel_exporters.span_record import SpanRecord

__all__ = ["DIALECT"]

_CONTENT = (
    semconv.OTHER_REQUEST_MESSAGES,
    semconv.OTHER_REQUEST_AVAILABLE_TOOLS,
)


def _content(record: SpanRecord) -> Content:
    tools = record.json(semconv.OTHER_REQUEST_AVAILABLE_TOOLS)
    return Content(
        inputs=messages_of(record.json(semconv.OTHER_REQUEST_MESSAGES)),
        outputs=_answers(record),
        tools=tools_of(tools if isinstance(tools, list) else None),
    )


def _answers(record: SpanRecord) -> list[Message]:
    """The answers: a text, or a list with that of each choice; the first has the tool calls."""
    recorded = record.attributes.get(semconv.OTHER_RESPONSE_TEXT)
    texts = record.json(semconv.OTHER_RESPONSE_TEXT)
    if not isinstance(texts, list) or not all(isinstance(each, str) for each in texts):
        texts = [recorded] if isinstance(recorded, str) and recorded else []
    answers = [message_of(each, "assistant") for each in texts]
    calls: Any = record.json(semconv.OTHER_RESPONSE_TOOL_CALLS)
    parts = [part for call in calls for part in parts_of(call)] if isinstance(calls, list) else []
    if parts and not answers:
        answers = [{"role": "assistant", "parts": []}]
    if parts:
        answers[0]["parts"] = [*answers[0]["parts"], *parts]
    return answers


def _amend(reading: SpanReading) -> None:
    """Take out of the request's parameters what is none."""
    if reading.call is not None:
        for name in _CONTENT:
            reading.call.request.attributes.pop(name, None)


DIALECT = Dialect(
    "sentry",
    hints=frozenset(
        {
            semconv.OTHER_REQUEST_MESSAGES,
            semconv.OTHER_RESPONSE_TEXT,
            semconv.OTHER_RESPONSE_TOOL_CALLS,
        }
    ),
    fields={
        semconv.REQUEST_STREAM: (semconv.OTHER_RESPONSE_STREAMING,),
    },
    step_fields={
        semconv.INPUT_MESSAGES: (semconv.OTHER_REQUEST_MESSAGES,),
        semconv.OUTPUT_MESSAGES: (semconv.OTHER_RESPONSE_TEXT,),
        semconv.TOOL_CALL_ARGUMENTS: (semconv.OTHER_TOOL_INPUT,),
        semconv.TOOL_CALL_RESULT: (semconv.OTHER_TOOL_OUTPUT,),
    },
    content=_content,
    amend=_amend,
)
