"""History once: which part of a conversation the log holds already.

A chat API is sent the whole history at every call. Each message is fingerprinted, each
fingerprint chained to the one before it, and the chain up to a logged answer is remembered with
the id of that answer's event. The longest remembered chain at the front of a new call's messages
is what the log has; the rest is new.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from hilt.core.bounded import BoundedDict
from hilt.genai.json_values import encode_json, text_of
from hilt.genai.values import Message, Part, Request

__all__ = ["Continuation", "Entry", "History", "conversation_of"]

_SYSTEM_ROLES = ("system", "developer")


class Entry(msgspec.Struct, frozen=True, gc=False):
    """An answer in the log that later calls may continue."""

    event_id: str
    session_id: str
    tools: int
    instructions: int = 0


class Continuation(msgspec.Struct, frozen=True, gc=False):
    """What a call continues, and what is new in it."""

    entry: Entry | None
    new_from: int
    chain: int


class History:
    """The conversations that this process has logged, the newest ``limit`` of each kind.

    Safe between threads: every step is one operation on a dict.
    """

    def __init__(self, limit: int = 10_000) -> None:
        self._entries: BoundedDict[int | str, Entry] = BoundedDict(limit)
        self._tool_calls: BoundedDict[str, tuple[str, str]] = BoundedDict(limit)
        self._tool_results: BoundedDict[str, str] = BoundedDict(limit)
        self._sent_results: BoundedDict[str, str] = BoundedDict(limit)

    def continuation(self, request: Request) -> Continuation:
        """How much of the request's messages is in the log."""
        entries, read = self._entries, request.read
        chain = instructions_key(request.instructions) if request.instructions else 0
        entry, new_from = None, 0
        if request.previous_response or request.stored_history:
            stored = _stored(request)
            entry = entries.get(stored) if stored else None
            chain = hash((chain, stored)) if stored else chain
        for index, raw in enumerate(request.messages):
            # A text's own hash is kept by the interpreter, so that a long history costs little.
            content = raw.get("content") if type(raw) is dict and len(raw) == 2 else None  # noqa: PLR2004
            if type(content) is str and content:  # role and text, nothing else
                key = hash((raw.get("role"), content))
            else:
                key = message_key(read(raw))
            chain = hash((chain, key))
            found = entries.get(chain)
            if found is not None:
                entry, new_from = found, index + 1
        return Continuation(entry, new_from, chain)

    def remember(
        self,
        chain: int,
        answer: Message | None,
        entry: Entry,
        response_id: str | None,
        conversation: str | None = None,
    ) -> None:
        """Keep the chain that ends in this answer, and the answer by its id.

        Args:
            chain: Of everything that was asked.
            answer: What was said to it.
            entry: The event that holds the answer.
            response_id: The provider's id of the answer.
            conversation: The provider's id of the conversation, where it keeps the messages.
        """
        if answer is not None:
            self._entries.keep(hash((chain, message_key(answer))), entry)
        if response_id:
            self._entries.keep(response_id, entry)
        if conversation:
            self._entries.keep(f"conversation {conversation}", entry)

    def remember_tool_call(self, call_id: str, name: str, event_id: str) -> None:
        """Keep which event holds a tool call, for the result that will answer it."""
        self._tool_calls.keep(call_id, (name, event_id))

    def tool_call(self, call_id: str | None) -> tuple[str, str] | None:
        """The name and event id of a tool call that was logged."""
        return self._tool_calls.get(call_id) if call_id else None

    def remember_tool_result(self, call_id: str, event_id: str) -> None:
        """Keep which event holds the result of a tool call, told by a span of the tool itself."""
        self._tool_results.keep(call_id, event_id)

    def remember_sent_result(self, call_id: str, event_id: str) -> None:
        """Keep which event holds a tool's result, told by the call that it was sent in."""
        self._sent_results.keep(call_id, event_id)

    def has_result(self, call_id: str | None) -> bool:
        """Whether a tool's result was told at all."""
        return call_id in self._tool_results or call_id in self._sent_results

    def tool_result(self, call_id: str | None) -> str | None:
        """The event id of a tool's result that a span of the tool told."""
        return self._tool_results.get(call_id) if call_id else None


def instructions_key(instructions: Sequence[Part] | None) -> int:
    """A fingerprint of system instructions; 0 for none."""
    return hash(text_of(instructions)) if instructions else 0


def tools_key(tools: Sequence[Any] | None) -> int:
    """A fingerprint of tool definitions; 0 for none."""
    return hash(encode_json(tools)) if tools else 0


def message_key(message: Message) -> int:
    """A fingerprint of what a message says, without what an echo of it may lose.

    Reasoning, finish reasons and empty parts are left out: a caller who sends an answer back
    seldom sends those.
    """
    parts: Sequence[Part] = message.get("parts") or ()
    if len(parts) == 1 and parts[0].get("type") == "text":  # as `History.continuation` does
        text = parts[0].get("content")
        if text:
            return hash((message.get("role"), text))
    keys = [key for part in parts if (key := _part_key(part)) is not None]
    if len(keys) == 1:
        return hash((message.get("role"), keys[0]))
    return hash((message.get("role"), tuple(keys)))


def _part_key(part: Part) -> Any:
    kind = part.get("type")
    if kind == "text":
        return part.get("content") or None
    if kind == "reasoning":
        return None
    if kind == "tool_call":
        return (
            part.get("id"),
            part.get("name"),
            encode_json(part.get("arguments") or {}, in_order=True),
        )
    return encode_json(part, in_order=True)


def conversation_of(request: Request, messages: Iterable[Message]) -> str:
    """The id of a conversation, from its root: instructions and first user message.

    The same opening gives the same id in every process: ``conv_`` and 16 hex of a BLAKE2b.

    Args:
        request: Has the instructions.
        messages: Its messages, from the first; read no further than the root.
    """
    told = request.instructions
    root = text_of(told).encode("utf-8", "surrogatepass") if told else b""
    for message in messages:
        parts = message["parts"]
        if len(parts) == 1 and parts[0]["type"] == "text":
            said = (parts[0].get("content") or "").encode("utf-8", "surrogatepass")
        elif all(part["type"] == "text" for part in parts):
            said = text_of(parts).encode("utf-8", "surrogatepass")
        else:
            said = encode_json(parts)
        if message.get("role") not in _SYSTEM_ROLES:
            root += b"\1" + said
            break
        root += b"\0" + said
    return f"conv_{hashlib.blake2b(root, digest_size=8).hexdigest()}"


def _stored(request: Request) -> str | None:
    """What the provider itself puts before the messages: an earlier answer, or a conversation."""
    if request.previous_response:
        return request.previous_response
    if request.stored_history and request.conversation:
        return f"conversation {request.conversation}"
    return None
