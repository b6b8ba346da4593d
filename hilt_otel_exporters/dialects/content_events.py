"""The conventions up to 1.27: the prompt and the completion are one span event each."""

from __future__ import annotations

from collections.abc import Mapping

from hilt import semconv
from hilt.genai.json_values import json_or_text
from hilt.genai.values import Message
from hilt_otel_exporters.dialects.dialect import Content, Dialect
from hilt_otel_exporters.dialects.messages import recorded_messages
from hilt_otel_exporters.span_record import SpanRecord

__all__ = ["DIALECT"]

_PROMPT = (semconv.OTHER_CONTENT_PROMPT_EVENT, semconv.OLD_PROMPT)
_COMPLETION = (semconv.OTHER_CONTENT_COMPLETION_EVENT, semconv.OLD_COMPLETION)


def _content(record: SpanRecord) -> Content:
    return Content(
        inputs=_messages(record, *_PROMPT),
        outputs=_messages(record, *_COMPLETION, role="assistant"),
    )


def _messages(
    record: SpanRecord, event_name: str, attribute: str, role: str = "user"
) -> list[Message]:
    """The messages of the last event of this name, without what is among them and is none."""
    for event in reversed(record.events):
        if event.name == event_name:
            recorded = event.attributes.get(attribute)
            decoded = json_or_text(recorded)
            if isinstance(decoded, list) and any(isinstance(each, Mapping) for each in decoded):
                decoded = [each for each in decoded if isinstance(each, Mapping)]
            return recorded_messages(recorded, decoded, role)
    return []


DIALECT = Dialect(
    "content-events",
    event_names=frozenset({_PROMPT[0], _COMPLETION[0]}),
    content=_content,
)
