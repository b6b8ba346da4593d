"""Binary content (images, audio, files) as parts of messages: a log never holds the bytes."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from hilt.genai.coerce import text_or_none
from hilt.genai.json_values import digest_of
from hilt.genai.values import Part

__all__ = ["blob", "blob_of_base64", "blob_of_url"]


def blob(data: bytes, mime_type: str | None = None, modality: str | None = None) -> Part:
    """What stands for binary content in a log: its kind, size in bytes and SHA-256."""
    part: Part = {"type": "blob"}
    mime_type = text_or_none(mime_type)
    if mime_type:
        part["mime_type"] = mime_type
    if modality or mime_type:
        part["modality"] = modality or _modality(mime_type or "")
    part.update(digest_of(data))
    return part


def blob_of_base64(data: Any, mime_type: str | None = None, modality: str | None = None) -> Part:
    """The blob of content in base64 (or in bytes, where an SDK decoded it)."""
    if isinstance(data, (bytes, bytearray)):
        return blob(bytes(data), mime_type, modality)
    try:
        raw = base64.b64decode(str(data).replace("-", "+").replace("_", "/") + "==")
    except (binascii.Error, ValueError):
        raw = str(data).encode(errors="surrogatepass")
    return blob(raw, mime_type, modality)


def blob_of_url(url: Any, mime_type: str | None = None, modality: str = "image") -> Part:
    """A ``uri`` part, or the blob of a ``data:`` URL."""
    text = str(url)
    if not text.startswith("data:"):
        part: Part = {"type": "uri", "modality": modality, "uri": text}
        if mime_type:
            part["mime_type"] = mime_type
        return part
    head, _, body = text[5:].partition(",")
    mime_type = head.split(";")[0] or mime_type
    if head.endswith(";base64"):
        return blob_of_base64(body, mime_type)
    return blob(body.encode(errors="surrogatepass"), mime_type)


def _modality(mime_type: str) -> str:
    kind = mime_type.split("/", maxsplit=1)[0]
    return kind if kind in ("image", "audio", "video") else "document"
