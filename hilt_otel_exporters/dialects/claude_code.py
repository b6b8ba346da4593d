"""Claude Code: a span for each prompt, request and tool, whose input leaves out cached tokens."""

from __future__ import annotations

import re
from typing import Any

from hilt import semconv
from hilt.genai.coerce import count_or_none
from hilt.genai.json_values import json_or_text
from hilt.genai.values import Message, Usage
from hilt_otel_exporters.dialects.dialect import PLUMBING, Content, Dialect, SpanReading
from hilt_otel_exporters.dialects.messages import parts_of
from hilt_otel_exporters.dialects.text_values import number_in_text
from hilt_otel_exporters.span_record import SpanRecord

__all__ = ["DIALECT"]

_TYPE = "span.type"
_KINDS = {"llm_request": "model", "tool": "tool", "interaction": "agent"}
_HIDDEN = "<REDACTED>"
_BETWEEN = "\n\n---\n\n"
_RESULT = re.compile(r"\[TOOL RESULT: ([^\]\n]+)\]\n")
_HEADING = re.compile(r"\[(?:USER(?: PROMPT)?|TOOL (?:INPUT|RESULT): [^\]\n]+)\]\n")
_OUTPUT_EVENT = "tool.output"
_DETAILS = {"full_command": "command", "file_path": "file_path", "skill_name": "skill"}


def _kind(record: SpanRecord) -> str:
    return _KINDS.get(str(record.attributes.get(_TYPE)), PLUMBING)


def _text(record: SpanRecord, name: str) -> str:
    """The text of an attribute; "" if there is none, or if a setting hides it."""
    value = record.attributes.get(name)
    return value if isinstance(value, str) and value != _HIDDEN else ""


def _content(record: SpanRecord) -> Content:
    context, answer = _text(record, "new_context"), _text(record, "response.model_output")
    system = _text(record, "user_system_prompt")
    return Content(
        inputs=[_message(each) for each in context.split(_BETWEEN)] if context else None,
        outputs=[{"role": "assistant", "parts": parts_of(answer)}] if answer else None,
        instructions=parts_of(system) if system else None,
    )


def _message(text: str) -> Message:
    result = _RESULT.match(text)
    if result is None:
        return {"role": "user", "parts": parts_of(_HEADING.sub("", text, count=1))}
    response = {"type": "tool_call_response", "id": result[1], "response": text[result.end() :]}
    return {"role": "tool", "parts": [response]}


def _error(record: SpanRecord) -> str | None:
    if record.attributes.get("success") is not False:
        return None
    return str(record.attributes.get("error") or "")


def _amend(reading: SpanReading) -> None:
    call, step, attributes = reading.call, reading.step, reading.record.attributes
    if call is not None:
        if call.response is not None and call.response.usage is not None:
            _add_cached(call.response.usage)
        call.first_chunk_ms = number_in_text(attributes.get("ttft_ms"))
        attempt = count_or_none(attributes.get("attempt"))
        call.attempts = attempt if attempt != 1 else None
    elif step is not None and step.kind == "agent":
        step.name, step.input_text = "claude-code", _text(reading.record, "user_prompt") or None
    elif step is not None:
        step.arguments, step.result = _arguments(reading.record), _result(reading.record)


def _add_cached(usage: Usage) -> None:
    """Let the input have all of it: Claude Code counts it as Anthropic's API does."""
    if usage.input_tokens is not None:
        cached = (usage.cache_read_tokens or 0) + (usage.cache_write_tokens or 0)
        usage.input_tokens += cached


def _arguments(record: SpanRecord) -> Any:
    """A tool's input, or what is known of it."""
    whole = _text(record, "tool_input")
    if whole:
        return json_or_text(_HEADING.sub("", whole, count=1))
    known = {plain: _text(record, name) for name, plain in _DETAILS.items()}
    return {name: value for name, value in known.items() if value} or None


def _result(record: SpanRecord) -> Any:
    for event in reversed(record.events):
        if event.name == _OUTPUT_EVENT:
            output = event.attributes.get("output", event.attributes.get("content"))
            if output is not None and output != _HIDDEN:
                return output
    return _HEADING.sub("", _text(record, "new_context"), count=1) or None


DIALECT = Dialect(
    "claude-code",
    scopes=("com.anthropic.claude_code",),
    only_genai=True,
    kind=_kind,
    prefer={
        semconv.REQUEST_MODEL: ("model",),
        semconv.USAGE_INPUT_TOKENS: ("input_tokens",),
        semconv.USAGE_OUTPUT_TOKENS: ("output_tokens",),
        semconv.USAGE_CACHE_READ_INPUT_TOKENS: ("cache_read_tokens",),
        semconv.USAGE_CACHE_WRITE_INPUT_TOKENS: ("cache_creation_tokens",),
        semconv.RESPONSE_FINISH_REASONS: ("stop_reason",),
        semconv.OTHER_RESPONSE_REQUEST_ID: ("request_id",),
        semconv.HTTP_RESPONSE_STATUS_CODE: ("status_code",),
        semconv.TOOL_NAME: ("tool_name",),
        semconv.TOOL_CALL_ID: ("tool_use_id",),
    },
    content=_content,
    error=_error,
    amend=_amend,
)
