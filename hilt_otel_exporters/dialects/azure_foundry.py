"""Azure AI Foundry's SDK: a call of an agent is a call of its model, which has no other span."""

from __future__ import annotations

from hilt import semconv
from hilt.genai.json_values import json_or_text
from hilt.genai.values import Message
from hilt_otel_exporters.dialects.dialect import Content, Dialect
from hilt_otel_exporters.dialects.messages import messages_of
from hilt_otel_exporters.span_record import SpanRecord

__all__ = ["DIALECT"]

_NAMESPACE = "az.namespace"


def _kind(record: SpanRecord) -> str | None:
    """An agent that has answered there has a response of its own, with its tokens."""
    attributes = record.attributes
    is_agent = attributes.get(semconv.OPERATION_NAME) == "invoke_agent"
    return "model" if is_agent and semconv.RESPONSE_ID in attributes else None


def _content(record: SpanRecord) -> Content:
    """The messages where they are span events: a release may be told to write them so."""
    return Content(
        inputs=_messages(record, semconv.INPUT_MESSAGES, "user"),
        outputs=_messages(record, semconv.OUTPUT_MESSAGES, "assistant"),
    )


def _messages(record: SpanRecord, name: str, role: str) -> list[Message]:
    return [
        message
        for event in record.events
        if event.name == name
        for message in messages_of(
            json_or_text(event.attributes.get(semconv.OTHER_EVENT_CONTENT)), role
        )
    ]


DIALECT = Dialect(
    "azure-foundry",
    hints=frozenset({_NAMESPACE}),
    kind=_kind,
    content=_content,
)
