"""Messages and their parts, as in the OpenTelemetry GenAI conventions.

Binary content is replaced by what a HILT log has of it: type, size and SHA-256.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hilt.testing.provider.answers import Json, Message

__all__ = ["blob", "call", "link", "message", "result", "text"]


def message(role: str, parts: list[Json]) -> Message:
    """A message."""
    return {"role": role, "parts": parts}


def text(content: Any, kind: str = "text") -> Json:
    """A part with text or, if ``kind`` is ``reasoning``, with reasoning."""
    return {"type": kind, "content": content if isinstance(content, str) else ""}


def call(name: Any, arguments: Any, call_id: Any = None) -> Json:
    """A part with a tool call; arguments that are JSON text are decoded."""
    return {"type": "tool_call", "id": call_id, "name": name, "arguments": _decoded(arguments)}


def result(response: Any, call_id: Any = None) -> Json:
    """A part with the result of a tool."""
    return {"type": "tool_call_response", "id": call_id, "response": response}


def link(url: Any) -> Json:
    """A part with a URL; a data URL becomes a blob."""
    head, comma, data = str(url).partition(",")
    if comma and head.startswith("data:"):
        return blob(data, head[5:].partition(";")[0])
    return {"type": "uri", "uri": url}


def blob(data: Any, mime_type: Any = None) -> Json:
    """A part with binary content, given in base64."""
    try:
        # Gemini's SDK writes the URL-safe alphabet.
        raw = base64.b64decode(str(data).replace("-", "+").replace("_", "/"))
    except (binascii.Error, ValueError):
        raw = str(data).encode()
    return {
        "type": "blob",
        "mime_type": mime_type,
        "size": len(raw),
        "sha256": hashlib.sha256(raw).hexdigest(),
    }


def _decoded(arguments: Any) -> Any:
    if not isinstance(arguments, str):
        return arguments
    try:
        return json.loads(arguments)
    except ValueError:
        return arguments
