"""Roles that a program has in an enumeration of its own, as JSON encoders write them."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any

import pytest

from hilt.providers import _chat_messages
from hilt.providers.anthropic import blocks
from hilt.providers.bedrock import converse
from hilt.providers.cohere import chat_v1, chat_v2
from hilt.providers.gemini import parts, steps
from hilt.providers.mistral import conversations
from hilt.providers.ollama import chat
from hilt.providers.openai import items


class Role(str, Enum):
    """The roles of a program."""

    USER = "user"
    MODEL = "model"


@pytest.mark.parametrize(
    "read",
    [
        _chat_messages.message_of,
        blocks.message_of,
        chat.message_of,
        chat_v1.message_of,
        chat_v2.message_of,
        conversations.message_of,
        converse.message_of,
        items.message_of_items,
        parts.message_of,
    ],
)
def test_role_is_the_text_that_is_sent(read: Callable[[Any], dict[str, Any]]) -> None:
    """Not the name that Python prints."""
    sent = {"role": Role.USER, "content": "Hi", "name": None}

    role = read(sent)["role"]
    assert (role, type(role)) == ("user", str)


def test_role_of_a_step() -> None:
    """Gemini names its own answers."""
    assert steps.role_of_step({"role": Role.USER}) == "user"
    assert steps.role_of_step({"role": Role.MODEL}) == "assistant"
