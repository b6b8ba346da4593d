"""Searches that Gemini made, as they are paid."""

from __future__ import annotations

import pytest

from hilt.providers.gemini.searches import grounding_units, interaction_units

CANDIDATE = {"groundingMetadata": {"webSearchQueries": ["a", "b", ""], "retrievalQueries": ["c"]}}


@pytest.mark.parametrize(
    ("model", "searches"), [("gemini-2.5-pro", 1), ("gemini-3.5-flash", 2), (None, 2)]
)
def test_searches_by_model(model: str | None, searches: int) -> None:
    """By the query from Gemini 3 on, by the prompt before; an empty query is none."""
    assert grounding_units([CANDIDATE], model) == {"web_searches": searches, "retrievals": 1}


def test_what_was_not_searched_for() -> None:
    """An answer without grounding counts nothing, and neither does an empty one."""
    assert grounding_units([{}, {"groundingMetadata": {}}], "gemini-2.5-pro") == {}


def test_an_interaction() -> None:
    """Its tools are counted by their types."""
    rows = [{"type": "google_search", "count": 3}, {"type": "google_maps", "count": 1}, {}]

    assert interaction_units(rows, "gemini-3.5-flash") == {
        "web_searches": 3,
        "google_maps_requests": 1,
    }
