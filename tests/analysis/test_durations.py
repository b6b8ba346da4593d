"""Percentiles of many durations."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hilt.analysis import durations as durations_module
from hilt.analysis.durations import Durations

MICROS = st.integers(0, 2**32 - 1).map(lambda micros: micros / 1000)
ANY = st.one_of(MICROS, st.floats(-10, 1e13), st.integers(-5, 10**7))


def durations_of(values) -> Durations:
    """Durations with some values, one by one."""
    durations = Durations()
    for value in values:
        durations.add(value)
    return durations


def percentile(values, share: float) -> float:
    """By sorting all of them, as ``percentile_cont`` of SQL."""
    ordered = sorted(values)
    position = share * (len(ordered) - 1)
    low = math.floor(position)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (position - low)


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [
        ([], 0.5, None),
        ([3.0], 0.99, 3.0),
        ([1, 2, 3, 4], 0.5, 2.5),
        ([1, 2, 3, 4], 1.0, 4),
        ([1, 2, 3, 4], 0.0, 1),
        ([4, 1, 3, 2], 0.9, 3.7),
        ([0.1234567], 0.5, 0.1234567),
        ([1.0, 2.00025], 0.5, 1.500125),
        ([1.0004, 1.0, 0.9996], 1.0, 1.0004),
        ([-0.0001, 0.0], 0.0, -0.0001),
        ([-1.5], 0.5, -1.5),
        ([4294967.295, 4294967.296], 0.0, 4294967.295),
        ([4294967.295, 4294967.296, 1e300], 0.5, 4294967.296),
    ],
)
def test_percentiles_are_those_of_sql(values, share, expected):
    """Between two values in proportion, as ``percentile_cont``."""
    assert durations_of(values).percentiles([share]) == [expected]


@given(values=st.lists(MICROS, min_size=1), others=st.lists(ANY, max_size=3), share=st.floats(0, 1))
@pytest.mark.parametrize("few", [0, 10_000])
def test_counting_finds_what_sorting_finds(few, values, others, share):
    """However many there are, and whether or not all of them are whole microseconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(durations_module, "_FEW", few)
        counted, mixed = durations_of(values), durations_of(values)
        mixed.extend(durations_of(others))

        assert counted.percentiles([share]) == [percentile(values, share)]
        assert mixed.percentiles([share]) == [percentile([*values, *others], share)]


def test_added_later():
    """What was asked before does not stay."""
    durations = durations_of([1.0])

    assert durations.percentiles([0.5]) == [1.0]
    durations.add(3.0)
    assert (durations.percentiles([0.5]), len(durations)) == ([2.0], 2)


def test_whole_microseconds_take_four_bytes():
    """So that millions of calls fit."""
    durations = durations_of([number / 1000 for number in range(1000)])

    assert (len(durations._micros), len(durations._others)) == (1000, 0)
