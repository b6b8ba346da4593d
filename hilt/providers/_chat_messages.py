"""Messages of the chat completions API, OpenAI's, and of the many APIs that copy it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hilt.core.plain_json import to_sent_json
from hilt.genai.coerce import (
    FIELDLESS,
    as_list,
    role_of,
    text_or_parts,
    texts_of,
    to_text,
    unknown_part,
)
from hilt.genai.json_values import field_getter, get_path, to_plain_json
from hilt.genai.media import blob_of_base64, blob_of_url
from hilt.genai.values import Message, Part
from hilt.providers._chat_extras import (
    citations_of,
    extra_parts,
    image_parts,
    reasoning_of,
)
from hilt.providers._message_parts import file_part, text_part, tool_call, tool_response

__all__ = ["FieldGetter", "answer_message_of", "message_of", "part_of"]

FieldGetter = Callable[[str], Any]
"""What reads the fields of one value."""

_TEXT_ROLES = frozenset(("user", "system", "assistant", "developer"))
_TOOL_ROLES = ("tool", "function")


def message_of(raw: object) -> Message:
    """A message of a request or an answer, in the shape of the conventions."""
    if type(raw) is dict and len(raw) == 2:  # noqa: PLR2004 # what most messages are
        role, text = raw.get("role"), raw.get("content")
        if type(text) is str and type(role) is str and role in _TEXT_ROLES:
            return {"role": role, "parts": [{"type": "text", "content": text}]}
    if isinstance(raw, FIELDLESS):  # no message at all
        return {"role": "user", "parts": [part_of(raw)]}
    get = field_getter(raw)
    role, name = role_of(raw, "assistant"), get("name")
    message: Message = {"role": role, "parts": _parts_of(get, role)}
    if name and role not in _TOOL_ROLES:
        message["name"] = name
    return message


def answer_message_of(raw: object) -> Message:
    """A message of an answer: the assistant's, also if it is no message at all."""
    message = message_of(raw)
    if isinstance(raw, FIELDLESS):
        message["role"] = "assistant"
    return message


def _parts_of(get: FieldGetter, role: str) -> list[Part]:
    parts: list[Part] = []
    if role in _TOOL_ROLES:
        return [_tool_response_part(get)]
    reasoning, refusal = reasoning_of(get), get("refusal")
    if reasoning:
        parts.append({"type": "reasoning", "content": reasoning})
    parts += _content_parts(get("content"))
    if role == "assistant":
        _add_citations(parts, citations_of(get))
    if isinstance(refusal, str) and refusal:
        parts.append({"type": "refusal", "content": refusal})
    if role == "assistant":
        parts += [*image_parts(get), *extra_parts(get).values()]
    parts += [_tool_call_part(call) for call in as_list(get("tool_calls"))]
    if get("function_call"):
        parts.append(_tool_call_part({"function": get("function_call")}))
    if get("audio"):
        parts += _audio_parts(get("audio"))
    return parts


def _add_citations(parts: list[Part], citations: list[Any]) -> None:
    text = next((part for part in parts if part["type"] == "text"), None)
    if text is not None and citations:
        text["citations"] = citations


def _content_parts(content: object) -> list[Part]:
    if isinstance(content, str):
        return [{"type": "text", "content": content}]
    return [part_of(part) for part in as_list(content)]


def _tool_response_part(get: FieldGetter) -> Part:
    content = get("content")
    if isinstance(content, (list, tuple)):
        response = text_or_parts([part_of(each) for each in content])
    else:
        response = to_plain_json(content) or ""
    return tool_response(get("tool_call_id"), response, get("name"))


def _tool_call_part(call: object) -> Part:
    if isinstance(call, FIELDLESS):
        return unknown_part(call)
    function = get_path(call, "function") or get_path(call, "custom") or {}
    arguments = get_path(function, "arguments")
    if arguments is None:
        arguments = get_path(function, "input")
    return tool_call(get_path(call, "id"), get_path(function, "name"), arguments)


def _audio_parts(audio: object) -> list[Part]:
    """An answer in audio: its transcript, and the sound or the id of the stored one."""
    parts: list[Part] = []
    if get_path(audio, "transcript"):
        parts.append(text_part(get_path(audio, "transcript")))
    if get_path(audio, "data"):
        sound = blob_of_base64(get_path(audio, "data"), modality="audio")
        parts.append({**sound, "id": get_path(audio, "id")} if get_path(audio, "id") else sound)
    elif get_path(audio, "id"):
        parts.append(file_part(get_path(audio, "id"), "audio"))
    return parts


def part_of(part: object) -> Part:
    """A content part in the shape of the conventions; binary content becomes a blob."""
    if isinstance(part, str):
        return {"type": "text", "content": part}
    kind = get_path(part, "type")
    if kind == "text" or (kind is None and get_path(part, "text") is not None):
        return text_part(get_path(part, "text"))
    read = _PARTS.get(kind) if isinstance(kind, str) else None
    if read is not None:
        return read(part)
    plain = to_sent_json(part)
    return plain if isinstance(plain, dict) and isinstance(kind, str) else unknown_part(plain)


def _refusal_part(part: object) -> Part:
    return {"type": "refusal", "content": to_text(get_path(part, "refusal"))}


def _image_part(part: object) -> Part:
    image = get_path(part, "image_url")
    return blob_of_url(image if isinstance(image, str) else get_path(image, "url"))


def _audio_part(part: object) -> Part:
    audio = get_path(part, "input_audio")
    return blob_of_base64(get_path(audio, "data"), f"audio/{get_path(audio, 'format') or 'wav'}")


def _video_part(part: object) -> Part:
    return blob_of_url(get_path(part, "video_url", "url"), modality="video")


def _file_part(part: object) -> Part:
    file = get_path(part, "file")
    data = get_path(file, "file_data")
    if data:
        text = str(data)
        return blob_of_url(text) if text.startswith("data:") else blob_of_base64(text)
    stored = file_part(get_path(file, "file_id"))
    if get_path(file, "filename"):
        stored["filename"] = get_path(file, "filename")
    return stored


def _reasoning_part(part: object) -> Part:
    """Reasoning as a part, whose text Mistral nests once more."""
    texts = texts_of(get_path(part, "thinking") or get_path(part, "text"))
    return {"type": "reasoning", "content": "".join(texts)}


_PARTS = {
    "refusal": _refusal_part,
    "image_url": _image_part,
    "input_audio": _audio_part,
    "video_url": _video_part,
    "file": _file_part,
    "thinking": _reasoning_part,
    "reasoning": _reasoning_part,
}
