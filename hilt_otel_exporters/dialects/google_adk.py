"""Google's Agent Development Kit 1.x: Gemini's own request and response as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hilt import semconv
from hilt.genai.coerce import count_or_none
from hilt.genai.json_values import get_path
from hilt_otel_exporters.dialects.dialect import PLUMBING, Content, Dialect, SpanReading
from hilt_otel_exporters.dialects.messages import messages_of, parts_of
from hilt_otel_exporters.span_record import SpanRecord

__all__ = ["DIALECT"]

_SCOPE = "gcp.vertex.agent"
_REQUEST = "gcp.vertex.agent.llm_request"
_RESPONSE = "gcp.vertex.agent.llm_response"
_KINDS = {"call_llm": "model", "agent_run": "agent", "invocation": "workflow"}


def _kind(record: SpanRecord) -> str | None:
    """Its own spans go by their names; newer ones name an operation."""
    if semconv.OPERATION_NAME in record.attributes:
        return None
    if record.scope == _SCOPE:
        return _KINDS.get(record.name.split(" ")[0], PLUMBING)
    return "model" if _REQUEST in record.attributes else None


def _content(record: SpanRecord) -> Content:
    request, answer = record.json(_REQUEST), get_path(record.json(_RESPONSE), "content")
    config = get_path(request, "config")
    return Content(
        inputs=messages_of(get_path(request, "contents")),
        outputs=messages_of(answer, "assistant") if isinstance(answer, Mapping) else None,
        instructions=parts_of(get_path(config, "system_instruction")) or None,
        tools=_tools(get_path(config, "tools")) or None,
    )


def _tools(groups: Any) -> list[dict[str, Any]]:
    return [
        {"type": "function", **{key: each[key] for key in each if key in ("name", "description")}}
        for group in (groups if isinstance(groups, list) else ())
        for each in get_path(group, "function_declarations") or ()
    ]


def _amend(reading: SpanReading) -> None:
    """The thoughts are missing from its output tokens; Gemini bills them as output."""
    call = reading.call
    counts = get_path(reading.record.json(_RESPONSE), "usage_metadata")
    if call is None or call.response is None or call.response.usage is None:
        return
    thoughts = count_or_none(get_path(counts, "thoughts_token_count"))
    if thoughts:
        answer = count_or_none(get_path(counts, "candidates_token_count")) or 0
        call.response.usage.output_tokens = answer + thoughts


DIALECT = Dialect(
    "google-adk",
    scopes=(_SCOPE,),
    marks=frozenset({_REQUEST}),
    only_genai=True,
    kind=_kind,
    fields={
        semconv.REQUEST_MODEL: ((_REQUEST, "model"),),
        semconv.RESPONSE_MODEL: ((_RESPONSE, "model_version"),),
        semconv.RESPONSE_ID: ((_RESPONSE, "response_id"),),
        semconv.CONVERSATION_ID: ("gcp.vertex.agent.session_id",),
        semconv.RESPONSE_FINISH_REASONS: ((_RESPONSE, "finish_reason"),),
        semconv.USAGE_CACHE_READ_INPUT_TOKENS: (
            (_RESPONSE, "usage_metadata", "cached_content_token_count"),
        ),
        semconv.USAGE_REASONING_OUTPUT_TOKENS: (
            (_RESPONSE, "usage_metadata", "thoughts_token_count"),
        ),
        semconv.OTHER_USAGE_RAW: ((_RESPONSE, "usage_metadata"),),
    },
    step_fields={
        semconv.TOOL_CALL_ARGUMENTS: ("gcp.vertex.agent.tool_call_args",),
        semconv.TOOL_CALL_RESULT: ("gcp.vertex.agent.tool_response",),
    },
    frameworks=frozenset({_SCOPE}),
    content=_content,
    amend=_amend,
)
