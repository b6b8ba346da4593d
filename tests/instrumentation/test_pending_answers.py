"""Calls that wait for their answers."""

from __future__ import annotations

import pytest

from hilt.instrumentation import pending_answers
from hilt.instrumentation.pending_answers import Pending, joined

THOUGHT = {"type": "reasoning", "content": "Hm."}
TEXT = {"type": "text", "content": "Done."}


def test_the_newest_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers that nobody fetches do not fill the memory."""
    monkeypatch.setattr(pending_answers, "_LIMIT", 2)
    waiting: Pending[int] = Pending()
    for number in (1, 2, 3):
        waiting.keep(str(number), number)

    assert (len(waiting), waiting.get("1"), waiting.get("2")) == (2, None, 2)


def test_a_call_is_taken_once() -> None:
    """Its ending is told once."""
    waiting: Pending[int] = Pending()
    waiting.keep("a", 1)

    assert (waiting.get("a"), waiting.take("a"), waiting.take("a")) == (1, 1, None)


def test_pieces_of_an_answer_are_joined() -> None:
    """What came earlier stands before what is new, each part once."""
    older = [{"role": "assistant", "parts": [THOUGHT, TEXT]}]
    newer = [{"role": "assistant", "parts": [TEXT], "finish_reason": "stop"}]

    assert joined(older, newer) == [
        {"role": "assistant", "parts": [THOUGHT, TEXT], "finish_reason": "stop"}
    ]
    assert joined([], newer) == joined(newer, []) == newer
