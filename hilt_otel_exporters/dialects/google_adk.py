"""Google's Agent Development Kit 1.x: Gemini's own request and response as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hilt import semconv
from hilt.genai.coerce import count_or_none
from hilt.genai.json_values import get_path
from hilt_otel_exporters.dialects.dialect import Content, Dialect, SpanReading
from hilt_otel_exporters.dialects.messages import messages_of, parts_of
from hilt_otel_exporters.span_record import SpanRecord

__all__ = ["DIALECT"]

_ASKED = "gcp.vertex.agent.llm_request"
_ANSWERED = "gcp.vertex.agent.llm_response"


def _content(record: SpanRecord) -> Content:
    asked, answered = record.json(_ASKED), record.json(_ANSWERED)
    said = get_path(answered, "content")
    config = get_path(asked, "config")
    declared: Any = get_path(config, "tools")
    tools = [
        {"type": "function", **{key: each[key] for key in each if key in ("name", "description")}}
        for group in (declared if isinstance(declared, list) else ())
        for each in get_path(group, "function_declarations") or ()
    ]
    return Content(
        inputs=messages_of(get_path(asked, "contents")),
        outputs=messages_of(said, "assistant") if isinstance(said, Mapping) else None,
        instructions=parts_of(get_path(config, "system_instruction")) or None,
        tools=tools or None,
    )


def _amend(seen: SpanReading) -> None:
    call, record = seen.call, seen.record
    usage = get_path(record.json(_ANSWERED), "usage_metadata")
    if call is None or call.response is None or not isinstance(usage, Mapping):
        return
    call.response.raw_usage = dict(usage)
    # ADK leaves the thoughts out of its output tokens; Gemini bills them as output.
    answer, thoughts = (
        _count(usage, "candidates_token_count"),
        _count(usage, "thoughts_token_count"),
    )
    if call.response.usage is not None and thoughts:
        call.response.usage.output_tokens = answer + thoughts


def _count(usage: Mapping[str, Any], name: str) -> int:
    return count_or_none(usage.get(name)) or 0


def _recognises(record: SpanRecord) -> bool:
    return record.scope == "gcp.vertex.agent" or _ASKED in record.attributes


DIALECT = Dialect(
    "google-adk",
    _recognises,
    _content,
    prefer={semconv.CONVERSATION_ID: ("gcp.vertex.agent.session_id",)},
    amend=_amend,
)
