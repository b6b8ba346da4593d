"""The filters as conditions of SQL."""

from __future__ import annotations

import pytest

from hilt.analysis.filters import Filters
from hilt.analysis.sql_filters import (
    Condition,
    call_conditions,
    event_conditions,
    events_of_days,
)
from hilt.core.exceptions import ConfigurationError


def test_nothing_asked_is_true():
    """Of calls; of events, those of streams are asked for."""
    assert call_conditions(Filters()) == Condition("true")
    assert event_conditions(Filters()) == Condition("(action <> 'completion_chunk')")
    assert event_conditions(Filters(chunks=True)) == Condition("true")


def test_values_are_parameters():
    """Nothing that a user gives becomes a part of the SQL."""
    hostile = "x' OR '1'='1"

    condition = call_conditions(Filters(model=hostile, user="a_b*", session=hostile))

    assert "'1'" not in condition.text
    assert condition.text.count("?") == len(condition.values) == 8
    assert condition.values[-1] == "a!_b%"


def test_only_the_days_that_matter_are_read():
    """With a margin, as what a call has is near its ending."""
    filters = Filters(since="2026-11-20", until="2026-11-21", utc=True)

    assert events_of_days(filters) == Condition(
        "SELECT * FROM archive WHERE (day >= CAST(? AS DATE)) AND (day <= CAST(? AS DATE))",
        ("2026-11-18", "2026-11-24"),
    )
    assert call_conditions(filters).values == (1795132800000000, 1795305600000000)


@pytest.mark.parametrize(
    ("of", "given"),
    [
        (call_conditions, {"text": "x"}),
        (call_conditions, {"action": "prompt"}),
        (event_conditions, {"user": "ann"}),
        (event_conditions, {"slower_than": 0.0}),
        (event_conditions, {"model": "gpt-[45]"}),
    ],
)
def test_what_only_the_reader_knows_is_refused(of, given):
    """The message names the filter."""
    with pytest.raises(ConfigurationError, match=f"^{next(iter(given))}: "):
        of(Filters(**given))
