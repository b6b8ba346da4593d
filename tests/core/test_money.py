"""Amounts of money as texts."""

from __future__ import annotations

import pytest

from hilt.core.money import dollars


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (1234.5, "$1,234.50"),
        (1, "$1.00"),
        (1234567, "$1,234,567.00"),
        (0.999999, "$0.999999"),
        (0.5000004, "$0.50"),
        (0.1, "$0.10"),
        (-1234.5, "$-1,234.50"),
        (-1, "$-1.00"),
        (-0.5, "$-0.50"),
        (0.0000123456, "$0.000012"),
        (0.00000123456, "$0.0000012"),
        (1.5e-29, "$0.000000000000000000000000000015"),
        (float("nan"), "$nan"),
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
