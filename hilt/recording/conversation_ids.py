"""Conversation ids for calls whose program names no conversation, derived from the opening.

The same opening gives the same id in every process. If two conversations of one process have the
same opening, the later one gets an id of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from hashlib import blake2b
from itertools import count
from typing import Any, NamedTuple

from hilt.core.bounded import BoundedDict
from hilt.core.ids_and_times import random_digits
from hilt.genai.json_values import encode_json, get_path
from hilt.genai.media import BASE64_MARK
from hilt.genai.message_forms import (
    extended_chain,
    message_keys,
    normal_message,
    normal_text,
    only_text,
    trimmed,
)
from hilt.genai.observation import Observation
from hilt.genai.values import Message, Request, text_of

__all__ = [
    "RAW_FIELDS",
    "SYSTEM_ROLES",
    "DerivedIds",
    "PlainOpening",
    "continued_id",
    "first_answer",
    "leading_messages",
    "opening_id",
    "plain_opening",
    "session_id_of",
    "stored_id",
    "stored_key",
    "unread_id",
]

SYSTEM_ROLES = frozenset(("system", "developer"))
"""Roles of messages that are instructions."""

_LIMIT = 50_000

RAW_FIELDS = 2
"""How many fields a message has that consists of a role and a text."""

_SYSTEM = ("system", "developer")
_OPENING_ROLES = (_SYSTEM, ("user",))


# -- what opens a conversation ----------------------------------------------------------------


def leading_messages(request: Request, instructions: int) -> tuple[int, int]:
    """How many system messages are at the front, and the hash of all instructions."""
    leading = 0
    for raw in request.messages:
        role = raw.get("role") if type(raw) is dict else get_path(raw, "role")
        if role not in _SYSTEM:  # a tuple: a role may be of any type
            break
        leading += 1
        instructions = _chained(instructions, raw, request.read)
    return leading, instructions


def _chained(chain: int, raw: Any, read: Callable[[Any], Message]) -> int:
    """The hash of instructions and a system message after them, whichever name its role has."""
    content = raw.get("content") if type(raw) is dict and len(raw) == RAW_FIELDS else None
    if type(content) is str and content:
        return hash((chain, "system", trimmed(content)))
    return extended_chain(chain, {**normal_message(read(raw)), "role": "system"})


class PlainOpening(NamedTuple):
    """A question, alone or after a system message: the first call of most conversations."""

    system: str  #: empty for none
    told: str  #: the system message, trimmed
    asked: str
    plain: str  #: the question in its normal form
    derived: str  #: the id of the conversation, as `opening_id` makes it


def plain_opening(request: Request, user: str | None = None) -> PlainOpening | None:
    """The opening of a request that is only a question, perhaps after a system message; else None.

    Args:
        request: The request.
        user: Who opens it, if they are named.
    """
    messages = request.messages
    if not 0 < len(messages) <= len(_OPENING_ROLES) or request.instructions:
        return None
    if request.previous_response or request.references or request.stored_history:
        return None
    system = asked = ""
    for raw, roles in zip(messages, _OPENING_ROLES[-len(messages) :], strict=True):
        if type(raw) is not dict or len(raw) != RAW_FIELDS:
            return None
        role, text = raw.get("role"), raw.get("content")
        if type(text) is not str or not text or text.isspace() or BASE64_MARK in text:
            return None
        # A member of an enumeration takes the general way.
        if type(role) is not str or role not in roles:
            return None
        system, asked = asked, text
    told, plain = normal_text(system), normal_text(asked)
    opening = f"\0{told}\1{plain}" if system else f"\1{plain}"
    if not system.isascii():
        told = trimmed(system)  # instructions are compared without normalizing them
    derived = _id_of(f"{opening}\2{user}" if user else opening)
    return PlainOpening(system, told, asked, plain, derived)


def stored_key(request: Request) -> str | None:
    """The key of what the provider puts before the messages: an answer, or a conversation."""
    if request.previous_response:
        return request.previous_response
    if request.stored_history and request.conversation:
        return f"conversation {request.conversation}"
    return None


def first_answer(messages: list[Message]) -> Message | None:
    """The model's first message in a history: the first after one of the user's."""
    is_open = False
    for message in messages:
        is_open = is_open or message.get("role") == "user"
        if is_open and message.get("role") == "assistant":
            return message
    return None


# -- ids ---------------------------------------------------------------------------------------


def opening_id(request: Request, messages: Iterable[Message], user: str | None = None) -> str:
    """The id of a conversation, from its opening: instructions, first user message, user.

    ``conv_`` and 16 hex digits of a BLAKE2b hash. Empty if there is no opening at all.

    Args:
        request: The request, for its instructions.
        messages: Its messages, from the first; those after the opening are not read.
        user: Who opens it, if they are named.
    """
    system, first = [normal_text(text_of(request.instructions))], None
    for message in messages:
        role = message.get("role")
        if role == "user":
            first = message
            break
        if role not in SYSTEM_ROLES:
            first = first or message
        elif first is None:
            system.append(_text(message))
    asked = _text(first) if first is not None else ""
    if not asked and not any(system):
        return ""
    opening = "\0".join(system)
    if first is not None:
        opening += f"\1{asked}"
    return _id_of(f"{opening}\2{user}" if user else opening)


def continued_id(opening: str, answer: Message) -> str:
    """The id of a conversation that another process began, from its opening and first answer."""
    return _id_of(f"{opening}\3{_text(answer)}")


def stored_id(response_id: str, user: str | None = None) -> str:
    """The id of a conversation when only the provider's id of an answer is known.

    Args:
        response_id: The provider's id.
        user: Who goes on with it, if they are named.
    """
    return _id_of(f"\4{response_id}\2{user}" if user else f"\4{response_id}")


def unread_id(trace_id: str | None) -> str:
    """The id of a conversation of which nothing can be read: from its trace, or at random."""
    return f"conv_{trace_id[:16] if trace_id else random_digits()}"


def session_id_of(call: Observation) -> str:
    """The conversation of a call; one whose request could not be read gets an id here."""
    if not call.session_id:
        call.session_id = call.conversation or unread_id(call.trace_id)
    return call.session_id


def _text(message: Message) -> str:
    """A message as one text in its normal form, the same in every process."""
    text = only_text(message)
    if text is not None:
        return normal_text(text) or text[:1]
    parts, role = message["parts"], message.get("role")
    if len(parts) == 1 and parts[0]["type"] == "text":
        return ""
    keys = list(message_keys(normal_message(message)))
    return "".join([str(key[1]) if key[0] == role else encode_json(key).decode() for key in keys])


def _id_of(text: str) -> str:
    data = text.encode("utf-8", "surrogatepass")
    return f"conv_{blake2b(data, digest_size=8).hexdigest()}"


class DerivedIds:
    """The derived ids that this process has given to conversations, each to one.

    Safe between threads: every step is one operation on a dict.

    Args:
        limit: How many ids are remembered. Beyond that, no new conversation gets a derived id,
            since one that was forgotten might be given twice.
    """

    def __init__(self, limit: int = _LIMIT) -> None:
        self._limit = limit
        self._given: dict[str, int] = {}
        self._numbers = count()
        self._released: BoundedDict[str, str] = BoundedDict(limit)

    def take(self, derived: str) -> str:
        """The id for a conversation: the derived one, or a new one if that is taken."""
        if derived in self._given:
            released = self._released.pop(derived, None)
            if released is not None:
                return released
        elif len(self._given) < self._limit:
            number = next(self._numbers)
            if self._given.setdefault(derived, number) == number:
                return derived
        return unread_id(None)

    def release(self, derived: str, session_id: str) -> None:
        """Give an id back after the call failed that would have begun the conversation.

        The next one with the same opening gets it, which is mostly the same call, made again.
        """
        self._released.keep(derived, session_id)
