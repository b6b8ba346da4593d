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


COMMON = {"prompt": 50, "completion": 20, "total": 70, "cached": 7, "cache_write": 5,
          "reasoning": 3}  # fmt: skip
CHAT = {
    "prompt_tokens": 50, "completion_tokens": 20, "total_tokens": 70,
    "prompt_tokens_details": {"cached_tokens": 7, "cache_write_tokens": 5},
    "completion_tokens_details": {"reasoning_tokens": 3}, "num_search_queries": 2,
}  # fmt: skip


@pytest.mark.parametrize("raw", [None, {}, {"unknown": 5}, [[]], "odd"])
def test_common_counts_stand_in_for_what_cannot_be_read(raw: object) -> None:
    """All of them."""
    assert usage_of_log(raw, COMMON) == (Usage(50, 20, 70, 7, 5, None, 3), None)


@pytest.mark.parametrize("name", ["prompt", "completion", "cached", "cache_write", "reasoning"])
def test_counts_of_the_provider_are_those_that_agree(name: str) -> None:
    """Where one is another, the shape was another, and what all have in common counts."""
    read = Usage(50, 20, 70, 7, 5, reasoning_tokens=3, units={"web_searches": 2})
    assert usage_of_log(CHAT, COMMON) == (read, None)

    other = {**COMMON, name: COMMON[name] + 1}
    found, _ = usage_of_log(CHAT, other)
    assert found is not None
    assert found.units == {}


def test_sound_is_counted_in_both_directions() -> None:
    """Without what was which, nobody can say what it cost."""
    heard = {"prompt_tokens_details": {"cached_tokens": 7, "audio_tokens": 2},
             "completion_tokens_details": {"reasoning_tokens": 3, "audio_tokens": 4}}  # fmt: skip
    raw, tokens = {**CHAT, **heard}, {**COMMON, "cache_write": 0}

    found, problem = usage_of_log(raw, {**tokens, "audio": 6})
    assert problem is None
    assert found is not None
    assert (found.input_audio_tokens, found.output_audio_tokens) == (2, 4)
    assert usage_of_log(raw, {**tokens, "audio": 5}) == (
        None, "the usage in the log cannot be read again",
    )  # fmt: skip


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
