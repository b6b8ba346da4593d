"""Answers in the log that later calls may continue."""

from __future__ import annotations

import pytest

from hilt.core.bounded import BoundedDict
from hilt.genai.values import Request
from hilt.recording.logged_answers import (
    LoggedAnswer,
    chosen_answer,
    given_answer,
)


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
