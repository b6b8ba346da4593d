"""Token counts of OpenAI's APIs, and of the many APIs that copy them."""

from __future__ import annotations

from typing import Any

from hilt.genai.coerce import count_or_none
from hilt.genai.json_values import field_getter, get_path, to_plain_json
from hilt.genai.values import Usage
from hilt.providers._chat_messages import FieldGetter
from hilt.providers._counts import first_count, sum_of_counts
from hilt.providers._iterations import own_iterations, usage_by_model, usage_of_entries
from hilt.providers._server_tools import server_tool_units

__all__ = ["usage_of"]

_COUNT_TYPES = frozenset((int,))  #: the type of a count that is there
_USUAL_FIELDS = 5  #: the totals and the details of both
_RARE_COUNTS = frozenset(
    (
        "cache_write_tokens",
        "cache_creation_tokens",
        "cache_creation_token_details",
        "cached_tokens_details",
        "image_tokens",
        "video_tokens",
        "web_search_requests",
    )
)
_AUDIO_SECONDS = "input_audio_seconds"


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
    # Every call passes here: first what nearly all answers have, in one step.
    if (
        len(counts) == len(totals)
        and _COUNT_TYPES.issuperset(map(type, totals))
        and min(totals) >= 0
    ):
        return Usage(*totals)
    input_details = get("prompt_tokens_details") or get("input_tokens_details")
    output_details = get("completion_tokens_details") or get("output_tokens_details")
    if len(counts) == _USUAL_FIELDS and type(input_details) is type(output_details) is dict:
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
    usage = Usage(
        first_count(get("prompt_tokens"), get("input_tokens")),
        first_count(get("completion_tokens"), get("output_tokens")),
        count_or_none(get("total_tokens")),
        first_count(  # DeepSeek, Together, Fireworks, Mistral and LiteLLM count it outside
            of_input("cached_tokens"),
            *(get(name) for name in _CACHE_READS),
        ),
        first_count(
            of_input("cache_write_tokens"),
            of_input("cache_creation_tokens"),
            get("cache_creation_input_tokens"),
        ),
        first_count(
            get_path(of_input("cache_creation_token_details"), _HOUR),
            get_path(get("cache_creation"), _HOUR),
        ),
        first_count(of_output("reasoning_tokens"), get("reasoning_tokens")),
        input_audio_tokens=count_or_none(of_input("audio_tokens")),
        output_audio_tokens=count_or_none(of_output("audio_tokens")),
        cache_read_audio_tokens=count_or_none(
            get_path(of_input("cached_tokens_details"), "audio_tokens")
        ),
        input_image_tokens=count_or_none(of_input("image_tokens")),
        output_image_tokens=count_or_none(of_output("image_tokens")),
        units=_units_of(get, of_input, of_output),
    )
    if get("iterations"):
        _take_out_other_models(usage, counts)
    if get("citation_tokens") is not None:
        _add_citations(usage, count_or_none(get("citation_tokens")) or 0)
    if get("connector_tokens"):  # Mistral's, of what its tools gave the model to read
        usage.input_tokens = sum_of_counts(usage.input_tokens, get("connector_tokens"))
    return usage


_HOUR = "ephemeral_1h_input_tokens"
_CACHE_READS = (
    "prompt_cache_hit_tokens",
    "cached_tokens",
    "num_cached_tokens",
    "cache_read_input_tokens",
)
_TOOL_COUNTS = (
    "server_tool_use",
    "server_side_tool_usage_details",
    "server_side_tool_usage",
    "connectors",
)


def _units_of(get: FieldGetter, of_input: FieldGetter, of_output: FieldGetter) -> dict[str, float]:
    """What is counted beside the totals, and rare parts of them, by the price table's names."""
    tools = next((get(name) for name in _TOOL_COUNTS if get(name)), None)
    others = {
        "input_video_tokens": of_input("video_tokens"),
        "output_video_tokens": of_output("video_tokens"),
        "cache_image_read_tokens": get_path(of_input("cached_tokens_details"), "image_tokens"),
        "live_search_sources": get("num_sources_used"),  # xAI's
        "web_searches": first_count(of_input("web_search_requests"), get("num_search_queries")),
        _AUDIO_SECONDS: get("prompt_audio_seconds"),
    }
    counts = {name: count for name, value in others.items() if (count := count_or_none(value))}
    return {**counts, **server_tool_units(tools)}


def _take_out_other_models(usage: Usage, counts: object) -> None:
    """LiteLLM adds what an advisor took to the counts of the model that answered."""
    usage.by_model = usage_by_model(counts)
    if usage.by_model:
        own = usage_of_entries(own_iterations(counts))
        usage.input_tokens, usage.output_tokens = own.input_tokens, own.output_tokens
        usage.cache_read_tokens, usage.cache_write_tokens = (
            own.cache_read_tokens,
            own.cache_write_tokens,
        )
        usage.cache_write_1h_tokens = own.cache_write_1h_tokens
        usage.total_tokens = sum_of_counts(own.input_tokens, own.output_tokens)


def _add_citations(usage: Usage, citations: int) -> None:
    """Perplexity counts reasoning and citations outside the answer and outside the total."""
    usage.units["output_citation_tokens"] = citations
    apart = citations + (usage.reasoning_tokens or 0)
    if usage.output_tokens is not None:
        usage.output_tokens += apart
    if usage.total_tokens is not None:
        usage.total_tokens += apart
