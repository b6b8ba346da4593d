"""Requests and answers of any shape, put right: a call has its events whatever stands in them.

Adapters read what SDKs and APIs define. A program may send something else (a number for a text, a
list for a role), and a host that copies an API may answer with it. What the story cannot tell then
is put into the shapes of `hilt.genai.values` here, with what came as plain JSON in its place.
Nothing of this is in the way of a call that is as it should be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from hilt.genai.reading import encode_json, plain
from hilt.genai.values import Message, Part, Request, Response, as_is

__all__ = ["mended_request", "mended_response", "text_or_json"]

_TEXTS = frozenset(("text", "reasoning", "refusal"))


def mended_request(request: Request) -> Request:
    """The same request with every field of its type, and its messages read."""
    return msgspec.structs.replace(
        request,
        provider=_text(request.provider) or "unknown",
        operation=_text(request.operation) or "chat",
        model=_text(request.model),
        messages=[_read(request.read, raw) for raw in _listed(request.messages)],
        read=as_is,
        instructions=[_part(part) for part in _listed(request.instructions)] or None,
        attributes={str(name): plain(value) for name, value in dict(request.attributes).items()},
        tools=[plain(tool) for tool in _listed(request.tools)] or None,
        conversation=_text(request.conversation),
        previous_response=_text(request.previous_response),
        user=_text(request.user),
        server_address=_text(request.server_address),
        server_port=request.server_port if type(request.server_port) is int else None,
        documents=[plain(document) for document in _listed(request.documents)] or None,
    )


def mended_response(response: Response) -> Response:
    """The same answer with every field of its type."""
    return msgspec.structs.replace(
        response,
        id=_text(response.id),
        model=_text(response.model),
        messages=[_read(as_is, message) for message in _listed(response.messages)],
        finish_reasons=[text_or_json(reason) for reason in _listed(response.finish_reasons)],
        raw_usage=plain(response.raw_usage),
        service_tier=_text(response.service_tier),
        conversation=_text(response.conversation),
        attributes={str(name): plain(value) for name, value in dict(response.attributes).items()},
    )


def text_or_json(value: Any) -> str:
    """A text as it is; anything else as JSON."""
    return value if isinstance(value, str) else encode_json(value).decode()


def _text(value: Any) -> str | None:
    return text_or_json(value) if value else None


def _listed(value: Any) -> Iterable[Any]:
    if not value:
        return ()
    return value if isinstance(value, (list, tuple)) else [value]


def _read(read: Callable[[Any], Message], raw: Any) -> Message:
    """One message; what cannot be read becomes a part of a kind that is not known."""
    try:
        message = read(raw)
        parts = [_part(part) for part in _listed(message["parts"])]
        found = {**message, "role": text_or_json(message.get("role") or "user"), "parts": parts}
    except Exception:
        role = raw.get("role") if isinstance(raw, dict) else None
        part = {"type": "unknown", "content": plain(raw)}
        return {"role": role if isinstance(role, str) else "user", "parts": [part]}
    for name in ("name", "finish_reason"):
        if found.get(name) is not None:
            found[name] = text_or_json(found[name])
    return found


def _part(part: Any) -> Part:
    if not isinstance(part, dict) or not isinstance(part.get("type"), str):
        return {"type": "unknown", "content": plain(part)}
    found = dict(part)
    if found["type"] in _TEXTS:
        found["content"] = text_or_json(found.get("content") or "")
    for name in ("id", "name"):
        if found.get(name) is not None:
            found[name] = text_or_json(found[name])
    return found
