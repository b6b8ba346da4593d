"""The ids of conversations that nobody has named: derived from what is said first.

The same opening gives the same id in every process. Two conversations of one process that open
alike are two, so the later one gets an id of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from itertools import count

from hilt.core.bounded import BoundedDict
from hilt.core.ids import random_digits
from hilt.genai.json_values import encode_json, text_of
from hilt.genai.normal_text import normal_text
from hilt.genai.observation import Observation
from hilt.genai.values import Message, Request
from hilt.recording.message_keys import message_keys
from hilt.recording.normal_forms import normal_message, only_text

__all__ = [
    "SYSTEM_ROLES",
    "DerivedIds",
    "continued_id",
    "opening_id",
    "plain_opening_id",
    "session_id_of",
    "stored_id",
    "unread_id",
]

SYSTEM_ROLES = frozenset(("system", "developer"))
"""Roles of messages that are instructions."""

_LIMIT = 50_000


def opening_id(request: Request, messages: Iterable[Message], user: str | None = None) -> str:
    """The id of a conversation, from its opening: instructions, first user message, user.

    ``conv_`` and 16 hex of a BLAKE2b. Empty if nothing at all opens it.

    Args:
        request: Has the instructions.
        messages: Its messages, from the first; none is read after the opening.
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


def plain_opening_id(system: str, asked: str, user: str | None = None) -> str:
    """The same for one question, alone or after a system message, in their normal forms."""
    opening = f"\0{system}\1{asked}" if system else f"\1{asked}"
    return _id_of(f"{opening}\2{user}" if user else opening)


def continued_id(opening: str, answer: Message) -> str:
    """The id of a conversation that another process has begun: its opening and first answer."""
    return _id_of(f"{opening}\3{_text(answer)}")


def stored_id(response_id: str, user: str | None = None) -> str:
    """The id of a conversation of which only the provider's id of an answer is known.

    Args:
        response_id: The id.
        user: Who goes on with it, if they are named.
    """
    return _id_of(f"\4{response_id}\2{user}" if user else f"\4{response_id}")


def unread_id(trace_id: str | None) -> str:
    """The id of a conversation of which nothing can be read: its trace has it, or nobody."""
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
    """Which derived ids this process has given to a conversation, each to one.

    Safe between threads: every step is one operation on a dict.

    Args:
        limit: How many ids are remembered. When there are more, no new conversation gets a
            derived id, since one that is forgotten might be given twice.
    """

    def __init__(self, limit: int = _LIMIT) -> None:
        self._limit = limit
        self._given: dict[str, int] = {}
        self._numbers = count()
        self._released: BoundedDict[str, str] = BoundedDict(limit)

    def take(self, derived: str) -> str:
        """The id for a conversation: the derived one, or its own if that is given already."""
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
        """Give an id back: the call failed that would have begun a conversation.

        The next one that opens alike gets it, which most often is the same call, made again.
        """
        self._released.keep(derived, session_id)
