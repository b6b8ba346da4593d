"""Messages that are flattened into attributes: ``llm.input_messages.0.message.content``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hilt.genai.json_values import get_path
from hilt.genai.values import Message
from hilt_otel_exporters.dialects.messages import blocks_in_text, message_of
from hilt_otel_exporters.dialects.numbered_attributes import numbered
from hilt_otel_exporters.span_record import SpanRecord

__all__ = ["flattened_messages"]


def flattened_messages(record: SpanRecord, prefix: str) -> list[Message]:
    """The messages below a prefix: ``prefix.0.message.role`` and so on."""
    rows = [get_path(each, "message") for each in numbered(record, prefix)]
    messages = [message_of(_chat_message(row)) for row in rows if isinstance(row, Mapping)]
    return [each for each in messages if each["parts"] or each["role"] != "assistant"]


def _chat_message(flat: Mapping[str, Any]) -> dict[str, Any]:
    """A message of flattened keys as one of the chat API."""
    raw: dict[str, Any] = {"role": flat.get("role"), "content": flat.get("content")}
    if isinstance(raw["content"], str) and '"type"' in raw["content"]:
        raw["content"] = blocks_in_text(raw["content"])
    blocks = flat.get("contents")
    if isinstance(blocks, list):
        raw["content"] = [_block(block) for block in blocks if isinstance(block, Mapping)]
    calls = flat.get("tool_calls")
    if isinstance(calls, list):
        raw["tool_calls"] = [get_path(call, "tool_call") for call in calls]
    for name in ("tool_call_id", "name"):
        if flat.get(name):
            raw[name] = flat[name]
    return raw


def _block(block: Mapping[str, Any]) -> dict[str, Any]:
    call, content = block.get("tool_call"), block.get("message_content")
    if isinstance(call, Mapping):  # among the tool calls, too: there it is known by its id
        return {"type": "tool_call", **call}
    url = get_path(content, "image", "image", "url")
    if url:
        return {"type": "image_url", "image_url": {"url": url}}
    return dict(content) if isinstance(content, Mapping) else {}
