"""Token counts of Anthropic's messages API."""

from __future__ import annotations

from typing import Any

from hilt.genai.coerce import count_or_none
from hilt.genai.json_values import get_path
from hilt.genai.values import Usage

__all__ = ["is_fast", "usage_of"]

_CACHE_READ = "cache_read_input_tokens"
_CACHE_WRITE = "cache_creation_input_tokens"


def usage_of(usage: Any) -> Usage | None:
    """Token counts, with the totals that HILT and OpenTelemetry mean.

    Anthropic counts cached tokens apart from ``input_tokens``, and what a compaction took apart
    from everything; ``output_tokens`` has the thinking in it
    (https://platform.claude.com/docs/en/build-with-claude/prompt-caching).
    """
    if not usage:
        return None
    entries = [usage, *_compactions(usage)]
    found = Usage(
        input_tokens=_sum(entries, "input_tokens"),
        output_tokens=_sum(entries, "output_tokens"),
        cache_read_tokens=_sum(entries, _CACHE_READ),
        cache_write_tokens=_sum(entries, _CACHE_WRITE),
        cache_write_1h_tokens=_sum(entries, "cache_creation", "ephemeral_1h_input_tokens"),
        reasoning_tokens=count_or_none(get_path(usage, "output_tokens_details", "thinking_tokens")),
    )
    if found.input_tokens is not None:
        found.input_tokens += (found.cache_read_tokens or 0) + (found.cache_write_tokens or 0)
    searches = count_or_none(get_path(usage, "server_tool_use", "web_search_requests"))
    if searches:
        found.units["web_searches"] = searches
    return found


def is_fast(usage: Any) -> bool:
    """Whether the fast mode, which has its own price, answered."""
    return bool(get_path(usage, "speed") == "fast")


def _compactions(usage: Any) -> list[Any]:
    """Counts that stand in no total: the compactions that the server made on the way."""
    entries = get_path(usage, "iterations")
    if not isinstance(entries, (list, tuple)):
        return []
    return [entry for entry in entries if get_path(entry, "type") == "compaction"]


def _sum(entries: list[Any], *path: str) -> int | None:
    counts = [
        count for entry in entries if (count := count_or_none(get_path(entry, *path))) is not None
    ]
    return sum(counts) if counts else None
