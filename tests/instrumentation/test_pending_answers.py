"""Answers that are fetched in pieces."""

from __future__ import annotations

from hilt.instrumentation.pending_answers import joined

THOUGHT = {"type": "reasoning", "content": "Hm."}
TEXT = {"type": "text", "content": "Done."}


def test_pieces_of_an_answer_are_joined() -> None:
    """What came earlier stands before what is new, each part once."""
    older = [{"role": "assistant", "parts": [THOUGHT, TEXT]}]
    newer = [{"role": "assistant", "parts": [TEXT], "finish_reason": "stop"}]

    assert joined(older, newer) == [
        {"role": "assistant", "parts": [THOUGHT, TEXT], "finish_reason": "stop"}
    ]
    assert joined([], newer) == joined(newer, []) == newer
