"""Log records with all messages of a span, as AWS's distribution makes them for Bedrock AgentCore.

It takes texts off the spans of any emitter, and puts them into one log record for each span:
``{"input": {"messages": [...]}, "output": {"messages": [...]}}``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hilt import semconv
from hilt.genai.json_values import get_path, json_or_text
from hilt_otel_exporters.dialects.messages import blocks_in_text
from hilt_otel_exporters.span_record import SpanRecord

__all__ = ["is_grouped", "take_in_grouped_messages"]

_OF_SPANS = {"input": semconv.INPUT_MESSAGES, "output": semconv.OUTPUT_MESSAGES}
_OF_TOOLS = {"input": semconv.TOOL_CALL_ARGUMENTS, "output": semconv.TOOL_CALL_RESULT}


def is_grouped(body: object) -> bool:
    """Whether the body of a log record holds the messages of a span."""
    return any(isinstance(get_path(body, side, "messages"), list) for side in _OF_SPANS)


def take_in_grouped_messages(record: SpanRecord) -> None:
    """Give a span the messages of its log record as attributes, where it has none itself."""
    is_tool = record.attributes.get(semconv.OPERATION_NAME) == "execute_tool"
    for log in record.logs:
        body = json_or_text(log.body)
        if not is_grouped(body):
            continue
        for side, name in (_OF_TOOLS if is_tool else _OF_SPANS).items():
            messages = get_path(body, side, "messages")
            if name in record.attributes or not isinstance(messages, list) or not messages:
                continue
            read = [_message(each) for each in messages if isinstance(each, Mapping)]
            if read:
                record.replace({name: read[-1]["content"] if is_tool else read})


def _message(grouped: Mapping[str, Any]) -> dict[str, Any]:
    """A message out of the attributes of the span event that it was."""
    content, role = grouped.get("content"), grouped.get("role")
    rest: dict[str, Any] = {}
    if isinstance(content, Mapping):
        event = content
        content = event.get("message", event.get("content"))
        rest = {key: event[key] for key in ("finish_reason", "tool_calls") if key in event}
        role = event.get("role", role)
        if event.get("id"):
            rest["tool_call_id"] = event["id"]
    if isinstance(content, str):
        content = blocks_in_text(content)
    return {"role": role, "content": content, **rest}
