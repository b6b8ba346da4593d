"""Token counts of Anthropic's messages."""

from __future__ import annotations

from hilt.genai.values import Usage
from hilt.pricing.cost import cost_of
from hilt.providers.anthropic.messages import Messages
from hilt.providers.anthropic.usage import is_fast, usage_of
from tests.providers.anthropic_stream import message


def test_cached_tokens_are_part_of_the_input() -> None:
    """What Anthropic counts apart is in the total, and both lifetimes are told apart."""
    assert usage_of(message("prompt_cache")["usage"]) == Usage(
        input_tokens=21 + 1256 + 1024,
        output_tokens=3,
        cache_read_tokens=1024,
        cache_write_tokens=1256,
        cache_write_1h_tokens=256,
    )


def test_compactions_are_added() -> None:
    """The server's own compaction is billed, and stands in no other count."""
    assert usage_of(message("compaction")["usage"]) == Usage(
        input_tokens=50 + 900 + 100,
        output_tokens=65,
        cache_read_tokens=100,
        cache_write_tokens=0,
    )


def test_thinking_and_searches() -> None:
    """Thinking is part of the output; searches are paid apart."""
    thought = usage_of(message("thinking_and_tools")["usage"])
    searched = usage_of(message("server_tools")["usage"])

    assert thought is not None
    assert searched is not None
    assert (thought.output_tokens, thought.reasoning_tokens) == (120, 40)
    assert searched.units == {"web_searches": 2}


def test_no_usage_is_no_count() -> None:
    """What was not sent is not guessed."""
    assert usage_of(None) is None
    assert usage_of({}) is None
    assert usage_of({"output_tokens": 3}) == Usage(output_tokens=3)


def test_later_counts_keep_the_cache_of_earlier_ones() -> None:
    """A ``message_delta`` that repeats the input without its cache does not lose the cache."""
    surface = Messages()
    surface.delta({"type": "message_start", "message": message("prompt_cache")})
    usage = {"input_tokens": 21, "output_tokens": 9, "cache_read_input_tokens": None}

    delta = surface.delta({"type": "message_delta", "delta": {}, "usage": usage})

    assert delta is not None
    assert delta.response is not None
    assert delta.response.usage is not None
    assert delta.response.usage.input_tokens == 21 + 1256 + 1024
    assert delta.response.usage.output_tokens == 9


def test_an_hour_in_the_cache_costs_more() -> None:
    """The price of a cache write for an hour is used for its part, by hand: see the numbers.

    Claude Sonnet 4.5: 3 USD a million input tokens, 0.30 read, 3.75 written for 5 minutes, 6 for
    an hour, 15 output (https://platform.claude.com/docs/en/about-claude/pricing).
    """
    usage = usage_of(message("prompt_cache")["usage"])
    assert usage is not None

    cost = cost_of("anthropic", "claude-sonnet-4-5-20250929", usage)

    expected = (21 * 3 + 1024 * 0.3 + 1000 * 3.75 + 256 * 6 + 3 * 15) / 1e6
    assert cost.usd is not None
    assert abs(float(cost.usd) - expected) < 1e-12


def test_fast_mode() -> None:
    """The fast mode has its own price, and is the tier."""
    assert is_fast({"speed": "fast"})
    assert not is_fast({"speed": "standard"})
    body = {**message("text"), "usage": {**message("text")["usage"], "speed": "fast"}}
    assert Messages().response(body).service_tier == "fast"


def test_model_that_declined_is_counted_apart() -> None:
    """The counts are those of the model that answers, also where a stream began with another."""
    declined = {"type": "message", "model": "claude-opus-4-5", "input_tokens": 1000,
                "output_tokens": 3, "cache_read_input_tokens": 50}  # fmt: skip
    serving = {"model": "claude-sonnet-4-5", "input_tokens": 200, "output_tokens": 7}
    loop = {**serving, "type": "message", "input_tokens": 10}
    usage = {"input_tokens": 200, "output_tokens": 7, "cache_read_input_tokens": 50,
             "iterations": [declined, loop, {**serving, "type": "fallback_message"}]}  # fmt: skip

    found = usage_of(usage)

    assert found == Usage(210, 14, by_model={"claude-opus-4-5": Usage(1050, 3, None, 50)})
    assert usage_of({**usage, "iterations": [{**declined, "model": None}]}) == Usage(
        1050, 7, None, 50
    )
