"""The conventions up to 1.27: the prompt and the completion are one span event each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hilt import semconv
from hilt.genai.json_values import json_or_text
from hilt_otel_exporters.dialects.dialect import Content, Dialect
from hilt_otel_exporters.dialects.messages import messages_of
from hilt_otel_exporters.span_record import SpanRecord

__all__ = ["DIALECT"]

_PROMPT = (semconv.OTHER_CONTENT_PROMPT_EVENT, semconv.OLD_PROMPT)
_COMPLETION = (semconv.OTHER_CONTENT_COMPLETION_EVENT, semconv.OLD_COMPLETION)


def _content(record: SpanRecord) -> Content:
    return Content(
        inputs=messages_of(_listed(record, *_PROMPT)),
        outputs=messages_of(_listed(record, *_COMPLETION), "assistant"),
    )


def _listed(record: SpanRecord, event_name: str, attribute: str) -> Any:
    """The messages of the last event of this name, without what is among them and is none."""
    for event in reversed(record.events):
        if event.name == event_name:
            value = json_or_text(event.attributes.get(attribute))
            if isinstance(value, list) and any(isinstance(each, Mapping) for each in value):
                return [each for each in value if isinstance(each, Mapping)]
            return value
    return None


DIALECT = Dialect(
    "content-events",
    event_names=frozenset({_PROMPT[0], _COMPLETION[0]}),
    content=_content,
)
