"""Token counts of LangChain's models: ``usage_metadata``, and what the provider itself counted."""

from __future__ import annotations

from hilt.genai.coerce import count_or_none
from hilt.genai.json_values import get_path, to_plain_json
from hilt.genai.values import Usage
from hilt.providers._chat_completions import usage_of as chat_usage_of
from hilt.providers._counts import first_count, sum_of_counts
from hilt.providers._server_tools import server_tool_units
from hilt.providers.anthropic.usage import region_of
from hilt.providers.anthropic.usage import usage_of as anthropic_usage_of

__all__ = ["region_of", "tier_of", "usage_of"]

_TIERS = ("flex", "priority")
_HOUR = "ephemeral_1h_input_tokens"
_WRITES = ("ephemeral_5m_input_tokens", _HOUR)
_ANTHROPIC = frozenset(("cache_creation_input_tokens", "server_tool_use", "iterations"))
_RARE = {
    "input_video_tokens": ("input_token_details", "video"),
    "input_document_tokens": ("input_token_details", "document"),
    "output_video_tokens": ("output_token_details", "video"),
}


def usage_of(usage: object, raw: object) -> Usage:
    """The counts of an answer.

    Args:
        usage: Its ``usage_metadata``, whose totals include cached and reasoning tokens.
        raw: What the provider sent, where the package of LangChain's keeps it.
    """
    raw = raw if isinstance(raw, dict) else to_plain_json(raw)
    fields = raw if isinstance(raw, dict) else {}
    if not _ANTHROPIC.isdisjoint(fields) and "input_tokens" in fields:
        return anthropic_usage_of(raw) or Usage()  # it counts what LangChain leaves out
    if not usage:
        return chat_usage_of(raw) or Usage()
    counts = _counts_of(usage)
    counts.units.update(server_tool_units(fields.get("server_tool_use")))
    return counts


def _counts_of(usage: object) -> Usage:
    rare = {name: count_or_none(get_path(usage, *path)) for name, path in _RARE.items()}
    return Usage(
        count_or_none(get_path(usage, "input_tokens")),
        count_or_none(get_path(usage, "output_tokens")),
        count_or_none(get_path(usage, "total_tokens")),
        _detail(usage, "input_token_details", "cache_read"),
        _cache_writes(usage),
        count_or_none(get_path(usage, "input_token_details", _HOUR)),
        _detail(usage, "output_token_details", "reasoning"),
        count_or_none(get_path(usage, "input_token_details", "audio")),
        count_or_none(get_path(usage, "output_token_details", "audio")),
        input_image_tokens=count_or_none(get_path(usage, "input_token_details", "image")),
        output_image_tokens=count_or_none(get_path(usage, "output_token_details", "image")),
        units={name: count for name, count in rare.items() if count},
    )


def _detail(usage: object, details: str, name: str) -> int | None:
    """A count, which langchain-openai names after the service tier if that has its own price."""
    names = (name, *(f"{tier}_{name}" for tier in _TIERS))
    return first_count(*(get_path(usage, details, each) for each in names))


def _cache_writes(usage: object) -> int | None:
    """The writes; langchain-anthropic counts them by their lifetime, and none in the total then."""
    by_lifetime = sum_of_counts(*(get_path(usage, "input_token_details", name) for name in _WRITES))
    return by_lifetime or _detail(usage, "input_token_details", "cache_creation")


def tier_of(usage: object) -> str | None:
    """The service tier that the names of the counts give."""
    details = get_path(usage, "input_token_details") or {}
    return next((tier for tier in _TIERS if get_path(details, tier) is not None), None)
