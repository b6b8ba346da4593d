"""Anthropic's legacy completions."""

from __future__ import annotations

from typing import Any

import pytest

from hilt.genai.values import Request, Response
from hilt.providers.anthropic.blocks import message_of
from hilt.providers.anthropic.completions import Completions, completion_request
from tests.providers.wire import folded

ANSWER = Response(
    id="compl_1",
    model="claude-2",
    messages=[
        {
            "role": "assistant",
            "parts": [{"type": "text", "content": "Hello."}],
            "finish_reason": "stop_sequence",
        }
    ],
    finish_reasons=["stop_sequence"],
)


@pytest.mark.parametrize(("prompt", "content"), [("Hi", "Hi"), (None, "")])
def test_request(prompt: Any, content: str) -> None:
    """The prompt is the user's message."""
    body = {"model": "claude-2", "prompt": prompt, "max_tokens_to_sample": 9,
            "metadata": {"user_id": "alice"}}  # fmt: skip

    assert completion_request(body) == Request(
        "text_completion",
        "anthropic",
        model="claude-2",
        messages=[{"role": "user", "content": content}],
        read=message_of,
        attributes={"gen_ai.request.max_tokens": 9},
        user="alice",
    )


def test_answer() -> None:
    """One text, and why it ended."""
    body = {"id": "compl_1", "model": "claude-2", "completion": "Hello.",
            "stop_reason": "stop_sequence"}  # fmt: skip

    assert Completions().response(body) == ANSWER


def test_stream() -> None:
    """The pieces add up to the answer."""
    chunk = {"id": "compl_1", "model": "claude-2"}
    chunks = [
        {**chunk, "completion": "Hel", "stop_reason": None},
        {**chunk, "completion": "lo.", "stop_reason": None},
        {**chunk, "completion": "", "stop_reason": "stop_sequence"},
    ]

    assert folded(Completions(), chunks) == ANSWER
