"""When two requests say the same, however a provider's API or a log writes them.

A conversation becomes a flat sequence of hashable units, one for each thing said: how they are
grouped into messages, ids, reasoning and empty texts make no difference.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from hilt.testing.provider.answers import Asked, Json, Message

__all__ = ["Unit", "chain", "units_of", "units_of_request"]

Unit = tuple[Hashable, ...]
"""One thing said: who, what kind, and what."""

_SYSTEM = ("system", "developer")


def units_of_request(asked: Asked) -> list[Unit]:
    """What a request says: its messages, then the texts to embed or to rank."""
    inputs = [("user", "text", text) for text in asked.inputs]
    return [*units_of(asked.messages), *inputs]


def units_of(messages: Iterable[Message]) -> list[Unit]:
    """What some messages say."""
    return [unit for message in messages for unit in _units_of_message(message)]


def chain(units: Sequence[Unit], start: int = 0) -> int:
    """A number that stands for a sequence of units that follows another one."""
    for unit in units:
        start = hash((start, unit))
    return start


def _units_of_message(message: Message) -> Iterator[Unit]:
    role = message.get("role")
    role = "system" if role in _SYSTEM else role
    text = ""
    for part in message.get("parts") or ():
        if part.get("type") == "text":
            text += part.get("content") or ""
            continue
        if text:
            yield role, "text", text
        text = ""
        yield from _units_of_part(role, part)
    if text:
        yield role, "text", text


def _units_of_part(role: Any, part: Json) -> Iterator[Unit]:
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
