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
    """With a margin for calls that overlap."""
    window = TimeWindow("2026-11-10T00:00:00.000000Z", "2026-11-13T00:00:00.000000Z")

    assert window.may_have(block(*days)) is expected


@pytest.mark.parametrize(
    "between",
    [block(11), b"{}\n", b'{"timestamp":"2026-11-11T10:00:00+00:00"}\n', b'{"timestamp": "x"}\n'],
)
def test_a_block_of_which_a_line_between_is_of_the_time(between):
    """Or may be: what was imported there, or logged while the clock was wrong."""
    window = TimeWindow("2026-11-10T00:00:00.000000Z", "2026-11-13T00:00:00.000000Z")

    assert window.may_have(block(1) + between + block(2))
    assert window.may_have(block(14) + between + block(15))
    assert not window.may_have(block(1, 3, 2))
    assert not window.may_have(block(14, 16, 15))


def test_what_has_no_timestamps_is_read():
    """A doubtful block is never passed over."""
    assert TimeWindow("2026-11-10T00:00:00.000000Z", "").may_have(b"{}\n")
    assert not TimeWindow("", "")


def test_bounds_have_a_margin():
    """A day and an hour before, an hour after; what is no time, or has none before it, is none."""
    window = TimeWindow("2026-11-10T00:00:00.000000Z", "2026-11-13T00:00:00.000000Z")

    assert (window.first, window.last) == (
        "2026-11-08T23:00:00.000000Z",
        "2026-11-13T01:00:00.000000Z",
    )
    for other in ("never", "0001-01-01T00:00:00Z"):
        assert TimeWindow(other, "").first == ""


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        ("2026-11-08T22:59:59.999999Z", False),
        ("2026-11-08T23:00:00.000000Z", True),
        ("2026-11-13T01:00:00.000000Z", True),
        ("2026-11-13T01:00:00.000001Z", False),
    ],
)
def test_bounds_belong_to_the_window(time, expected):
    """To the microsecond, at both ends."""
    window = TimeWindow("2026-11-10T00:00:00.000000Z", "2026-11-13T00:00:00.000000Z")

    assert window.may_have(b'{"timestamp":"%b"}\n' % time.encode()) is expected
