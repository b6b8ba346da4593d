"""Tests for the texts of messages, and for what explains counts that are not the total."""

from __future__ import annotations

import pytest

from hilt.genai.values import Usage, text_of


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
        (Usage(10, 5, 18, cache_read_tokens=3), (13, 5, 18)),
        (Usage(10, 5, 12, cache_read_tokens=3), (10, 5, 15)),
        (Usage(10, 5, 11, cache_read_tokens=3, cache_write_tokens=1), (10, 5, 15)),
        (Usage(10, 5, None, cache_read_tokens=30, cache_write_tokens=4), (44, 5, None)),
        (Usage(10, 5, 15, cache_read_tokens=30), (40, 5, 45)),
        (Usage(10, None, 10), (10, None, 10)),
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
