"""Langtrace: official names beside its own, and messages in span events (``content-events``)."""

from __future__ import annotations

from hilt import semconv
from hilt.genai.json_values import json_or_text
from hilt_otel_exporters.dialects.dialect import PLUMBING, Content, Dialect
from hilt_otel_exporters.dialects.messages import tools_of
from hilt_otel_exporters.span_record import SpanRecord

__all__ = ["DIALECT"]

_SERVICE_TYPE = "langtrace.service.type"
_INSTRUCTIONS = "instructions"


def _kind(record: SpanRecord) -> str | None:
    """Spans of frameworks have no model: they say nothing of a call."""
    is_llm = record.attributes.get(_SERVICE_TYPE) in (None, "llm", "vectordb")
    return None if is_llm or semconv.REQUEST_MODEL in record.attributes else PLUMBING


def _content(record: SpanRecord) -> Content:
    listed = record.attributes.get(semconv.OTHER_REQUEST_TOOLS)
    first = json_or_text(listed[0]) if isinstance(listed, (list, tuple)) and listed else None
    text = record.attributes.get(_INSTRUCTIONS)
    instructions = [{"type": "text", "content": text}] if isinstance(text, str) and text else None
    return Content(instructions=instructions, tools=tools_of(first))


DIALECT = Dialect(
    "langtrace",
    scopes=("langtrace_python_sdk",),
    marks=frozenset({_SERVICE_TYPE}),
    kind=_kind,
    fields={
        semconv.RESPONSE_ID: (semconv.OTHER_RESPONSE_ID,),
        semconv.USER_ID: ("user_id",),
        semconv.SERVER_ADDRESS: ("url.full",),
        semconv.USAGE_CACHE_READ_INPUT_TOKENS: (semconv.OTHER_USAGE_CACHED_TOKENS,),
        semconv.OPENAI_RESPONSE_SYSTEM_FINGERPRINT: (semconv.OTHER_SYSTEM_FINGERPRINT,),
    },
    content=_content,
)
