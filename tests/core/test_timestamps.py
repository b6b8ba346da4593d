"""Times."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hilt.core.exceptions import EventError
from hilt.core.ids_and_times import (
    format_nanos,
    nanos_of_iso,
    now,
    parse_timestamp,
    to_nanos,
    to_timestamp,
)


@given(st.integers(0, 4_102_444_800_000_000))
def test_nanoseconds_there_and_back(micros):
    """A timestamp keeps every microsecond."""
    assert to_nanos(format_nanos(micros * 1000)) == micros * 1000


@given(st.datetimes(timezones=st.timezones(), min_value=datetime(1970, 1, 2)))  # noqa: DTZ001
def test_datetimes_there_and_back(moment):
    """Whatever their zone; they come back in UTC."""
    text = to_timestamp(moment)

    assert text.endswith("Z")
    # In UTC: Python calls two moments of the hour that a clock is set back never equal.
    assert parse_timestamp(text) == moment.astimezone(timezone.utc)


def test_years_have_four_digits() -> None:
    """Also those before 1000, as ages reach them: `parse_timestamp` reads no others."""
    moment = datetime(526, 11, 19, 12, tzinfo=timezone.utc)

    assert to_timestamp(moment) == "0526-11-19T12:00:00.000000Z"
    assert format_nanos(to_nanos("0526-11-19T12:00:00Z")) == "0526-11-19T12:00:00.000000Z"


def test_nanoseconds_are_cut_to_microseconds() -> None:
    """A timestamp is never later than its moment, also where the second of the last one goes on."""
    second = 1_767_225_600_000_000_000
    nanos = (second + 999, second + 1_000, second + 999_999_999, second + 1_000_000_000, second)

    assert [format_nanos(each)[17:] for each in nanos] == [
        "00.000000Z", "00.000001Z", "00.999999Z", "01.000000Z", "00.000000Z",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-01T00:00:00", 1_767_225_600_000_000_000),
        (" 2026-01-01T00:00:00Z\n", 1_767_225_600_000_000_000),
        ("2026-01-01 01:00:00+01:00", 1_767_225_600_000_000_000),
        ("2026-01-01", 1_767_225_600_000_000_000),
        ("2026-01-01T00:00:00.5", 1_767_225_600_500_000_000),
        ("2026-01-01T00:00:00.1234567891Z", 1_767_225_600_123_456_000),
        ("2026-01-01T01:00:00.1234567+01:00", 1_767_225_600_123_456_000),
        ("1970-01-01T00:00:00.000001Z", 1_000),
        ("1969-12-31T23:59:59Z", 0),
        ("0001-01-01T00:00:00+14:00", 0),
        ("", None),
        ("yesterday", None),
        ("2026-13-01T00:00:00Z", None),
        ("2026-01-01T00:00:00.x", None),
    ],
)
def test_times_of_other_programs_are_read(text: str, expected: int | None) -> None:
    """In UTC unless they say otherwise, and with as many digits as an event keeps."""
    assert nanos_of_iso(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-01T00:00:00Z", 1_767_225_600_000_000_000),
        ("2026-01-01t00:00:00z", 1_767_225_600_000_000_000),
        ("2026-01-01 01:00:00.5+01:00", 1_767_225_600_500_000_000),
        ("2026-01-01T00:00:00.123456789Z", 1_767_225_600_123_456_000),
        ("2025-12-31T19:00:00-05:00", 1_767_225_600_000_000_000),
        ("2026-01-01T00:00:00.000001Z", 1_767_225_600_000_001_000),
        ("2026-01-01T00:00:00.05z", 1_767_225_600_050_000_000),
    ],
)
def test_rfc_3339_is_read(text, expected):
    """Upper and lower case, any number of digits, any zone."""
    assert to_nanos(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-01-01",
        "2026-01-01T00:00:00",
        "2026-13-01T00:00:00Z",
        "2026-01-01T25:00:00Z",
        "20260101T000000Z",
        "2026-01-01T00:00:00Z ",
        "\uff12026-01-01T00:00:00Z",
    ],
)
def test_anything_else_is_refused(text):
    """With the text, and an example of what is right."""
    with pytest.raises(EventError, match="is not RFC 3339 with a time zone, such as"):
        parse_timestamp(text)


def test_now_is_now():
    """Within the time that the test takes."""
    before = datetime.now(timezone.utc)
    result = parse_timestamp(now())

    assert before.replace(microsecond=before.microsecond) <= result <= datetime.now(timezone.utc)


def test_a_naive_datetime_is_refused():
    """It could be any of 24 moments."""
    with pytest.raises(EventError, match="has no time zone"):
        to_timestamp(datetime(2026, 1, 1))  # noqa: DTZ001
