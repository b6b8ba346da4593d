"""Searches that Gemini made for an answer, which are paid beside the tokens."""

from __future__ import annotations

import re
from collections.abc import Iterable

from hilt.genai.coerce import count_or_none, list_or_empty
from hilt.genai.json_values import get_path
from hilt.providers.gemini.parts import get_field

__all__ = ["grounding_units", "interaction_units", "paid_searches"]

_VERSION = re.compile(r"(?:.*/)?gemini-(\d+)")
_PAID_BY_QUERY = 3  #: before Gemini 3, the prompt is paid that was searched for
_TOOLS = {"google_search": "web_searches", "google_maps": "google_maps_requests"}


def grounding_units(candidates: Iterable[object], model: object) -> dict[str, float]:
    """Searches by the price table's names, from what the candidates say of their grounding."""
    units: dict[str, float] = {}
    for candidate in candidates:
        grounding = get_field(candidate, "groundingMetadata")
        if grounding is None:
            continue
        queries = [
            *list_or_empty(get_field(grounding, "webSearchQueries")),
            *list_or_empty(get_field(grounding, "imageSearchQueries")),
        ]
        chunks = list_or_empty(get_field(grounding, "groundingChunks"))
        counts = {
            "web_searches": paid_searches(len([query for query in queries if query]), model),
            "google_maps_requests": int(any(get_path(chunk, "maps") for chunk in chunks)),
            "retrievals": len(list_or_empty(get_field(grounding, "retrievalQueries"))),
        }
        for unit, count in counts.items():
            if count:
                units[unit] = units.get(unit, 0) + count
    return units


def interaction_units(rows: object, model: object) -> dict[str, float]:
    """The same of an interaction, whose usage counts its tools."""
    units: dict[str, float] = {}
    for row in list_or_empty(rows):
        tool, count = str(get_path(row, "type")), count_or_none(get_path(row, "count"))
        if count:
            searches = paid_searches(count, model) if tool == "google_search" else count
            units[_TOOLS.get(tool, tool)] = searches
    return units


def paid_searches(queries: int, model: object) -> int:
    """How many searches are paid, of so many queries.

    Gemini 3 and later pay for each query, models before it for each prompt that was grounded
    (https://ai.google.dev/gemini-api/docs/google-search#pricing).
    """
    version = _VERSION.match(str(model))
    is_by_query = version is None or int(version[1]) >= _PAID_BY_QUERY
    return queries if is_by_query else min(queries, 1)
