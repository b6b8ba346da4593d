"""Groq: usage at the end of a stream stands in ``x_groq``."""

from __future__ import annotations

from hilt.genai.values import Usage
from hilt.providers._chat_completions import ChatCompletions
from hilt.providers.groq.adapter import Groq
from tests.providers.wire import folded, wire


def test_stream() -> None:
    """Text, reasoning, reason and counts, the cached ones too."""
    found = folded(ChatCompletions(), wire("groq/stream"))

    assert found.messages == [
        {
            "role": "assistant",
            "parts": [
                {"type": "reasoning", "content": "Short one."},
                {"type": "text", "content": "Hello."},
            ],
            "finish_reason": "stop",
        }
    ]
    assert found.usage == Usage(
        input_tokens=9, output_tokens=4, total_tokens=13, cache_read_tokens=8
    )
    assert found.raw_usage["queue_time"] == 0.1


def test_each_surface_has_its_route() -> None:
    """What ``hilt doctor`` lists is observed, below the version in Groq's paths."""
    paths = [f"/openai/v1/{name.replace('.', '/')}" for name in Groq.surfaces]
    found = [Groq.routes.find("post", path) for path in paths]

    assert [route and route.surface.name for route in found] == list(Groq.surfaces)
