"""What of a request's messages decides which conversation it belongs to, besides their texts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from hilt.genai.json_values import get_path
from hilt.genai.media import BASE64_MARK
from hilt.genai.normal_text import trimmed
from hilt.genai.values import Message, Request
from hilt.recording.message_keys import extended_chain
from hilt.recording.normal_forms import normal_message

__all__ = [
    "RAW_FIELDS",
    "first_answer",
    "leading_messages",
    "plain_opening",
    "stored_key",
]

RAW_FIELDS = 2
"""How many fields a message has that is a role and a text, and nothing else."""

_SYSTEM = ("system", "developer")
_USER = ("user",)
_LONGEST_OPENING = 2


def leading_messages(request: Request, instructions: int) -> tuple[int, int]:
    """How many system messages stand at the front, and the hash of all instructions."""
    leading = 0
    for raw in request.messages:
        role = raw.get("role") if type(raw) is dict else get_path(raw, "role")
        if role not in _SYSTEM:  # a tuple: a role may be of any type
            break
        leading += 1
        instructions = _chained(instructions, raw, request.read)
    return leading, instructions


def _chained(chain: int, raw: Any, read: Callable[[Any], Message]) -> int:
    """The hash of instructions, and a system message after them, by either name of its role."""
    content = raw.get("content") if type(raw) is dict and len(raw) == RAW_FIELDS else None
    if type(content) is str and content:
        return hash((chain, "system", trimmed(content)))
    return extended_chain(chain, {**normal_message(read(raw)), "role": "system"})


def plain_opening(request: Request) -> tuple[str, str] | None:
    """The instructions, if there are any, and the question of a request that has nothing else.

    That is one message of the user, alone or after a system message, as the first call of most
    conversations has it. None of any other request.
    """
    messages = request.messages
    if not 0 < len(messages) <= _LONGEST_OPENING or request.instructions:
        return None
    if request.previous_response or request.references or request.stored_history:
        return None
    asked = _plain_text(messages[-1], _USER)
    system = _plain_text(messages[0], _SYSTEM) if len(messages) == _LONGEST_OPENING else ""
    return None if asked is None or system is None else (system, asked)


def _plain_text(raw: Any, roles: Sequence[str]) -> str | None:
    """The text of a message that is a role and a text; None of spaces, and of binary content."""
    if type(raw) is dict and len(raw) == RAW_FIELDS:
        role, text = raw.get("role"), raw.get("content")
        if type(role) is not str or role not in roles:  # a member of an enumeration is read
            return None
        if type(text) is str and text and not text.isspace() and BASE64_MARK not in text:
            return text
    return None


def stored_key(request: Request) -> str | None:
    """The key of what the provider puts before the messages: an answer, or a conversation."""
    if request.previous_response:
        return request.previous_response
    if request.stored_history and request.conversation:
        return f"conversation {request.conversation}"
    return None


def first_answer(messages: list[Message]) -> Message | None:
    """The first message of a history that the model gave: after the first one of the user."""
    is_open = False
    for message in messages:
        is_open = is_open or message.get("role") == "user"
        if is_open and message.get("role") == "assistant":
            return message
    return None
