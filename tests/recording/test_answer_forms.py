"""The forms in which callers send an answer back."""

from __future__ import annotations

from typing import Any

import pytest

from hilt.genai.message_forms import extended_chain
from hilt.genai.values import Message
from hilt.recording.answer_forms import answer_forms, prefilled_forms
from tests.recording.calls import message, text

CALL = {"type": "tool_call", "id": "c1", "name": "weather", "arguments": {"a": 1}}
SOUND = {"type": "blob", "modality": "audio", "size": 3, "sha256": "ab", "id": "audio_1"}
IMAGE = {"type": "blob", "mime_type": "image/png", "size": 3, "sha256": "ab"}

FILE = {"type": "file", "modality": "document", "file_id": "f1"}


def has_form(answer: Message, sent: Message) -> bool:
    """Whether an answer is kept under the key of what is sent back."""
    forms = [answer, *answer_forms(answer)]
    return extended_chain(0, sent) in {extended_chain(0, form) for form in forms}


@pytest.mark.parametrize(
    ("answer", "sent"),
    [
        (["Ho"], ["Ho"]),
        ([" Ho \n"], ["Ho"]),
        ([" Ho \n"], [" Ho"]),
        ([" Ho \n"], ["Ho \n"]),
        (["Ho\n"], ["Ho"]),
        ([" Ho"], ["Ho"]),
        (["<think>Hm</think>\n\nHo"], ["Ho"]),
        (["\n<thinking>Hm</thinking>Ho\n"], ["Ho\n"]),
        (["<think>Hm</think>\n\nHo\n"], ["Ho"]),
        (["<think>Hm</think>\n\nHo\n"], ["\n\nHo\n"]),
        (["<think>Hm</think> <think>Ho</think>"], ["<think>Ho</think>"]),
        (["Ho \n", CALL], ["Ho", CALL]),
        (["H", "o\n", CALL], ["Ho", CALL]),
        (["Ho", CALL], [CALL]),
        ([{"type": "refusal", "content": "No."}], ["No."]),
        (["Ho", {"type": "refusal", "content": "No."}], ["Ho"]),
        (["Ho", IMAGE], ["Ho"]),
        (["Ho", IMAGE, FILE], ["Ho", IMAGE]),
        ([{"type": "compaction", "content": "So far."}, "Ho"], ["Ho"]),
        (["Ho", IMAGE, FILE], ["Ho"]),
        (["Ho", SOUND], ["Ho"]),
        (["Ho", SOUND], [{"type": "file", "modality": "audio", "file_id": "audio_1"}]),
    ],
)
def test_forms_of_an_answer(answer: list[Any], sent: list[Any]) -> None:
    """Whatever callers leave out of an answer, it is the same one."""
    assert has_form(message("assistant", *answer), message("assistant", *sent))


@pytest.mark.parametrize(
    ("answer", "sent"),
    [
        (["Ho"], ["Ho "]),
        (["Ho Ho"], ["HoHo"]),
        (["Ho <think>Hm</think>"], ["Ho "]),
        (["Ho", CALL], ["Ho"]),
        ([IMAGE], []),
    ],
)
def test_other_answers(answer: list[Any], sent: list[Any]) -> None:
    """What says something else, or calls no tool, is another answer."""
    assert not has_form(message("assistant", *answer), message("assistant", *sent))


@pytest.mark.parametrize("plain", ["Ho", "1. Ho", ""])
def test_plain_answer_has_one_form(plain: str) -> None:
    """A text costs one key."""
    assert list(answer_forms(message("assistant", plain))) == []


def test_answer_that_the_caller_began() -> None:
    """It comes back after the caller's words, or has them itself."""
    began, answer = message("assistant", "{"), message("assistant", '"a": 1}')

    forms = [extended_chain(0, form) for form in prefilled_forms(began, answer)]

    assert forms == [
        extended_chain(0, message("assistant", '{"a": 1}')),
        extended_chain(0, answer),
    ]
    assert text("{") in began["parts"]
