"""How often a provider's own tools ran, which is paid beside the tokens.

The names are those of the price table. A count without a price in it leaves the call without a
cost, and the reason names the count: nothing that is billed is taken for free.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from hilt.genai.coerce import count_or_none, str_or_empty
from hilt.genai.json_values import get_path, to_plain_json

__all__ = ["counted_calls", "server_tool_units"]

_UNITS = {
    "web_search": "web_searches",
    "web_search_calls": "web_searches",
    "web_search_premium": "premium_web_searches",
    "web_search_requests": "web_searches",
    "web_fetch_requests": "web_fetches",
    "x_search_calls": "social_searches",
    "code_interpreter": "code_executions",
    "code_interpreter_calls": "code_executions",
    "code_execution_requests": "code_executions",
    "file_search_calls": "storage_searches",
    "document_search_calls": "storage_searches",
    "document_library": "storage_searches",
    "collections_search_calls": "storage_searches",
    "image_generation": "generated_images",
}
_FREE = frozenset(("mcp_calls", "tool_search_requests"))
_CALLS = {
    "web_search_call": "web_searches",
    "file_search_call": "storage_searches",
    "code_interpreter_call": "code_interpreter_calls",
    "image_generation_call": "image_generation_calls",
}
_FREE_ACTIONS = frozenset(("open_page", "find_in_page", "find"))


def server_tool_units(counts: object) -> dict[str, float]:
    """Counts by a provider's name of each tool, by the table's names; without zeros."""
    units: dict[str, float] = {}
    if counts and not isinstance(counts, Mapping):
        counts = to_plain_json(counts)
    if not isinstance(counts, Mapping):
        return units
    for name, value in counts.items():
        count = count_or_none(value)
        if count and name not in _FREE:
            unit = _UNITS.get(name, str(name))
            units[unit] = units.get(unit, 0) + count
    return units


def counted_calls(items: Iterable[Any]) -> dict[str, float]:
    """The items of an answer of OpenAI's responses that stand for a paid call of a tool.

    Of a web search, opening a page that it found costs nothing more
    (https://developers.openai.com/api/docs/guides/tools-web-search).
    """
    units: dict[str, float] = {}
    for item in items:
        unit = _CALLS.get(str_or_empty(get_path(item, "type")))
        if unit and str_or_empty(get_path(item, "action", "type")) not in _FREE_ACTIONS:
            units[unit] = units.get(unit, 0) + 1
    return units
