"""Blocks outside a span of time."""

from __future__ import annotations

import pytest

from hilt.analysis.windows import TimeWindow


def block(*days: int) -> bytes:
    """Lines of some days."""
    return b"".join(b'{"timestamp":"2026-11-%02dT10:00:00.000000Z"}\n' % day for day in days)


@pytest.mark.parametrize(
    ("days", "expected"),
    [((1, 2), False), ((1, 10), True), ((8, 9), True), ((12,), True), ((14, 15), False)],
)
def test_blocks_are_judged_by_their_ends(days, expected):
    """With a margin of a day for calls that overlap."""
    window = TimeWindow("2026-11-10T00:00:00.000000Z", "2026-11-13T00:00:00.000000Z")

    assert window.may_have(block(*days)) is expected


def test_what_has_no_timestamps_is_read():
    """A doubtful block is never passed over."""
    assert TimeWindow("2026-11-10T00:00:00.000000Z", "").may_have(b"{}\n")
    assert not TimeWindow("", "")
