"""Token counts of OpenAI's APIs, and of everybody who copied them."""

from __future__ import annotations

from typing import Any

from hilt.genai.coerce import count_or_none
from hilt.genai.json_values import field_getter, to_plain_json
from hilt.genai.values import Usage

__all__ = ["usage_of"]

_COUNTS = frozenset((int,))
_RARE_COUNTS = frozenset(("cache_write_tokens", "cache_creation_tokens", "image_tokens"))


def usage_of(usage: Any) -> Usage | None:
    """Token counts of the chat, responses and embeddings APIs.

    Totals are as OpenAI means them: cached tokens and audio are part of the input, reasoning is
    part of the output (https://platform.openai.com/docs/api-reference/chat/object).
    """
    if not usage:
        return None
    counts = usage if type(usage) is dict else to_plain_json(usage)
    if type(counts) is not dict:
        return Usage()
    get = counts.get
    sent = get("prompt_tokens_details") or get("input_tokens_details")
    made = get("completion_tokens_details") or get("output_tokens_details")
    if type(sent) is type(made) is dict:
        # In every call's way: all is there, by its usual name, and a whole number.
        of_sent, of_made = sent.get, made.get
        usual: tuple[Any, ...] = (
            get("prompt_tokens"),
            get("completion_tokens"),
            get("total_tokens"),
            of_sent("cached_tokens"),
            of_made("reasoning_tokens"),
            of_sent("audio_tokens"),
            of_made("audio_tokens"),
        )
        if (
            _COUNTS.issuperset(map(type, usual))
            and min(usual) >= 0
            and _RARE_COUNTS.isdisjoint((*sent, *made))
        ):
            asked, answered, total, cached, thought, heard, spoken = usual
            return Usage(asked, answered, total, cached, None, None, thought, heard, spoken)
    return _usage_of_any(
        counts,
        sent or get("prompt_token_details") or {},  # Writer's spelling, and in the next line
        made or get("completion_token_details") or {},
    )


def _usage_of_any(counts: dict[str, Any], sent: Any, made: Any) -> Usage:
    """The same of whatever is there, under every name that somebody gives it."""
    get, of_sent, of_made = counts.get, field_getter(sent), field_getter(made)
    return Usage(
        _first(get("prompt_tokens"), get("input_tokens")),
        _first(get("completion_tokens"), get("output_tokens")),
        count_or_none(get("total_tokens")),
        _first(  # DeepSeek, Together and Fireworks count it outside
            of_sent("cached_tokens"), get("prompt_cache_hit_tokens"), get("cached_tokens")
        ),
        _first(of_sent("cache_write_tokens"), of_sent("cache_creation_tokens")),
        reasoning_tokens=_first(of_made("reasoning_tokens"), get("reasoning_tokens")),
        input_audio_tokens=count_or_none(of_sent("audio_tokens")),
        output_audio_tokens=count_or_none(of_made("audio_tokens")),
        input_image_tokens=count_or_none(of_sent("image_tokens")),
        output_image_tokens=count_or_none(of_made("image_tokens")),
    )


def _first(*values: Any) -> int | None:
    """The first of some values that is a whole number."""
    for value in values:
        if value is not None and (found := count_or_none(value)) is not None:
            return found
    return None
