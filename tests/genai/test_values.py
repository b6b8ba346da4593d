"""Tests for the texts of messages, and for what explains counts that are not the total."""

from __future__ import annotations

import pytest

from hilt.genai.values import (
    Arguments,
    Delta,
    Message,
    Part,
    Response,
    Target,
    ToolCallDelta,
    Usage,
    text_of,
)


def test_text_of_parts() -> None:
    """Only text counts."""
    assert (
        text_of(
            [{"type": "text", "content": "a"}, {"type": "blob"}, {"type": "text", "content": "b"}]
        )
        == "ab"
    )
    assert text_of(None) == ""


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        (Usage(10, 5, 15), (10, 5, 15)),
        (Usage(10, 5, 15, cache_read_tokens=10), (10, 5, 15)),  # all of it was cached
        (Usage(10, 5, None, cache_read_tokens=10), (10, 5, None)),
        (Usage(10, 5, 25, reasoning_tokens=10), (10, 15, 25)),
        (Usage(10, 5, 15, reasoning_tokens=3), (10, 5, 15)),
        (Usage(10, 5, None, reasoning_tokens=9), (10, 14, None)),
        (Usage(10, 5, None, reasoning_tokens=5), (10, 5, None)),
        (Usage(10, 5, None, cache_read_tokens=11), (21, 5, None)),
        (Usage(10, 5, 18, reasoning_tokens=3, cache_read_tokens=3), (10, 8, 18)),
        (Usage(10, 5, 12, cache_read_tokens=1, cache_write_tokens=3), (10, 5, 15)),
        (Usage(10, 5, 12, cache_read_tokens=3, cache_write_tokens=1), (10, 5, 15)),
        (Usage(None, 5, 15, cache_read_tokens=30), (None, 5, 15)),
        (Usage(10, 5, 18, cache_read_tokens=3), (13, 5, 18)),
        (Usage(10, 5, 12, cache_read_tokens=3), (10, 5, 15)),
        (Usage(10, 5, 11, cache_read_tokens=3, cache_write_tokens=1), (10, 5, 15)),
        (Usage(10, 5, None, cache_read_tokens=30, cache_write_tokens=4), (44, 5, None)),
        (Usage(10, 5, 15, cache_read_tokens=30), (40, 5, 45)),
        (Usage(10, None, 10), (10, None, 10)),
        (Usage(None, 5, 15, reasoning_tokens=9), (None, 5, 15)),
        (Usage(10, 5, None, reasoning_tokens=6), (10, 11, None)),
        (Usage(10, 5, 15, reasoning_tokens=9), (10, 5, 15)),
        (Usage(10, 5, 19, cache_read_tokens=3, reasoning_tokens=4), (10, 9, 19)),
        (Usage(10, 5, None, cache_read_tokens=7, cache_write_tokens=3), (10, 5, None)),
        (Usage(10, 5, None, cache_read_tokens=7, cache_write_tokens=4), (21, 5, None)),
        (Usage(10, 5, None, cache_write_tokens=11), (21, 5, None)),
        (Usage(10, 5, None, cache_read_tokens=30, reasoning_tokens=9), (40, 14, None)),
        (Usage(10, 5, 45, cache_read_tokens=30), (40, 5, 45)),
        (Usage(10, 5, 14, cache_read_tokens=3, cache_write_tokens=1), (10, 5, 15)),
        (Usage(10, 5, 19, cache_read_tokens=3, cache_write_tokens=1), (14, 5, 19)),
        (Usage(0, 0, 0), (0, 0, 0)),
    ],
)
def test_what_is_explained(usage: Usage, expected: tuple[int | None, ...]) -> None:
    """What stands outside is added, and a total without cached tokens is completed."""
    reason = usage.reconcile()

    assert reason is None
    assert (usage.input_tokens, usage.output_tokens, usage.total_tokens) == expected


def test_what_is_not_explained() -> None:
    """The counts stay, and the reason has them."""
    usage = Usage(10, 5, 99, 2, reasoning_tokens=3)

    assert usage.reconcile() == (
        "the counts do not add up: 10 input and 5 output tokens, but 99 in total"
    )
    assert usage == Usage(10, 5, 99, 2, reasoning_tokens=3)


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        ([], ""),
        ([{"type": "text", "content": "a"}], "a"),
        ([{"type": "text", "content": 5}], ""),
        ([{"type": "reasoning", "content": "a"}], ""),
        ([{"type": "reasoning", "content": "a"}, {"type": "text", "content": "b"}], "b"),
        ([{"type": "text", "content": None}, {"type": "text", "content": "b"}], "b"),
        ([{}, {"type": "text"}], ""),
    ],
)
def test_text_of_odd_parts(parts: list[Part], text: str) -> None:
    """What is no text, or says nothing, adds nothing."""
    assert text_of(parts) == text


def test_choices_of_an_answer() -> None:
    """One that has not ended has no reason, and takes none of another's."""
    response = Response()
    messages: list[Message] = [{"role": "assistant", "parts": []} for _ in range(3)]
    for each, reason in zip(messages, ["stop", None, 5], strict=True):
        response.add_choice(each, reason)

    assert response.messages == [
        {"role": "assistant", "parts": [], "finish_reason": "stop"},
        {"role": "assistant", "parts": []},
        {"role": "assistant", "parts": [], "finish_reason": "5"},
    ]
    assert response.finish_reasons == ["stop", "5"]


def test_what_is_added_to_a_delta() -> None:
    """Texts in their order and choices, tool calls after each other, and reasons by choice."""
    delta = Delta()
    for text, choice in [("", 0), ("a", 1), ("b", 0), ("", 1), ("c", 0), ("d", 1)]:
        delta.add_text(text, choice)
    calls = [ToolCallDelta(index) for index in range(3)]
    for some in (calls[:1], [], calls[1:]):
        delta.add_tool_calls(some)
    for reason, choice in [("stop", 0), (None, 1), (5, 2), ("length", 0)]:
        delta.add_finish_reason(reason, choice)

    assert delta == Delta(
        text="b",
        texts=[(1, "a"), (0, "c"), (1, "d")],
        tool_calls=calls,
        finish_reasons={0: "length", 2: "5"},
    )
    empty = Delta()
    empty.add_text("")
    empty.add_tool_calls([])
    empty.add_finish_reason("")
    assert empty == Delta()


def test_argument_of_a_call() -> None:
    """By its name, else by its position, else what the function takes where nobody says."""
    given = Arguments(Target("m", "f"), None, (1, 2), {"c": 3, "a": 4})

    found = [
        given.get(*each)
        for each in [(0, "a"), (0, "b"), (1, "b"), (2, "b"), (2, "b", 5), (9, "c", 5)]
    ]

    assert found == [4, 1, 2, None, 5, 3]
