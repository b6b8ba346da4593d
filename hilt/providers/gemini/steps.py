"""Steps, turns and contents of Gemini's interactions, as messages and parts."""

from __future__ import annotations

from typing import Any

from hilt.core.plain_json import to_sent_json
from hilt.genai.coerce import as_list, role_of, texts_of, unknown_part
from hilt.genai.json_values import get_path, to_plain_json
from hilt.genai.media import blob_of_base64
from hilt.genai.values import Message, Part
from hilt.providers._message_parts import (
    server_tool_call,
    server_tool_response,
    text_part,
    tool_call,
    tool_response,
)

__all__ = ["MEDIA", "messages_of", "part_of", "parts_of_step", "role_of_step"]

MEDIA = ("image", "audio", "video", "document")
"""The kinds of contents that are no text."""

_SPEAKERS = {"user_input": "user", "model_output": "assistant"}
_KINDS_OF_USER = ("text", "function_result", *MEDIA)


def messages_of(value: object) -> list[Message]:
    """The messages of an input: a text, contents, turns or steps."""
    messages: list[Message] = []
    for step in as_list(value):
        role, parts = role_of_step(step), parts_of_step(step)
        if messages and messages[-1]["role"] == role and get_path(step, "role") is None:
            messages[-1]["parts"] += parts
        else:
            messages.append({"role": role, "parts": parts})
    return messages


def role_of_step(step: object) -> str:
    """The role of a step, a turn or a bare content."""
    kind = str(get_path(step, "type") or "")
    if isinstance(step, str) or kind in _KINDS_OF_USER:
        default = "user"
    else:
        default = _SPEAKERS.get(kind, "assistant")
    role = role_of(step, default)
    return "assistant" if role == "model" else role


def parts_of_step(step: object) -> list[Part]:
    """The parts of a step, a turn or a bare content."""
    kind = str(get_path(step, "type") or "")
    if get_path(step, "role") or kind in _SPEAKERS:
        content = get_path(step, "content")
        return [part for each in as_list(content) if (part := part_of(each)) is not None]
    part = part_of(step)
    return [] if part is None else [part]


def part_of(content: object) -> Part | None:
    """A content or a step as a part; None for one that holds nothing, such as a signature."""
    if isinstance(content, str):
        return {"type": "text", "content": content}
    kind = str(get_path(content, "type") or "")
    if kind == "text":
        return text_part(get_path(content, "text"))
    if kind in MEDIA:
        return _media_part(content, kind)
    if kind == "thought":
        summary = "".join(texts_of(get_path(content, "summary")))
        return {"type": "reasoning", "content": summary} if summary else None
    if kind == "function_call":
        arguments = get_path(content, "arguments")
        return tool_call(get_path(content, "id"), get_path(content, "name"), arguments)
    if kind == "function_result":
        return _tool_response_part(content)
    if kind.endswith(("_call", "_result")):
        return _server_tool_part(kind, content)
    plain = to_sent_json(content)
    has_type = isinstance(plain, dict) and isinstance(plain.get("type"), str)
    return plain if has_type else unknown_part(plain)


def _media_part(content: object, kind: str) -> Part:
    mime_type, data = get_path(content, "mime_type"), get_path(content, "data")
    if data:
        return blob_of_base64(data, mime_type, kind)
    part: Part = {"type": "uri", "modality": kind, "uri": str(get_path(content, "uri") or "")}
    return {**part, "mime_type": mime_type} if mime_type else part


def _tool_response_part(content: object) -> Part:
    result = get_path(content, "result")
    if isinstance(result, list):  # contents, which may be images
        result = [part for each in result if (part := part_of(each)) is not None]
    return tool_response(
        get_path(content, "call_id"), to_plain_json(result), get_path(content, "name")
    )


def _server_tool_part(kind: str, content: object) -> Part:
    """A call of a tool that the provider runs itself, or its result."""
    plain: dict[str, Any] = to_sent_json(content)
    plain.pop("signature", None)
    call_id, details = plain.get("id") or plain.get("call_id"), {**plain, "type": kind}
    if kind.endswith("_result"):
        return server_tool_response(call_id, details)
    name = plain.get("name") or kind.removesuffix("_call")
    return server_tool_call(call_id, name, details)
