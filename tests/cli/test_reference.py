"""``docs/cli.md`` is made from the help."""

from __future__ import annotations

from pathlib import Path

from hilt.cli.reference import page


def test_page_is_up_to_date():
    """The page is what ``python -m hilt.cli.reference`` makes of the commands."""
    there = Path(__file__).resolve().parents[2] / "docs" / "cli.md"

    assert there.read_text() == page()
