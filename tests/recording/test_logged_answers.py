"""Answers in the log that later calls may continue."""

from __future__ import annotations

import pytest

from hilt.core.bounded import BoundedDict
from hilt.genai.values import Part, Request
from hilt.recording.logged_answers import (
    LoggedAnswer,
    ToolCallEvent,
    chosen_answer,
    given_answer,
)
from tests.recording.calls import message, request


def tool_call(call_id: str) -> Part:
    """A tool call as it is sent back."""
    return {"type": "tool_call", "id": call_id, "name": "f", "arguments": {}}


def asked(call_id: str) -> ToolCallEvent:
    """The same in the log."""
    return ToolCallEvent(call_id, "f", f"evt_{call_id}", "conv_1")


def answer(number: int, session_id: str = "conv_1", **fields: object) -> LoggedAnswer:
    """An answer in the log."""
    return LoggedAnswer(f"evt_{number}", session_id, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("answered", "asking", "is_continued"),
    [
        (None, None, True),
        (None, "ann", True),
        ("ann", None, True),
        ("ann", "ann", True),
        ("ann", "bob", False),
    ],
)
def test_answer_whose_id_is_given(
    answered: str | None, asking: str | None, is_continued: bool
) -> None:
    """It is continued by anybody but somebody else: a program may name its users only later."""
    newest = answer(2, user=answered, chain=7)
    logged: BoundedDict[str, list[LoggedAnswer]] = BoundedDict(10)
    logged.keep("resp_1", [answer(1, user="zoe"), newest])

    found = given_answer(logged, "resp_1", asking)

    assert found == ((7, [newest]) if is_continued else (0, None))
    assert given_answer(logged, "resp_2", asking) == (0, None)


@pytest.mark.parametrize(
    ("alike", "chosen"),
    [
        ([answer(1), answer(2)], "evt_2"),
        ([answer(1), answer(2, "conv_2")], None),
        ([answer(1, instructions=5), answer(2, "conv_2")], "evt_1"),
        ([answer(1), answer(2, "conv_2", continued=1)], "evt_1"),
        ([answer(1, continued=1), answer(2, "conv_2", continued=1)], None),
        ([answer(1, continued=1), answer(2, continued=2)], "evt_2"),
        ([answer(1), answer(2, "conv_named")], "evt_2"),
    ],
)
def test_which_of_several_answers_is_continued(
    alike: list[LoggedAnswer], chosen: str | None
) -> None:
    """The one that something tells from the others; none where it would be a guess."""
    found = chosen_answer(alike, Request("chat", "openai"), 0, 5, "conv_named")

    assert (found.event_id if found is not None else None) == chosen


@pytest.mark.parametrize(
    ("new_from", "chosen"), [(1, None), (2, "evt_1"), (3, "evt_2"), (4, None), (0, None)]
)
def test_ids_of_tool_calls_say_which_answer_is_continued(new_from: int, chosen: str | None) -> None:
    """Those of the message that is sent back, whatever text stands beside the calls."""
    sent = [
        message("user", "Hi"),
        message("assistant", "Let me see.", *(tool_call(each) for each in "ab")),
        message("assistant", tool_call("b"), tool_call("a")),
    ]
    alike = [
        answer(number, f"conv_{number}", tool_calls=[asked(each) for each in ids])
        for number, ids in enumerate(["a", "ab", "ba", "b"])
    ]

    found = chosen_answer(alike, request(*sent), new_from, 0)

    assert (found.event_id if found is not None else None) == chosen
