"""OpenInference's spans of Haystack, whose messages are whole only in printed objects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hilt import semconv
from hilt_otel_exporters.dialects.dialect import Content, Dialect
from hilt_otel_exporters.dialects.haystack import objects_in
from hilt_otel_exporters.dialects.messages import messages_of, tools_of
from hilt_otel_exporters.span_record import SpanRecord

__all__ = ["DIALECT"]

_KIND = "openinference.span.kind"
_INPUT = "input.value"
_OUTPUT = "output.value"
_USAGE = (_OUTPUT, "replies", 0, "meta", "usage")


def _prepare(record: SpanRecord) -> None:
    """Read the objects that stand printed in the JSON of a model's input and output."""
    if record.attributes.get(_KIND) == "LLM" and record.scope.startswith(_SCOPE):
        for name in (_INPUT, _OUTPUT):
            value = record.json(name)
            if isinstance(value, Mapping):
                read = {key: objects_in(each) for key, each in value.items()}
                record.replace({name: read})


def _content(record: SpanRecord) -> Content:
    if record.attributes.get(_KIND) != "LLM":
        return Content()
    given, output = record.json(_INPUT), record.json(_OUTPUT)
    return Content(
        _messages(given, "messages", "user"),
        _messages(output, "replies", "assistant"),
        tools=tools_of(given.get("tools")) if isinstance(given, Mapping) else None,
    )


def _messages(value: Any, name: str, role: str) -> list[dict[str, Any]] | None:
    """Messages, if all of them could be read; the flattened ones are there, too."""
    listed = value.get(name) if isinstance(value, Mapping) else None
    if not isinstance(listed, list) or not all(isinstance(each, Mapping) for each in listed):
        return None
    return messages_of(listed, role)


_SCOPE = "openinference.instrumentation.haystack"
DIALECT = Dialect(
    "openinference-haystack",
    scopes=(_SCOPE,),
    fields={
        semconv.RESPONSE_FINISH_REASONS: ((_OUTPUT, "replies", 0, "meta", "finish_reason"),),
        semconv.USAGE_CACHE_READ_INPUT_TOKENS: (
            (*_USAGE, "prompt_tokens_details", "cached_tokens"),
        ),
        semconv.USAGE_REASONING_OUTPUT_TOKENS: (
            (*_USAGE, "completion_tokens_details", "reasoning_tokens"),
        ),
    },
    content=_content,
    prepare=_prepare,
)
