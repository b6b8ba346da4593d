"""Times in ISO 8601."""

from __future__ import annotations

import pytest

from hilt_otel_exporters.iso_times import nanos_of


@pytest.mark.parametrize(
    ("moment", "nanos"),
    [
        ("2026-09-21T14:13:20.500000Z", 1_790_000_000_500_000_000),
        ("2026-09-21T16:13:20+02:00", 1_790_000_000_000_000_000),
        ("2026-09-21 14:13:20.500", 1_790_000_000_500_000_000),
        ("2026-09-21T14:13:20.500000123Z", 1_790_000_000_500_000_000),
        ("2026-09-21T14:13:20.5Z", 1_790_000_000_500_000_000),
        (7, 7),
        (None, 0),
    ],
)
def test_time_is_read(moment: object, nanos: int) -> None:
    """UTC where no zone is given; whole numbers are nanoseconds already."""
    assert nanos_of(moment) == nanos


def test_text_that_is_no_time_is_an_error() -> None:
    """The span that has it cannot be read, and is counted."""
    with pytest.raises(ValueError, match="'lunch' is no time in ISO 8601"):
        nanos_of("lunch")


def test_number_is_a_time_that_an_event_can_have() -> None:
    """From 1970 to the end of the year 9999."""
    last = nanos_of("9999-12-31T23:59:59.999999Z") + 999

    assert [nanos_of(0), nanos_of(last)] == [0, last]
    for nanos in (-1, last + 1, -62_135_596_900_000_000_000):
        with pytest.raises(ValueError, match="before 1970 or after 9999"):
            nanos_of(nanos)
