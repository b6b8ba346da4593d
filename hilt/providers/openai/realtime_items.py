"""What is said in a realtime session, as messages: texts, transcripts, and sound as blobs."""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Any

from hilt.genai.coerce import as_list, str_or_empty
from hilt.genai.json_values import get_path
from hilt.genai.media import blob_of_base64
from hilt.genai.values import Message, Part
from hilt.providers._message_parts import text_part
from hilt.providers.openai.items import message_of_items, message_of_output

__all__ = ["GrowingBlob", "message_of_item", "output_message"]

_TEXTS = frozenset(("input_text", "text", "output_text"))
_SOUNDS = frozenset(("input_audio", "audio", "output_audio"))


class GrowingBlob:
    """Sound that comes in pieces: its size and hash are kept, and none of its bytes."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self._size = 0

    def add(self, piece: object) -> None:
        """A piece in base64, or in bytes."""
        if not isinstance(piece, (str, bytes)):
            return
        try:
            raw = base64.b64decode(piece) if isinstance(piece, str) else piece
        except (binascii.Error, ValueError):
            return
        self._hash.update(raw)
        self._size += len(raw)

    def part(self, mime_type: str | None = None) -> Part:
        """The blob of what came so far."""
        part: Part = {"type": "blob", "modality": "audio"}
        if mime_type:
            part["mime_type"] = mime_type
        return {**part, "size": self._size, "sha256": self._hash.hexdigest()}


def message_of_item(item: object, sound: Part | None = None) -> Message:
    """An item of a conversation; ``sound`` is the blob of what its sound was."""
    if get_path(item, "type") not in ("message", None):
        return message_of_items(item)
    role = str_or_empty(get_path(item, "role")) or "user"
    return {"role": role, "parts": _parts_of(get_path(item, "content"), sound)}


def output_message(items: object, sounds: dict[str, Part]) -> Message:
    """The items of an answer as one message; ``sounds`` are blobs by the ids of items."""
    parts: list[Part] = []
    for item in as_list(items):
        if get_path(item, "type") == "message":
            parts += _parts_of(get_path(item, "content"), sounds.get(str(get_path(item, "id"))))
        else:
            parts += message_of_output([item])["parts"]
    return {"role": "assistant", "parts": parts}


def _parts_of(content: object, sound: Part | None) -> list[Part]:
    parts: list[Part] = []
    for each in as_list(content):
        kind = str_or_empty(get_path(each, "type"))
        if kind in _TEXTS:
            parts.append(text_part(get_path(each, "text")))
        elif kind in _SOUNDS:
            parts += _sound_parts(each, sound)
        else:
            parts += message_of_items({"role": "user", "content": [each]})["parts"]
    return parts


def _sound_parts(content: Any, sound: Part | None) -> list[Part]:
    transcript, data = get_path(content, "transcript"), get_path(content, "audio")
    texts = [text_part(transcript)] if isinstance(transcript, str) and transcript else []
    if isinstance(data, str) and data:
        sound = blob_of_base64(data, modality="audio")
    return [*texts, sound or {"type": "blob", "modality": "audio"}]
