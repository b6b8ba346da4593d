"""Cells of the views."""

from __future__ import annotations

import pytest

from hilt.analysis.tables import CALLS, EVENTS, cell_of, row_of_call, row_of_event


@pytest.mark.parametrize(
    ("value", "kind", "cell"),
    [
        (None, "TEXT", None),
        ("a", "TEXT", "a"),
        ("\ud800", "TEXT", "\\ud800"),
        (5, "TEXT", "5"),
        (["a"], "TEXT", '["a"]'),
        (5, "BIGINT", 5),
        (10**30, "BIGINT", None),
        (True, "BIGINT", None),
        ("5", "BIGINT", None),
        (5, "DOUBLE", 5.0),
        (10**400, "DOUBLE", None),
        ({}, "DOUBLE", None),
    ],
)
def test_cell_holds_what_its_column_can(value, kind, cell):
    """Anything else is no value."""
    assert cell_of(value, kind) == cell


def test_rows_have_a_cell_for_each_column(log):
    """Of events and of calls."""
    log.call("Hi", "Hello")
    (call,) = log.open().calls()

    row = dict(zip(CALLS, row_of_call(call), strict=True))
    assert (row["prompt"], row["answer"], row["failed"], row["cost_usd"]) == ("Hi", "Hello", 0, 0.5)
    row = dict(zip(EVENTS, row_of_event(call.ending), strict=True))
    assert (row["text"], row["model"], row["event"]) == (
        "Hello", "gpt-5", call.ending.encode().decode(),
    )  # fmt: skip
