"""Token counts of Anthropic's messages API."""

from __future__ import annotations

from hilt.genai.coerce import count_or_none
from hilt.genai.json_values import get_path
from hilt.genai.values import Usage
from hilt.providers._counts import sum_of_counts

__all__ = ["is_fast", "usage_of"]

_CACHE_READ = "cache_read_input_tokens"
_CACHE_WRITE = "cache_creation_input_tokens"


def usage_of(usage: object) -> Usage | None:
    """Token counts, with the totals that HILT and OpenTelemetry mean.

    Anthropic counts cached tokens apart from ``input_tokens``, and what a compaction took apart
    from everything; ``output_tokens`` has the thinking in it
    (https://platform.claude.com/docs/en/build-with-claude/prompt-caching).
    """
    if not usage:
        return None
    entries = [usage, *_compactions_of(usage)]
    counts = Usage(
        input_tokens=_sum_at(entries, "input_tokens"),
        output_tokens=_sum_at(entries, "output_tokens"),
        cache_read_tokens=_sum_at(entries, _CACHE_READ),
        cache_write_tokens=_sum_at(entries, _CACHE_WRITE),
        cache_write_1h_tokens=_sum_at(entries, "cache_creation", "ephemeral_1h_input_tokens"),
        reasoning_tokens=count_or_none(get_path(usage, "output_tokens_details", "thinking_tokens")),
    )
    if counts.input_tokens is not None:
        counts.input_tokens += (counts.cache_read_tokens or 0) + (counts.cache_write_tokens or 0)
    searches = count_or_none(get_path(usage, "server_tool_use", "web_search_requests"))
    if searches:
        counts.units["web_searches"] = searches
    return counts


def is_fast(usage: object) -> bool:
    """Whether the fast mode, which has its own price, answered."""
    return bool(get_path(usage, "speed") == "fast")


def _compactions_of(usage: object) -> list[object]:
    """Counts that stand in no total: the compactions that the server made on the way."""
    entries = get_path(usage, "iterations")
    if not isinstance(entries, (list, tuple)):
        return []
    return [entry for entry in entries if get_path(entry, "type") == "compaction"]


def _sum_at(entries: list[object], *path: str) -> int | None:
    return sum_of_counts(*(get_path(entry, *path) for entry in entries))
