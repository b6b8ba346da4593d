"""Cerebras: chat completions with reasoning beside the text."""

from __future__ import annotations

from hilt.genai.values import Usage
from hilt.providers._chat_completions import ChatCompletions
from tests.providers.wire import folded, wire


def test_stream() -> None:
    """Reasoning, text, and the counts of both."""
    found = folded(ChatCompletions(), wire("cerebras/stream"))

    assert found.messages[0]["parts"] == [
        {"type": "reasoning", "content": "Easy."},
        {"type": "text", "content": "Hello."},
    ]
    assert found.usage == Usage(
        input_tokens=9, output_tokens=6, total_tokens=15, cache_read_tokens=0, reasoning_tokens=3
    )
