"""Transcripts in Markdown."""

from __future__ import annotations

import pytest

from hilt.cli.transcripts import Turn, fenced, markdown_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  a\n\tb", "```text\n  a\n\tb\n```"),
        ("````\n<b>", "`````text\n````\n<b>\n`````"),
        ("\x1b[2J", "```text\n\ufffd[2J\n```"),
    ],
)
def test_fence_is_longer_than_any_in_the_text(text, expected):
    """And control characters are visible."""
    assert fenced(text) == expected


def test_names_are_one_line():
    """Whatever they are."""
    turns = [Turn("user", "a\n# b", "", "Hi")]

    assert "".join(markdown_of("t\n# u", turns)) == "# t # u\n\n## a # b\n\nHi\n"
