"""A1 notation: titles and columns as they are written in ranges."""

from __future__ import annotations

__all__ = ["column_letters", "quote_title"]


def quote_title(title: str) -> str:
    """A tab's title as it is written in a range."""
    return "'" + title.replace("'", "''") + "'"


def column_letters(index: int) -> str:
    """The letters of a column counted from 0: A, B, ..., Z, AA, ..."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
