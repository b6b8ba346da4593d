"""What of a request's messages decides which conversation it belongs to."""

from __future__ import annotations

from typing import Any

import pytest

from hilt.genai.values import Request
from hilt.recording.message_keys import instructions_key
from hilt.recording.sent_messages import first_answer, leading_messages, plain_opening, stored_key
from tests.recording.calls import message, request

HI, HO = message("user", "Hi"), message("assistant", "Ho")


def test_leading_messages() -> None:
    """Those of the system at the front, by either name of its role."""
    sent = request(message("system", "A"), message("developer", "B"), HI, message("system", "C"))
    same = request(message("developer", "A\n"), message("system", "B"), HI)

    assert leading_messages(sent, 0)[0] == 2
    assert leading_messages(sent, 0) == leading_messages(same, 0)
    assert leading_messages(request(HI), 5) == (0, 5)


def test_instructions_in_parts_are_those_in_a_text() -> None:
    """The hash goes by what is read."""
    short: list[Any] = [{"role": "system", "content": "A"}]
    raw = request(messages=short, read=lambda _: message("system", "A"))

    assert leading_messages(raw, 0) == leading_messages(request(message("system", " A")), 0)
    assert instructions_key([{"type": "text", "content": "A "}]) == instructions_key(
        [{"type": "text", "content": "A"}]
    )


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        ({"previous_response": "r1"}, "r1"),
        ({"conversation": "c1", "stored_history": True}, "conversation c1"),
        ({"conversation": "c1"}, None),
        ({}, None),
    ],
)
def test_key_of_what_the_provider_stores(fields: dict[str, Any], key: str | None) -> None:
    """An answer, or a conversation; an id alone says nothing of its messages."""
    assert stored_key(request(**fields)) == key


def test_first_answer() -> None:
    """What the model says before the user has asked is no answer."""
    greeting = message("assistant", "Welcome")

    assert first_answer([greeting, HI, HO, HI, greeting]) is HO
    assert first_answer([greeting, HI]) is None


def test_question_beside_instructions_is_no_plain_opening() -> None:
    """What is sent apart from the messages counts as much as a system message."""
    asked = [{"role": "user", "content": "Hi"}]
    assert plain_opening(Request("chat", "openai", messages=asked)) == ("", "Hi")
    told = [{"type": "text", "content": "Brief."}]
    for more in (
        {"instructions": told},
        {"previous_response": "resp_1"},
        {"references": {0: "item"}},
        {"stored_history": True, "conversation": "conv"},
    ):
        assert plain_opening(Request("chat", "openai", messages=asked, **more)) is None
