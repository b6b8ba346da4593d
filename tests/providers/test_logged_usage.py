"""The usage of an answer, read again from a log."""

from __future__ import annotations

import pytest

from hilt.genai.values import Usage
from hilt.providers.logged_usage import usage_of_log

ANTHROPIC = {
    "input_tokens": 10, "output_tokens": 7, "cache_read_input_tokens": 100,
    "cache_creation_input_tokens": 50,
    "cache_creation": {"ephemeral_5m_input_tokens": 20, "ephemeral_1h_input_tokens": 30},
    "server_tool_use": {"web_search_requests": 2},
}  # fmt: skip


@pytest.mark.parametrize(
    ("raw", "tokens", "usage"),
    [
        ({"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12},
         {"prompt": 5, "completion": 7, "total": 12}, Usage(5, 7, 12)),
        (ANTHROPIC, {"prompt": 160, "completion": 7, "cached": 100, "cache_write": 50},
         Usage(160, 7, None, 100, 50, 30, units={"web_searches": 2})),
        ({"promptTokenCount": 5, "candidatesTokenCount": 7, "thoughtsTokenCount": 3,
          "totalTokenCount": 15},
         {"prompt": 5, "completion": 10, "total": 15, "reasoning": 3},
         Usage(5, 10, 15, reasoning_tokens=3)),
        ({"billed_units": {"search_units": 1}}, None, Usage(units={"search_units": 1})),
        ({"inputTokens": 5, "outputTokens": 7, "totalTokens": 112, "cacheReadInputTokens": 100},
         {"prompt": 105, "completion": 7, "cached": 100}, Usage(105, 7, 112, 100)),
        (None, {"prompt": 5, "completion": 7}, Usage(5, 7)),
        ({"prompt_eval_count": 5, "eval_count": 7}, {"prompt": 5, "completion": 7}, Usage(5, 7)),
        ([[]], {"prompt": 5, "completion": 7}, Usage(5, 7)),
    ],
)  # fmt: skip
def test_the_shape_of_each_provider(raw, tokens, usage):
    """What reads the provider's own counts right is what gives those that all have in common."""
    read, problem = usage_of_log(raw, tokens)

    assert problem is None
    assert read is not None
    assert {name: value for name, value in _counts(read).items() if value} == {
        name: value for name, value in _counts(usage).items() if value
    }


def _counts(usage: Usage) -> dict[str, object]:
    return {name: getattr(usage, name) for name in usage.__struct_fields__}


@pytest.mark.parametrize(
    ("raw", "tokens", "why"),
    [
        (None, None, "the provider sent no usage"),
        ({"sound": 5}, {"prompt": 5, "audio": 5}, "the usage in the log cannot be read again"),
        ({"unknown": 5}, None, "the usage in the log cannot be read again"),
    ],
)
def test_what_cannot_be_read(raw, tokens, why):
    """The reason says so."""
    assert usage_of_log(raw, tokens) == (None, why)
