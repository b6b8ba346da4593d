"""Token counts of Anthropic's messages API."""

from __future__ import annotations

from hilt.genai.coerce import count_or_none
from hilt.genai.json_values import get_path
from hilt.genai.values import Usage
from hilt.providers._iterations import (
    fallback_of,
    own_iterations,
    usage_by_model,
    usage_of_entries,
    usage_of_entry,
)
from hilt.providers._server_tools import server_tool_units

__all__ = ["is_fast", "region_of", "usage_of"]

_COUNTS = (
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "cache_write_1h_tokens",
)


def usage_of(usage: object) -> Usage | None:
    """Token counts, with the totals that HILT and OpenTelemetry mean.

    Anthropic counts cached tokens apart from ``input_tokens``, and what a compaction took apart
    from everything; ``output_tokens`` has the thinking in it
    (https://platform.claude.com/docs/en/build-with-claude/prompt-caching).
    """
    if not usage:
        return None
    counts = usage_of_entry(usage)
    if get_path(usage, "iterations"):
        if fallback_of(usage):  # in a stream, the totals may be those of the model that declined
            counts = usage_of_entries(own_iterations(usage))
        else:
            _add_iterations(counts, own_iterations(usage))
        counts.by_model = usage_by_model(usage)
    details = get_path(usage, "output_tokens_details")
    if details:
        counts.reasoning_tokens = count_or_none(get_path(details, "thinking_tokens"))
    tools = get_path(usage, "server_tool_use")
    if tools:
        counts.units = server_tool_units(tools)
    return counts


def _add_iterations(counts: Usage, entries: list[object]) -> None:
    """Add what stands in no total: compactions always, and what the totals leave out of the rest.

    With an advisor, the input beside the iterations can be that of the first one alone.
    """
    messages = [entry for entry in entries if get_path(entry, "type") != "compaction"]
    compactions = [entry for entry in entries if get_path(entry, "type") == "compaction"]
    summed, apart = usage_of_entries(messages), usage_of_entries(compactions)
    for name in _COUNTS:
        values = [getattr(each, name) for each in (counts, summed, apart)]
        if any(value is not None for value in values):
            total, of_messages, of_compactions = (value or 0 for value in values)
            setattr(counts, name, max(total, of_messages) + of_compactions)


def is_fast(usage: object) -> bool:
    """Whether the fast mode, which has its own price, answered."""
    return bool(get_path(usage, "speed") == "fast")


def region_of(usage: object) -> str | None:
    """Where the model ran, which can have its own price."""
    region = get_path(usage, "inference_geo")
    return region if isinstance(region, str) and region else None
