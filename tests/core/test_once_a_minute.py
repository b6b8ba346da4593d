"""Warnings that are logged once a minute."""

from __future__ import annotations

from hilt.core.once_a_minute import OnceAMinute
from hilt.testing import fixed


def test_a_warning_is_due_once_a_minute():
    """The first time, and when the last one is a minute ago."""
    warning = OnceAMinute()
    with fixed() as time:
        due = []
        for seconds in (0, 0, 59, 1, 1, 59):
            time.advance(seconds)
            due.append(warning.is_due())

    assert due == [True, False, False, True, False, True]
