"""Token counts of several sources; what is no whole number is not counted."""

from __future__ import annotations

from hilt.genai.coerce import count_or_none

__all__ = ["first_count", "sum_of_counts"]


def first_count(*values: object) -> int | None:
    """The first of some values that is a count, or None."""
    for value in values:
        if value is not None and (count := count_or_none(value)) is not None:
            return count
    return None


def sum_of_counts(*values: object) -> int | None:
    """The sum of those values that are counts; None if none is."""
    counts = [count for value in values if (count := count_or_none(value)) is not None]
    return sum(counts) if counts else None
