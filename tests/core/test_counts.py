"""Counts as people read them."""

from __future__ import annotations

import pytest

from hilt.core.counts import counted


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0 events"), (1, "1 event"), (2, "2 events"), (-1, "-1 events"), (1234, "1,234 events")],
)
def test_noun_has_the_number_of_its_count(number: int, text: str) -> None:
    """None are many."""
    assert counted(number, "event") == text
