"""What endings reply to before it was read."""

from __future__ import annotations

from hilt.io.read.early_endings import EarlyEndings


def test_the_newest_are_kept():
    """An ending that replies to nothing is of no prompt."""
    early = EarlyEndings(most=2)
    for reply_to in ("a", "", "b", "b", "c"):
        early.add(reply_to)

    assert [name in early for name in ("a", "b", "c", "")] == [False, True, True, False]
