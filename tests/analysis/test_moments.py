"""Times as people write them."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from hilt.analysis.moments import parse_moment, timestamp_key
from hilt.core.exceptions import ConfigurationError

NOW = datetime(2026, 11, 28, 10, 30, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("now", "2026-11-28T10:30:00"),
        ("today", "2026-11-28T00:00:00"),
        ("Yesterday", "2026-11-27T00:00:00"),
        ("2h", "2026-11-28T08:30:00"),
        ("90 min ago", "2026-11-28T09:00:00"),
        ("1.5 days", "2026-11-26T22:30:00"),
        ("1w", "2026-11-21T10:30:00"),
        ("2026-11-01", "2026-11-01T00:00:00"),
        ("2026-11-01 14:30", "2026-11-01T14:30:00"),
        ("2026-11-01T14:30:05.5", "2026-11-01T14:30:05.500000"),
        ("09:15", "2026-11-28T09:15:00"),
        ("2026-11-01T14:30:00+02:00", "2026-11-01T12:30:00"),
        ("2026-11-01T14:30Z", "2026-11-01T14:30:00"),
        ("2026-11-01 14:30 UTC", "2026-11-01T14:30:00"),
        ("2026-11-01t14:30+0200", "2026-11-01T12:30:00"),
        ("2026-11-01 14:30:05.5 -05:30", "2026-11-01T20:00:05.500000"),
        ("TODAY", "2026-11-28T00:00:00"),
    ],
)
def test_texts_name_times(text, expected):
    """In UTC here, and otherwise by the reader's clock."""
    moment = parse_moment(text, now=NOW, utc=True).astimezone(timezone.utc)

    assert moment.replace(tzinfo=None).isoformat() == expected


@pytest.mark.parametrize("text", ["yesterday", "2026-11-27"])
def test_a_whole_day_has_an_end(text):
    """``until`` means a day with all of it."""
    assert parse_moment(text, now=NOW, utc=True, end=True) == datetime(
        2026, 11, 28, tzinfo=timezone.utc
    )


@pytest.mark.parametrize(
    "text", ["", "soon", "2026-13-01", "25:00", "2026-11-01 14:30+2", "2 fortnights", "999999999w"]
)
def test_other_texts_are_refused(text):
    """With what can be written."""
    with pytest.raises(ConfigurationError, match="is not a time; expected a date"):
        parse_moment(text, now=NOW)


def test_timestamps_compare_as_text():
    """Whatever form they were written in."""
    canonical = "2026-11-28T10:00:00.000000Z"

    assert timestamp_key(canonical) == canonical
    assert timestamp_key("2026-11-28 12:00:00+02:00") == canonical
    assert timestamp_key("yesterday") == ""
