"""Times as other programs write them."""

from __future__ import annotations

import pytest

from hilt.imports.moments import nanos_of

AT = 1_790_000_000_500_000_000


@pytest.mark.parametrize(
    "moment",
    [
        1_790_000_000.5,
        "2026-09-21T14:13:20.5Z",
        "2026-09-21T14:13:20.500000+00:00",
        "2026-09-21 14:13:20.500",
        "2026-09-21T16:13:20.500000000+02:00",
    ],
)
def test_moment_is_read(moment: object) -> None:
    """Seconds, and ISO 8601 with or without a time zone."""
    assert nanos_of(moment) == AT


@pytest.mark.parametrize("moment", [None, "", "soon", True, -1, 0, 1e30, float("nan"), [], "1"])
def test_other_values_are_no_moments(moment: object) -> None:
    """They are None."""
    assert nanos_of(moment) is None
