"""Mistral's messages, whose documents, audio and files are not written as OpenAI's are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hilt.genai.coerce import str_or_empty
from hilt.genai.json_values import get_path
from hilt.genai.values import Message
from hilt.providers import _chat_messages

__all__ = ["message_of"]


def message_of(raw: Any) -> Message:
    """A message of a request or an answer."""
    content = get_path(raw, "content")
    if isinstance(content, list) and any(_kind_of(part) in _OWN_KINDS for part in content):
        raw = {**raw, "content": [_as_openai_has_it(part) for part in content]}
    return _chat_messages.message_of(raw)


def _kind_of(part: object) -> str:
    return str_or_empty(get_path(part, "type"))


def _as_openai_has_it(part: Any) -> Any:
    rewrite = _OWN_KINDS.get(_kind_of(part))
    return part if rewrite is None else rewrite(part)


def _document(part: Any) -> Any:
    url = str(get_path(part, "document_url") or "")
    if url.startswith("data:"):
        return {"type": "file", "file": {"file_data": url}}
    return {**part, "type": "uri", "modality": "document", "uri": url}


def _audio(part: Any) -> Any:
    audio = get_path(part, "input_audio")
    if not isinstance(audio, str):
        return part
    if audio.startswith(("http:", "https:")):
        return {"type": "uri", "modality": "audio", "uri": audio}
    data = audio.partition("base64,")[2] or audio
    return {"type": "input_audio", "input_audio": {"data": data}}


def _stored_file(part: Any) -> Any:
    return {"type": "file", "file": {"file_id": get_path(part, "file_id")}}


_OWN_KINDS: dict[str, Callable[[Any], Any]] = {
    "document_url": _document,
    "input_audio": _audio,
    "file": _stored_file,
}
