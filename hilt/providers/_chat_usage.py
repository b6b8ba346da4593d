"""Token counts of OpenAI's APIs, and of the many APIs that copy them."""

from __future__ import annotations

from typing import Any

from hilt.genai.coerce import count_or_none
from hilt.genai.json_values import field_getter, to_plain_json
from hilt.genai.values import Usage
from hilt.providers._counts import first_count

__all__ = ["usage_of"]

_COUNT_TYPES = frozenset((int,))  #: the type of a count that is there
_RARE_COUNTS = frozenset(("cache_write_tokens", "cache_creation_tokens", "image_tokens"))


def usage_of(usage: object) -> Usage | None:
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
    totals: tuple[Any, ...] = get("prompt_tokens"), get("completion_tokens"), get("total_tokens")
    input_details = get("prompt_tokens_details") or get("input_tokens_details")
    output_details = get("completion_tokens_details") or get("output_tokens_details")
    # Every call passes here: first what nearly all answers have, in one step.
    if (
        len(counts) == len(totals)
        and _COUNT_TYPES.issuperset(map(type, totals))
        and min(totals) >= 0
    ):
        return Usage(*totals)
    if type(input_details) is type(output_details) is dict:
        details: tuple[Any, ...] = (
            input_details.get("cached_tokens"),
            output_details.get("reasoning_tokens"),
            input_details.get("audio_tokens"),
            output_details.get("audio_tokens"),
        )
        has_rare = not _RARE_COUNTS.isdisjoint((*input_details, *output_details))
        usual = (*totals, *details)
        if not has_rare and _COUNT_TYPES.issuperset(map(type, usual)) and min(usual) >= 0:
            cached, reasoning, input_audio, output_audio = details
            return Usage(
                totals[0],
                totals[1],
                totals[2],
                cached,
                None,
                None,
                reasoning,
                input_audio,
                output_audio,
            )
    return _usage_of_any(
        counts,
        input_details or get("prompt_token_details") or {},  # Writer's spelling, here and below
        output_details or get("completion_token_details") or {},
    )


def _usage_of_any(
    counts: dict[str, object], input_details: object, output_details: object
) -> Usage:
    """The same counts under every name that an API gives them, if they are there."""
    get, of_input, of_output = (
        counts.get,
        field_getter(input_details),
        field_getter(output_details),
    )
    return Usage(
        first_count(get("prompt_tokens"), get("input_tokens")),
        first_count(get("completion_tokens"), get("output_tokens")),
        count_or_none(get("total_tokens")),
        first_count(  # DeepSeek, Together and Fireworks count it outside
            of_input("cached_tokens"), get("prompt_cache_hit_tokens"), get("cached_tokens")
        ),
        first_count(of_input("cache_write_tokens"), of_input("cache_creation_tokens")),
        reasoning_tokens=first_count(of_output("reasoning_tokens"), get("reasoning_tokens")),
        input_audio_tokens=count_or_none(of_input("audio_tokens")),
        output_audio_tokens=count_or_none(of_output("audio_tokens")),
        input_image_tokens=count_or_none(of_input("image_tokens")),
        output_image_tokens=count_or_none(of_output("image_tokens")),
    )
