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
from hilt.core.ids_and_times import conversation_id_of


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


@pytest.mark.parametrize(
    ("given", "condition"),
    [
        ({"action": "prompt"}, Condition("(action = ?)", ("prompt",))),
        (
            {"errors": True, "chunks": True},
            Condition(
                "(error_code IS NOT NULL OR outcome IN ('cancelled', 'failed', 'timeout') "
                "OR status_code >= 400)"
            ),
        ),
        (
            {"provider": "a?", "chunks": True},
            Condition("(lower(provider) LIKE ? ESCAPE '!')", ("a_",)),
        ),
        (
            {"model": "GPT*", "chunks": True},
            Condition(
                "(lower(model) LIKE ? ESCAPE '!' OR lower(request_model) LIKE ? ESCAPE '!' "
                "OR lower(response_model) LIKE ? ESCAPE '!')",
                ("gpt%",) * 3,
            ),
        ),
        (
            {"session": "ab", "chunks": True},
            Condition(
                "(substr(session_id, 1, ?) = ? OR substr(session_id, 1, ?) = ? OR session_id = ?)",
                (2, "ab", 7, "conv_ab", conversation_id_of("ab")),
            ),
        ),
    ],
)
def test_a_filter_of_events_is_a_condition(given, condition):
    """With the values that it is asked with."""
    assert event_conditions(Filters(**given)) == condition


@pytest.mark.parametrize(
    ("given", "condition"),
    [
        ({"outcome": "Failed"}, Condition("(outcome = ?)", ("failed",))),
        ({"user": "ann"}, Condition("(lower(user_id) LIKE ? ESCAPE '!')", ("ann",))),
        ({"slower_than": 2}, Condition("(latency_ms > ?)", (2000,))),
        ({"costlier_than": 0.5}, Condition("(cost_usd > ?)", (0.5,))),
        (
            {"tool": "a!b"},
            Condition(
                "(id IN (SELECT call_id FROM uses WHERE lower(used) LIKE ? ESCAPE '!'))",
                ("a!!b",),
            ),
        ),
    ],
)
def test_a_filter_of_calls_is_a_condition(given, condition):
    """With the values that it is asked with."""
    assert call_conditions(Filters(**given)) == condition
