"""Amounts of money as texts."""

from __future__ import annotations

import pytest

from hilt.core.money import dollars


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (1234.5, "$1,234.50"),
        (1, "$1.00"),
        (0, "$0.00"),
        (0.25, "$0.25"),
        (0.000012, "$0.000012"),
        (2.5e-9, "$0.0000000025"),
        (1e-300, "$0.00"),
        (-0.002, "$-0.002"),
        (float("inf"), "$inf"),
    ],
)
def test_as_many_decimals_as_it_needs(amount, text):
    """A small amount is not shown as none."""
    assert dollars(amount) == text
