"""Whether two requests have the same input, in whatever form an API or a log has it.

The messages become a flat sequence of hashable keys, one for each part. How parts are grouped into
messages, ids, reasoning and empty texts make no difference.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from hilt.testing.provider.answers import Json, Message, ParsedRequest

__all__ = ["PartKey", "combined_hash", "part_keys", "request_part_keys"]

PartKey = tuple[Hashable, ...]
"""A part of a message: role, type and content."""

_SYSTEM_ROLES = ("system", "developer")


def request_part_keys(request: ParsedRequest) -> list[PartKey]:
    """The parts of a request: those of its messages, then the texts to embed or to rank."""
    inputs = [("user", "text", text) for text in request.inputs]
    return [*part_keys(request.messages), *inputs]


def part_keys(messages: Iterable[Message]) -> list[PartKey]:
    """The parts of some messages."""
    return [key for message in messages for key in _message_part_keys(message)]


def combined_hash(parts: Sequence[PartKey], start: int = 0) -> int:
    """The hash of parts that follow others, whose hash is ``start``."""
    for part in parts:
        start = hash((start, part))
    return start


def _message_part_keys(message: Message) -> Iterator[PartKey]:
    role = message.get("role")
    role = "system" if role in _SYSTEM_ROLES else role
    text = ""
    for part in message.get("parts") or ():
        if part.get("type") == "text":
            text += part.get("content") or ""
            continue
        if text:
            yield role, "text", text
        text = ""
        yield from _part_key(role, part)
    if text:
        yield role, "text", text


def _part_key(role: Any, part: Json) -> Iterator[PartKey]:
    kind = part.get("type")
    if kind == "tool_call":
        yield "assistant", "tool_call", part.get("name"), _json(part.get("arguments") or {})
    elif kind == "tool_call_response":
        response = part.get("response", part.get("result"))
        yield "tool", "result", response if isinstance(response, str) else _json(response)
    elif kind == "blob":
        yield role, "blob", part.get("sha256")
    elif kind in ("uri", "file"):
        yield role, "uri", part.get("uri") or part.get("file_id")
    elif kind != "reasoning":
        yield role, "part", _json(part)


def _json(value: Any) -> bytes:
    return msgspec.json.encode(value, order="sorted", enc_hook=str)
