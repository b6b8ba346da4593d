"""Messages in their normal form, and the hash of them."""

from __future__ import annotations

from typing import Any

import pytest

from hilt.genai.values import Message
from hilt.recording.message_keys import empty_answer_key, extended_chain
from hilt.recording.normal_forms import NormalChain, is_normal, normal_chain, normal_message
from tests.recording.calls import message, text

CALLS = [{"type": "tool_call", "id": each, "name": "weather", "arguments": {"a": each}}
         for each in ("c1", "c2")]  # fmt: skip
RESULTS = [{"type": "tool_call_response", "id": each, "response": f"{each} C"}
           for each in ("c1", "c2")]  # fmt: skip
SUMMARY = {"type": "compaction", "content": "So far: Hi."}


def chain(*messages: Message, before: int = 7) -> int:
    """The hash of some messages."""
    return normal_chain(before, messages, 7)


def test_normal_message() -> None:
    """Texts that follow each other are one; of a result, its text."""
    result = {"type": "tool_call_response", "id": "c1", "response": "14 C\r\n"}
    as_json = {"type": "tool_call_response", "id": "c2", "response": '{"b": 1}\n'}

    blob = {"type": "blob", "size": 1}
    assert normal_message(message("user", " H", "i ", result, as_json, blob)) == {
        "role": "user",
        "parts": [
            text("Hi"), {**result, "response": "14 C"}, {**as_json, "response": {"b": 1}}, blob
        ],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([message("user", "Hi\n")], [message("user", "Hi")]),
        ([message("user", " H", "i ")], [message("user", "Hi")]),
        ([message("assistant", *CALLS)], [message("assistant", *CALLS[::-1])]),
        (
            [message("assistant", "Hm\n", *CALLS)],
            [message("assistant", "Hm"), *(message("assistant", each) for each in CALLS[::-1])],
        ),
        ([message("tool", *RESULTS)], [message("user", each) for each in RESULTS[::-1]]),
        ([message("user", "Hi"), message("assistant", SUMMARY)], [message("assistant", SUMMARY)]),
    ],
)
def test_alike_in_their_normal_form(one: list[Message], other: list[Message]) -> None:
    """Spaces at the ends, the order of calls and results, and what a compaction stands for."""
    assert chain(*one) == chain(*other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([message("user", "H i")], [message("user", "Hi")]),
        ([message("user", "Hi")], [message("assistant", "Hi")]),
        (
            [message("assistant", CALLS[0]), message("tool", RESULTS[0], RESULTS[1])],
            [message("assistant", CALLS[0]), message("tool", RESULTS[0])],
        ),
        (
            [message("assistant", CALLS[0]), message("tool", RESULTS[0]), message("user", "Hi")],
            [message("assistant", CALLS[0]), message("user", "Hi"), message("tool", RESULTS[0])],
        ),
        ([message("assistant", SUMMARY)], [message("assistant", {**SUMMARY, "content": "Ho"})]),
    ],
)
def test_different_in_their_normal_form(one: list[Message], other: list[Message]) -> None:
    """What was said, by whom, and when."""
    assert chain(*one) != chain(*other)


def test_messages_that_are_normal_have_the_same_hash_as_they_are() -> None:
    """Most conversations cost one key for each answer."""
    messages = [message("user", "Hi"), message("assistant", "Hm", CALLS[0])]
    exact = 7
    for each in messages:
        exact = extended_chain(exact, each, 7)

    assert chain(*messages) == exact


@pytest.mark.parametrize(
    "empty", [message("assistant"), message("assistant", " "), {"role": "assistant"}]
)
def test_empty_answer(empty: dict[str, Any]) -> None:
    """It has the key of an answer that has nothing to compare."""
    assert NormalChain(7, 7).add(empty) == empty_answer_key(7)


@pytest.mark.parametrize(
    ("sent", "normal"),
    [
        (message("user", "Hi"), True),
        (message("user", "Hi "), False),
        (message("user", "H", "i"), False),
        (message("assistant", CALLS[0]), False),
        (message("user"), False),
    ],
)
def test_message_that_is_in_its_normal_form(sent: Message, normal: bool) -> None:
    """Only a text is known to be: calls and results may stand in another order."""
    assert is_normal(sent) is normal
