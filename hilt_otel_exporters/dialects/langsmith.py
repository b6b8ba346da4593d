"""LangSmith in OpenTelemetry mode: whole inputs and outputs as one JSON string each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hilt import semconv
from hilt.genai.json_values import get_path, to_plain_json
from hilt.genai.values import Message
from hilt_otel_exporters.dialects.dialect import Content, Dialect, SpanReading
from hilt_otel_exporters.dialects.messages import messages_of, tools_of
from hilt_otel_exporters.span_record import SpanRecord

__all__ = ["DIALECT", "answer_of_body", "request_of_body"]


def request_of_body(body: Any) -> Content:
    """What the recorded JSON of a request of OpenAI's or Anthropic's asks."""
    if not isinstance(body, Mapping):
        return Content(inputs=messages_of(body))
    asked = body.get("messages") if body.get("messages") is not None else body.get("input")
    inputs = messages_of(asked)
    said = body.get("system") if body.get("system") is not None else body.get("instructions")
    instructions = [part for message in messages_of(said, "system") for part in message["parts"]]
    tools = tools_of(body.get("tools"))
    return Content(inputs=inputs, instructions=instructions or None, tools=tools)


def answer_of_body(body: Any) -> list[Message]:
    """The answers in the recorded JSON of a response of OpenAI's or Anthropic's."""
    choices = get_path(body, "choices") if isinstance(body, Mapping) else None
    if isinstance(choices, list):
        return [
            message
            for choice in choices
            for message in messages_of(
                {
                    **(get_path(choice, "message") or {}),
                    "finish_reason": get_path(choice, "finish_reason"),
                },
                "assistant",
            )
        ]
    output = get_path(body, "output") if isinstance(body, Mapping) else None
    if isinstance(output, list):  # the Responses API: one answer, in pieces
        parts = [part for message in messages_of(output, "assistant") for part in message["parts"]]
        return [{"role": "assistant", "parts": parts}] if parts else []
    if isinstance(body, Mapping) and isinstance(body.get("content"), (list, str)):
        return messages_of({"role": "assistant", "content": body["content"]}, "assistant")
    if isinstance(output, (str, Mapping)):
        return messages_of(output, "assistant")
    return []


def _content(record: SpanRecord) -> Content:
    found = request_of_body(record.json(semconv.OLD_PROMPT))
    found.outputs = answer_of_body(record.json(semconv.OLD_COMPLETION))
    return found


def _amend(seen: SpanReading) -> None:
    call = seen.call
    if call is not None and call.response is not None:
        usage = get_path(seen.record.json(semconv.OLD_COMPLETION), "usage")
        if isinstance(usage, Mapping):
            call.response.raw_usage = to_plain_json(usage)


DIALECT = Dialect(
    "langsmith",
    lambda record: "langsmith.span.kind" in record.attributes,
    _content,
    amend=_amend,
)
