"""Counts of several sources."""

from __future__ import annotations

import pytest

from hilt.providers._counts import first_count, sum_of_counts

NO_COUNTS = (None, -1, True, "7", float("nan"), {})


def test_first_count_is_the_first_whole_number() -> None:
    """What is no count is passed over, and zero is a count."""
    assert first_count(*NO_COUNTS, 0, 5) == 0
    assert first_count(*NO_COUNTS) is None
    assert first_count() is None


def test_sum_leaves_out_what_is_no_count() -> None:
    """The counts are added up; without any there is no sum."""
    assert sum_of_counts(*NO_COUNTS, 2, 3) == 5
    assert sum_of_counts(0) == 0
    assert sum_of_counts(*NO_COUNTS) is None


@pytest.mark.parametrize("function", [first_count, sum_of_counts])
def test_whole_numbers_may_be_written_as_floats(function: object) -> None:
    """JSON of some providers has 3.0 for 3."""
    assert function(3.0) == 3
