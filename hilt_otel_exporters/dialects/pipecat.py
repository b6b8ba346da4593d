"""Pipecat: official names, and its own for inputs, outputs, tools and times."""

from __future__ import annotations

from hilt import semconv
from hilt_otel_exporters.dialects.dialect import Content, Dialect
from hilt_otel_exporters.dialects.messages import message_of, messages_of, tools_of
from hilt_otel_exporters.span_record import SpanRecord

__all__ = ["DIALECT"]


def _content(record: SpanRecord) -> Content:
    answer, tools = record.attributes.get("output"), record.json("tools")
    return Content(
        inputs=messages_of(record.json("input")),
        outputs=[message_of(answer, "assistant")] if isinstance(answer, str) and answer else None,
        tools=tools_of(tools if isinstance(tools, list) else None),
    )


DIALECT = Dialect(
    "pipecat",
    scopes=("pipecat",),
    only_genai=True,
    prefer={
        semconv.CONVERSATION_ID: ("conversation.id",),
        semconv.RESPONSE_TIME_TO_FIRST_CHUNK: ("metrics.ttfb",),
    },
    content=_content,
)
