"""Gemini's contents and parts, in our shape.

Read from the wire's JSON (``functionCall``) and from the SDKs' objects (``function_call``) alike.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from hilt.genai.coerce import as_list, to_text, unknown_part
from hilt.genai.json_values import get_path, to_plain_json
from hilt.genai.media import blob_of_base64
from hilt.genai.values import Message, Part

__all__ = ["field", "message_of", "name_of", "part_of", "parts_of", "raw_parts", "snake"]

_ROLES = {"model": "assistant", "function": "user"}


@lru_cache(maxsize=256)
def snake(name: str) -> str:
    """``functionCall`` as the SDK writes it, ``function_call``."""
    return re.sub("([A-Z])", r"_\1", name).lower()


def field(value: Any, name: str) -> Any:
    """A field by its name on the wire, or by the name that the SDK gives it."""
    found = get_path(value, name)
    return get_path(value, snake(name)) if found is None else found


def name_of(value: Any) -> str | None:
    """An enumeration's word, ``STOP``, from the wire or from the SDK's enumeration."""
    word = getattr(value, "value", value)
    return str(word) if word else None


def raw_parts(content: Any) -> Sequence[Any]:
    """The parts of a content, as they came."""
    parts = get_path(content, "parts")
    return parts if type(parts) is list else as_list(parts)


def message_of(content: Any) -> Message:
    """A content in our shape."""
    if isinstance(content, str):
        return {"role": "user", "parts": [{"type": "text", "content": content}]}
    role = str(get_path(content, "role") or "user")
    return {"role": _ROLES.get(role, role), "parts": parts_of(content)}


def parts_of(content: Any) -> list[Part]:
    """The parts of a content, with text that was cut in pieces joined."""
    if isinstance(content, str):
        return [{"type": "text", "content": content}]
    found: list[Part] = []
    last: dict[str, Part] = {}  # the text or reasoning that a further piece belongs to
    for raw in raw_parts(content):
        part = part_of(raw)
        kind = part["type"]
        if kind not in ("text", "reasoning"):
            last.clear()
        elif kind in last:
            last[kind]["content"] += part["content"]
            continue
        elif not part["content"]:
            continue  # an empty text that carries a thought signature
        else:
            last[kind] = part
        found.append(part)
    return found


def part_of(part: Any) -> Part:
    """A part in our shape; binary content becomes a blob."""
    if isinstance(part, str):
        return {"type": "text", "content": part}
    text = field(part, "text")
    if text is not None:
        kind = "reasoning" if field(part, "thought") is True else "text"
        return {"type": kind, "content": text if type(text) is str else to_text(text)}
    for name, read in _KINDS:
        value = field(part, name)
        if value is not None:
            return read(value)
    return _plain_part(part)


def _inline(data: Any) -> Part:
    return blob_of_base64(field(data, "data") or b"", field(data, "mimeType"))


def _file(file: Any) -> Part:
    mime_type = field(file, "mimeType")
    part: Part = {"type": "uri", "modality": str(mime_type or "document").partition("/")[0]}
    if mime_type:
        part["mime_type"] = mime_type
    if part["modality"] not in ("image", "audio", "video"):
        part["modality"] = "document"
    part["uri"] = str(field(file, "fileUri") or "")
    return part


def _call(call: Any) -> Part:
    part: Part = {"type": "tool_call"}
    if field(call, "id"):
        part["id"] = field(call, "id")
    part["name"] = field(call, "name") or ""
    part["arguments"] = to_plain_json(field(call, "args")) or {}
    return part


def _result(result: Any) -> Part:
    part: Part = {"type": "tool_call_response"}
    if field(result, "id"):
        part["id"] = field(result, "id")
    part["name"] = field(result, "name") or ""
    part["response"] = to_plain_json(field(result, "response"))
    media = [part_of(each) for each in as_list(field(result, "parts"))]
    if media:
        part["parts"] = media
    return part


def _server_call(kind: str) -> Any:
    def read(call: Any) -> Part:
        part: Part = {"type": "server_tool_call", "name": kind}
        if field(call, "id"):
            part["id"] = field(call, "id")
        part["server_tool_call"] = {"type": kind, **_dict(call)}
        return part

    return read


def _server_result(kind: str) -> Any:
    def read(result: Any) -> Part:
        part: Part = {"type": "server_tool_call_response"}
        if field(result, "id"):
            part["id"] = field(result, "id")
        part["server_tool_call_response"] = {"type": kind, **_dict(result)}
        return part

    return read


def _dict(value: Any) -> dict[str, Any]:
    found = to_plain_json(value)
    return found if isinstance(found, dict) else {"value": found}


_KINDS = (
    ("functionCall", _call),
    ("functionResponse", _result),
    ("inlineData", _inline),
    ("fileData", _file),
    ("executableCode", _server_call("code_execution")),
    ("codeExecutionResult", _server_result("code_execution")),
    ("toolCall", _server_call("tool")),
    ("toolResponse", _server_result("tool")),
)


def _plain_part(part: Any) -> Part:
    found = to_plain_json(part)
    if not isinstance(found, dict) or "type" in found:
        return unknown_part(found)
    found = {name: value for name, value in found.items() if value is not None}
    return {"type": next(iter(found), "unknown"), **found}
