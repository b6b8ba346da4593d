"""History once: which part of a conversation is logged already.

A chat API is sent the whole history at every call. Each message has a hash, each hash is chained
to the one before it, and the chain up to a logged answer is kept with the id of that answer's
event. The longest chain at the front of a new call's messages that is kept is in the log; the
messages after it are new.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

import msgspec

from hilt.core.bounded import BoundedDict
from hilt.genai.json_values import encode_json, text_of
from hilt.genai.values import Message, Part, Request

__all__ = [
    "Continuation",
    "History",
    "LoggedAnswer",
    "conversation_of",
    "instructions_key",
    "message_key",
    "tools_key",
]

_SYSTEM_ROLES = ("system", "developer")


class LoggedAnswer(msgspec.Struct, frozen=True, gc=False):
    """An answer in the log that later calls may continue."""

    event_id: str
    session_id: str
    tools: int  #: the hash of the tools of its call
    instructions: int = 0  #: the hash of the instructions of its call


class Continuation(msgspec.Struct, frozen=True, gc=False):
    """What a call continues, and what is new in it."""

    answer: LoggedAnswer | None
    new_from: int  #: the index of the first message that is not logged
    chain: int  #: the hash of everything that the call sends


class History:
    """The conversations that this process has logged, the newest ``limit`` of each kind.

    Safe between threads: every step is one operation on a dict.
    """

    def __init__(self, limit: int = 10_000) -> None:
        self._answers: BoundedDict[int | str, LoggedAnswer] = BoundedDict(limit)
        self._tool_calls: BoundedDict[str, tuple[str, str]] = BoundedDict(limit)
        self._tool_results: BoundedDict[str, str] = BoundedDict(limit)
        self._sent_results: BoundedDict[str, str] = BoundedDict(limit)

    def continuation(self, request: Request) -> Continuation:
        """How much of the request's messages is in the log."""
        answers, read = self._answers, request.read
        chain = instructions_key(request.instructions) if request.instructions else 0
        answer, new_from = None, 0
        if request.previous_response or request.stored_history:
            stored = _stored(request)
            answer = answers.get(stored) if stored else None
            chain = hash((chain, stored)) if stored else chain
        for index, raw in enumerate(request.messages):
            # The interpreter keeps the hash of a str, so that a long history costs little.
            content = raw.get("content") if type(raw) is dict and len(raw) == 2 else None  # noqa: PLR2004
            if type(content) is str and content:  # a role and a text, nothing else
                key = hash((raw.get("role"), content))
            else:
                key = message_key(read(raw))
            chain = hash((chain, key))
            logged = answers.get(chain)
            if logged is not None:
                answer, new_from = logged, index + 1
        return Continuation(answer, new_from, chain)

    def remember(
        self,
        chain: int,
        answer: Message | None,
        logged: LoggedAnswer,
        response_id: str | None,
        conversation: str | None = None,
    ) -> None:
        """Keep the chain that ends in this answer, and the answer by its id.

        Args:
            chain: The hash of everything that the call sent.
            answer: The message that answers it.
            logged: The event with the answer.
            response_id: The provider's id of the answer.
            conversation: The provider's id of the conversation, where it keeps the messages.
        """
        if answer is not None:
            self._answers.keep(hash((chain, message_key(answer))), logged)
        if response_id:
            self._answers.keep(response_id, logged)
        if conversation:
            self._answers.keep(f"conversation {conversation}", logged)

    def remember_tool_call(self, call_id: str, name: str, event_id: str) -> None:
        """Keep the event of a tool call, for the result that will reply to it."""
        self._tool_calls.keep(call_id, (name, event_id))

    def tool_call(self, call_id: str | None) -> tuple[str, str] | None:
        """The name and event id of a tool call that was logged."""
        return self._tool_calls.get(call_id) if call_id else None

    def remember_tool_result(self, call_id: str, event_id: str) -> None:
        """Keep the event of a tool's result that comes from a span of the tool itself."""
        self._tool_results.keep(call_id, event_id)

    def remember_sent_result(self, call_id: str, event_id: str) -> None:
        """Keep the event of a tool's result that comes from the call which sends it."""
        self._sent_results.keep(call_id, event_id)

    def has_result(self, call_id: str | None) -> bool:
        """Whether a tool's result is logged, from a span or from a call."""
        return call_id in self._tool_results or call_id in self._sent_results

    def tool_result(self, call_id: str | None) -> str | None:
        """The event id of a tool's result that comes from a span of the tool."""
        return self._tool_results.get(call_id) if call_id else None


def instructions_key(instructions: Sequence[Part] | None) -> int:
    """The hash of system instructions; 0 for none."""
    return hash(text_of(instructions)) if instructions else 0


def tools_key(tools: Sequence[object] | None) -> int:
    """The hash of tool definitions; 0 for none."""
    return hash(encode_json(tools)) if tools else 0


def message_key(message: Message) -> int:
    """The hash of a message, without what is lost when a caller sends an answer back.

    Reasoning, finish reasons and empty parts are left out: callers seldom send those.
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


def _part_key(part: Part) -> object:
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
    """The id of a conversation, from its opening: instructions and first user message.

    The same opening gives the same id in every process: ``conv_`` and 16 hex of a BLAKE2b.

    Args:
        request: Has the instructions.
        messages: Its messages, from the first; none is read after the opening.
    """
    instructions = request.instructions
    opening = text_of(instructions).encode("utf-8", "surrogatepass") if instructions else b""
    for message in messages:
        parts = message["parts"]
        if len(parts) == 1 and parts[0]["type"] == "text":
            content = (parts[0].get("content") or "").encode("utf-8", "surrogatepass")
        elif all(part["type"] == "text" for part in parts):
            content = text_of(parts).encode("utf-8", "surrogatepass")
        else:
            content = encode_json(parts)
        if message.get("role") not in _SYSTEM_ROLES:
            opening += b"\1" + content
            break
        opening += b"\0" + content
    return f"conv_{hashlib.blake2b(opening, digest_size=8).hexdigest()}"


def _stored(request: Request) -> str | None:
    """The key of what the provider puts before the messages: an answer, or a conversation."""
    if request.previous_response:
        return request.previous_response
    if request.stored_history and request.conversation:
        return f"conversation {request.conversation}"
    return None
