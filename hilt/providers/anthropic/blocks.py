"""Anthropic's messages and their content blocks, in the shape of the conventions."""

from __future__ import annotations

from hilt.core.credentials import without_credentials_in
from hilt.core.plain_json import to_sent_json
from hilt.genai.coerce import as_list, role_of, text_or_parts, to_text, unknown_part
from hilt.genai.json_values import get_path, to_plain_json
from hilt.genai.media import blob, blob_of_base64, blob_of_url
from hilt.genai.values import Message, Part
from hilt.providers._message_parts import (
    file_part,
    server_tool_call,
    server_tool_response,
    text_part,
    tool_call,
    tool_response,
)

__all__ = ["instructions_of", "message_of", "part_of", "parts_of"]

_MODALITIES = ("image", "document")


def instructions_of(system: object) -> list[Part] | None:
    """System instructions as parts: a text, or a list of text blocks."""
    if isinstance(system, str):
        return [{"type": "text", "content": system}] if system else None
    return parts_of(system) or None


def message_of(raw: object) -> Message:
    """A message of a request or an answer."""
    role = role_of(raw, "user")
    return {"role": role, "parts": parts_of(get_path(raw, "content"))}


def parts_of(content: object) -> list[Part]:
    """The parts of a content: a text, or a list of blocks."""
    if isinstance(content, str):
        return [{"type": "text", "content": content}]
    return [part_of(block) for block in as_list(content)]


def part_of(block: object) -> Part:
    """A content block; binary content becomes a blob."""
    kind = get_path(block, "type")
    if kind == "text":
        return _cited_text_part(block)
    if type(kind) is not str:
        return {"type": "text", "content": block} if isinstance(block, str) else unknown_part(block)
    read = _BLOCKS.get(kind)
    if read is not None:
        return read(block)
    if kind.endswith("tool_use"):  # the provider runs it
        return _server_tool_call_part(block, kind)
    if kind.endswith("tool_result"):
        return _server_tool_response_part(block, kind)
    plain: Part = to_sent_json(block)
    return {name.rstrip("_"): value for name, value in plain.items()}  # the SDK has ``from_``


def _cited_text_part(block: object) -> Part:
    part = text_part(get_path(block, "text"))
    citations = get_path(block, "citations")
    if isinstance(citations, (list, tuple)) and citations:
        part["citations"] = to_sent_json(citations)
    return part


def _reasoning_part(block: object) -> Part:
    return {"type": "reasoning", "content": to_text(get_path(block, "thinking"))}


def _redacted_reasoning_part(_: object) -> Part:
    return {"type": "reasoning", "content": "", "redacted": True}


def _tool_call_part(block: object) -> Part:
    return tool_call(get_path(block, "id"), get_path(block, "name"), get_path(block, "input"))


def _tool_response_part(block: object) -> Part:
    content = get_path(block, "content")
    if isinstance(content, (list, tuple)):
        response = text_or_parts([part_of(each) for each in content])
    else:
        response = to_plain_json(content) or ""
    part = tool_response(get_path(block, "tool_use_id"), response)
    return {**part, "is_error": True} if get_path(block, "is_error") else part


def _server_tool_call_part(block: object, kind: str) -> Part:
    details = {"type": kind, "arguments": to_plain_json(get_path(block, "input")) or {}}
    return server_tool_call(get_path(block, "id"), get_path(block, "name"), details)


def _server_tool_response_part(block: object, kind: str) -> Part:
    content = to_sent_json(get_path(block, "content"))
    if get_path(block, "is_error"):
        content = without_credentials_in(content)
    return server_tool_response(get_path(block, "tool_use_id"), {"type": kind, "content": content})


def _stored_file_part(block: object) -> Part:
    return file_part(get_path(block, "file_id"))


def _source_part(block: object) -> Part:
    """An image or a document: in base64, as text, at a URL, or in the files API."""
    source, modality = get_path(block, "source"), get_path(block, "type")
    form, mime_type = get_path(source, "type"), get_path(source, "media_type")
    data = get_path(source, "data")
    if form == "base64":
        return blob_of_base64(data or "", mime_type, modality)
    if form == "url":
        return blob_of_url(get_path(source, "url"), mime_type, modality)
    if form == "file":
        return file_part(get_path(source, "file_id"), modality)
    if form != "content" and isinstance(data, (bytes, bytearray)):
        return blob(bytes(data), mime_type, modality)
    part: Part = {"type": modality}
    for name in ("title", "context"):
        if get_path(block, name):
            part[name] = get_path(block, name)
    part["content"] = parts_of(get_path(source, "content")) if form == "content" else data or ""
    return part


_BLOCKS = {
    "thinking": _reasoning_part,
    "redacted_thinking": _redacted_reasoning_part,
    "tool_use": _tool_call_part,
    "tool_result": _tool_response_part,
    "container_upload": _stored_file_part,
    "file": _stored_file_part,
    **dict.fromkeys(_MODALITIES, _source_part),
}
