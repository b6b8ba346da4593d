"""Requests and answers with values of wrong types, normalized, so that each call has its events.

Adapters read what SDKs and APIs define. A program may send something else (a number for a text, a
list for a role), and a host that copies an API may answer with it. Where no events can be made of
such values, they are converted here to the types of `hilt.genai.values`: what has no such type
becomes plain JSON. A call whose values have the right types never comes here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from hilt.genai.coerce import as_list, text_or_none, unknown_part
from hilt.genai.json_values import encode_json, get_path, text_or_json, to_plain_json
from hilt.genai.media import blob
from hilt.genai.values import Message, Part, Request, Response, as_is

__all__ = ["normalized_request", "normalized_response", "unread_response"]

_UNREAD_BYTES = 16_384  # what is longer may be a picture, or vectors, which are in no log
_TEXTS = frozenset(("text", "reasoning", "refusal"))


def normalized_request(request: Request) -> Request:
    """The same request with every field of its type, and its messages read."""
    return msgspec.structs.replace(
        request,
        provider=text_or_none(request.provider) or "unknown",
        operation=text_or_none(request.operation) or "chat",
        model=text_or_none(request.model),
        messages=[_read(request.read, raw) for raw in as_list(request.messages)],
        read=as_is,
        instructions=[_part(part) for part in as_list(request.instructions)] or None,
        attributes={
            str(name): to_plain_json(value) for name, value in dict(request.attributes).items()
        },
        tools=[to_plain_json(tool) for tool in as_list(request.tools)] or None,
        conversation=text_or_none(request.conversation),
        previous_response=text_or_none(request.previous_response),
        resumes=text_or_none(request.resumes),
        user=text_or_none(request.user),
        server_address=text_or_none(request.server_address),
        server_port=request.server_port if type(request.server_port) is int else None,
        documents=[to_plain_json(document) for document in as_list(request.documents)] or None,
    )


def normalized_response(response: Response) -> Response:
    """The same answer with every field of its type."""
    return msgspec.structs.replace(
        response,
        id=text_or_none(response.id),
        model=text_or_none(response.model),
        messages=[_read(as_is, message) for message in as_list(response.messages)],
        finish_reasons=[text_or_json(reason) for reason in as_list(response.finish_reasons)],
        raw_usage=to_plain_json(response.raw_usage),
        service_tier=text_or_none(response.service_tier),
        conversation=text_or_none(response.conversation),
        resumed_by=text_or_none(response.resumed_by),
        attributes={
            str(name): to_plain_json(value) for name, value in dict(response.attributes).items()
        },
    )


def unread_response(body: object) -> Response:
    """An answer that its adapter cannot read: as it came, if it is JSON; by its hash, if long."""
    if not isinstance(body, (dict, list)):  # an SDK's object may hold the client, and its key
        return Response()
    data = encode_json(body)
    part = unknown_part(body) if len(data) <= _UNREAD_BYTES else blob(data, "application/json")
    message: Message = {"role": "assistant", "parts": [part]}
    return Response(
        text_or_none(get_path(body, "id")), text_or_none(get_path(body, "model")), [message]
    )


def _read(read: Callable[[Any], Message], raw: object) -> Message:
    """One message; what cannot be read becomes a part of type ``unknown``."""
    try:
        message = read(raw)
        parts = [_part(part) for part in as_list(message["parts"])]
        normalized = {
            **message,
            "role": text_or_json(message.get("role") or "user"),
            "parts": parts,
        }
    except Exception:
        role = raw.get("role") if isinstance(raw, dict) else None
        return {"role": role if isinstance(role, str) else "user", "parts": [unknown_part(raw)]}
    for name in ("name", "finish_reason"):
        if normalized.get(name) is not None:
            normalized[name] = text_or_json(normalized[name])
    return normalized


def _part(part: object) -> Part:
    if not isinstance(part, dict) or not isinstance(part.get("type"), str):
        return unknown_part(part)
    normalized = dict(part)
    if normalized["type"] in _TEXTS:
        normalized["content"] = text_or_json(normalized.get("content") or "")
    if "citations" in normalized:
        normalized["citations"] = list(as_list(normalized["citations"]))
    for name in ("id", "name"):
        if normalized.get(name) is not None:
            normalized[name] = text_or_json(normalized[name])
    return normalized
