"""A1 notation: ``'My tab'!B2:D``, ``Logs!1:1``, ``Logs!A:A``, ``Logs``."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hilt.io.sheets.a1 import column_letters
from hilt.testing.sheets.errors import invalid

__all__ = ["Box", "column_letters", "column_number", "parse_range", "quoted"]

_CORNER = re.compile(r"\$?([A-Za-z]{0,3})\$?(\d*)")
_QUOTED_TITLE = re.compile(r"('(?:[^']|'')*')!")
_PLAIN_TITLE = re.compile(r"[A-Za-z_]\w*")


@dataclass(frozen=True, slots=True)
class Box:
    """A half-open rectangle from 0; None is the grid's end."""

    top: int = 0
    bottom: int | None = None
    left: int = 0
    right: int | None = None


def column_number(letters: str) -> int:
    """The column, counted from 0, of its letters."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number - 1


def quoted(title: str) -> str:
    """A tab's title as it stands in a range."""
    if _PLAIN_TITLE.fullmatch(title):
        return title
    return "'" + title.replace("'", "''") + "'"


def parse_range(text: str) -> tuple[str | None, Box]:
    """The tab's title, or None for the first tab, and the rectangle.

    Raises:
        ApiError: If it is not A1 notation.
    """
    title, rest = _split_title(text)
    if title is None and not _is_box(rest):
        return _unquoted(rest), Box()
    if not rest:
        return title, Box()
    first, _, last = rest.partition(":")
    left, top = _corner(first, text)
    if not last:
        if left is None or top is None:
            raise invalid(f"Unable to parse range: {text}")
        return title, Box(top, top + 1, left, left + 1)
    right, bottom = _corner(last, text)
    return title, Box(
        top or 0,
        None if bottom is None else bottom + 1,
        left or 0,
        None if right is None else right + 1,
    )


def _split_title(text: str) -> tuple[str | None, str]:
    quoted_title = _QUOTED_TITLE.match(text)
    if quoted_title is not None:
        return _unquoted(quoted_title[1]), text[quoted_title.end() :]
    if text.startswith("'"):
        return None, text
    title, mark, rest = text.rpartition("!")
    return (title, rest) if mark else (None, text)


def _unquoted(title: str) -> str:
    if title.startswith("'") and title.endswith("'"):
        return title[1:-1].replace("''", "'")
    return title


def _is_box(text: str) -> bool:
    corners = text.split(":")
    return len(corners) <= 2 and all(  # noqa: PLR2004
        (match := _CORNER.fullmatch(corner)) is not None and (match[2] != "" or len(corners) == 2)  # noqa: PLR2004
        for corner in corners
    )


def _corner(text: str, whole: str) -> tuple[int | None, int | None]:
    match = _CORNER.fullmatch(text)
    if match is None or not text or match[2] == "0":
        raise invalid(f"Unable to parse range: {whole}")
    column = column_number(match[1]) if match[1] else None
    return column, int(match[2]) - 1 if match[2] else None
