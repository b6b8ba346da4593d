"""Gemini's contents and parts, in the shape of the conventions.

Read from the wire's JSON (``functionCall``) and from the SDKs' objects (``function_call``) alike.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import Any

from hilt.core.plain_json import to_sent_json
from hilt.genai.coerce import as_list, role_of, unknown_part
from hilt.genai.json_values import get_path, to_plain_json
from hilt.genai.media import blob_of_base64
from hilt.genai.values import BinaryPiece, Message, Part
from hilt.providers._message_parts import (
    server_tool_call,
    server_tool_response,
    text_part,
    tool_call,
    tool_response,
)

__all__ = [
    "continuation_token",
    "enum_name",
    "get_field",
    "message_of",
    "part_of",
    "parts_of",
    "raw_parts",
    "snake_case",
    "sound_of",
]

_ROLES = {"model": "assistant", "function": "user"}
_MODALITIES = ("image", "audio", "video")
_URL_SAFE = str.maketrans("+/", "-_")


# -- fields -----------------------------------------------------------------------------------


@lru_cache(maxsize=256)
def snake_case(name: str) -> str:
    """``functionCall`` as the SDK writes it, ``function_call``."""
    return re.sub("([A-Z])", r"_\1", name).lower()


def get_field(value: object, name: str) -> Any:
    """A field by its name on the wire, or by the name that the SDK gives it."""
    field = get_path(value, name)
    return get_path(value, snake_case(name)) if field is None else field


def enum_name(value: object) -> str | None:
    """The name of an enumeration's member, ``STOP``, from the wire or from the SDK."""
    name = getattr(value, "value", value)
    return str(name) if name else None


def continuation_token(value: object) -> str | None:
    """The hash of an unfinished answer's token, the same in both alphabets of base64.

    Args:
        value: The candidate that has the token, or the request that goes on with it.
    """
    token = get_field(value, "continuationToken")
    if not token or not isinstance(token, str):
        return None
    return hashlib.sha256(token.translate(_URL_SAFE).encode("utf-8", "replace")).hexdigest()


# -- messages and parts -----------------------------------------------------------------------


def message_of(content: object) -> Message:
    """A content as a message."""
    if isinstance(content, str):
        return {"role": "user", "parts": [{"type": "text", "content": content}]}
    role = role_of(content, "user")
    return {"role": _ROLES.get(role, role), "parts": parts_of(content)}


def raw_parts(content: object) -> Sequence[Any]:
    """The parts of a content, as they came."""
    parts = get_path(content, "parts")
    return parts if type(parts) is list else as_list(parts)


def parts_of(content: object) -> list[Part]:
    """The parts of a content, with text that was cut in pieces joined."""
    if isinstance(content, str):
        return [{"type": "text", "content": content}]
    parts: list[Part] = []
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
        parts.append(part)
    return parts


def part_of(part: object) -> Part:
    """A part in the shape of the conventions; binary content becomes a blob."""
    if isinstance(part, str):
        return {"type": "text", "content": part}
    text = get_field(part, "text")
    if text is not None:
        is_reasoning = get_field(part, "thought") is True
        return {**text_part(text), "type": "reasoning"} if is_reasoning else text_part(text)
    for name, read in _PARTS:
        value = get_field(part, name)
        if value is not None:
            return read(value)
    return _plain_part(part)


def _inline_data_part(data: object) -> Part:
    part = blob_of_base64(get_field(data, "data") or b"", get_field(data, "mimeType"))
    name = get_field(data, "displayName")  # by which the result of a tool refers to it
    return {**part, "name": name} if name else part


def sound_of(part: object) -> BinaryPiece | None:
    """A part that is sound, of which a stream has pieces; None for any other."""
    data = get_field(part, "inlineData")
    mime_type = None if data is None else get_field(data, "mimeType")
    if not isinstance(mime_type, str) or not mime_type.startswith("audio/"):
        return None
    return BinaryPiece("sound", get_field(data, "data") or b"", mime_type)


def _file_data_part(file: object) -> Part:
    mime_type = get_field(file, "mimeType")
    modality = str(mime_type or "").partition("/")[0]
    part: Part = {"type": "uri", "modality": modality if modality in _MODALITIES else "document"}
    if mime_type:
        part["mime_type"] = mime_type
    part["uri"] = str(get_field(file, "fileUri") or "")
    return part


def _tool_call_part(call: object) -> Part:
    return tool_call(get_field(call, "id"), get_field(call, "name"), get_field(call, "args"))


def _tool_response_part(response: object) -> Part:
    value = to_plain_json(get_field(response, "response"))
    part = tool_response(get_field(response, "id"), value)
    part["name"] = get_field(response, "name") or ""
    media = [part_of(each) for each in as_list(get_field(response, "parts"))]
    return {**part, "parts": media} if media else part


def _server_tool_call_part(kind: str, call: object) -> Part:
    return server_tool_call(get_field(call, "id"), kind, {"type": kind, **_plain_fields(call)})


def _server_tool_response_part(kind: str, response: object) -> Part:
    details = {"type": kind, **_plain_fields(response)}
    return server_tool_response(get_field(response, "id"), details)


def _plain_fields(value: object) -> dict[str, Any]:
    plain = to_sent_json(value)
    return plain if isinstance(plain, dict) else {"value": plain}


_PARTS: tuple[tuple[str, Callable[[object], Part]], ...] = (
    ("functionCall", _tool_call_part),
    ("functionResponse", _tool_response_part),
    ("inlineData", _inline_data_part),
    ("fileData", _file_data_part),
    ("executableCode", partial(_server_tool_call_part, "code_execution")),
    ("codeExecutionResult", partial(_server_tool_response_part, "code_execution")),
    ("toolCall", partial(_server_tool_call_part, "tool")),
    ("toolResponse", partial(_server_tool_response_part, "tool")),
)


def _plain_part(part: object) -> Part:
    plain = to_sent_json(part)
    if not isinstance(plain, dict) or "type" in plain:
        return unknown_part(plain)
    fields = {name: value for name, value in plain.items() if value is not None}
    return {"type": next(iter(fields), "unknown"), **fields}
