"""Texts that are escaped as in a URL or in JSON: they are searched as if they were not."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from typing import NamedTuple

from hilt.privacy.candidates import BLOCK
from hilt.privacy.finding import Finding

__all__ = ["GAPS_IN_JSON", "IN_URLS", "Escapes", "find_escaped"]


class Escapes(NamedTuple):
    """A way to escape characters."""

    mark: str
    """What each begins with."""
    pattern: re.Pattern[str]
    """Finds some of them."""
    width: int
    """How many characters stand for one."""
    decoded: Callable[[str], str]
    """What some of them stand for."""
    blank: str
    """What else stands for a blank."""
    near: int
    """How far from one the text is decoded."""

    def are_in(self, text: str) -> bool:
        """Whether there is anything to decode in a text."""
        return self.mark in text and self.pattern.search(text) is not None


_ESCAPED = {f"%{code:{case}}": chr(code) for code in range(0x20, 0x80) for case in ("x", "X")}
_ESCAPES = re.compile("%[2-7][0-9A-Fa-f](?:%[2-7][0-9A-Fa-f]){0,99}")
"""Begins with one character, for which a text is searched much faster than for a group."""
_MOST_DECODED, _MOST_ESCAPES = 60_000, 30_000


def _of_url(escaped: str) -> str:
    return _ESCAPED.get(escaped) or bytes.fromhex(escaped.replace("%", "")).decode()


def _of_json(escaped: str) -> str:
    return chr(int(escaped.removeprefix("\\u"), base=16))


IN_URLS = Escapes("%", _ESCAPES, width=3, decoded=_of_url, blank="+", near=100)
"""As in ``4111%201111%201111%201111``."""
GAPS_IN_JSON = Escapes(
    "\\u",
    re.compile(
        r"\\u(?:00[aA]0|20(?:09|1[013]|2[fF]))"
        r"(?:(?<=[0-9)]\\u....)(?=[(0-9A-Za-z])|(?<=[A-Za-z]\\u....)(?=[0-9]))"
    ),
    width=6,
    decoded=_of_json,
    blank="",
    near=30,  # amounts have such gaps, too, so there may be many
)
"""Blanks and dashes within numbers, as in ``4111\\u00a01111\\u00a01111\\u00a01111``."""


def find_escaped(
    text: str, find: Callable[[str], list[Finding]], escapes: Escapes
) -> list[Finding]:
    """What a text has where it is escaped.

    Where there is no time to decode all of it, the last one is a ``block``.
    """
    decoded, places, end = _decoded(text, escapes)
    begins = [begin for begin, *_ in places]

    def at(place: int, *, past: int = 0) -> int:
        begin, origin, width = places[bisect_right(begins, place) - 1]
        return origin + (place - begin + past) * width

    found = [Finding(at(each.start), at(each.end - 1, past=1), each.kind) for each in find(decoded)]
    if end < len(text):
        is_cut = found and found[-1].kind == BLOCK
        found.append(Finding(found.pop().start if is_cut else end, len(text), BLOCK))
    return found


def _decoded(text: str, escapes: Escapes) -> tuple[str, list[tuple[int, int, int]], int]:
    """The parts of a text that are near escapes, decoded; where each piece was; and how far.

    A piece is given by its place in what is returned, and in the text; and by how many characters
    stand there for one of it. Of a long text not more is decoded than a twentieth of it and what a
    short one may have.
    """
    most = _MOST_DECODED + len(text) // 20
    pieces: list[str] = []
    places: list[tuple[int, int, int]] = []
    length = last = end = 0
    blank = escapes.blank

    def plain(upto: int) -> str:
        return text[last:upto].replace(blank, " ") if blank else text[last:upto]

    def add_plain(upto: int, after: str = "") -> None:
        nonlocal length
        pieces.append(plain(upto) + after)
        places.append((length, last, 1))
        length += upto - last + len(after)

    for match in escapes.pattern.finditer(text):
        start, stop = match.span()
        if start > end:  # far from the one before
            add_plain(end, "\n\n")
            last = max(end, start - escapes.near)
        if length + start - last > most or len(places) > _MOST_ESCAPES:
            return "".join(pieces), places or [(0, 0, 0)], last
        if start > last:
            pieces.append(plain(start))
            places.append((length, last, 1))
            length += start - last
        # A longer row is cut by the pattern, so that the limit holds for it, too.
        pieces.append(escapes.decoded(match.group()))
        places.append((length, start, escapes.width))
        length += (stop - start) // escapes.width
        last = stop
        end = last + escapes.near
    add_plain(min(end, len(text)))
    return "".join(pieces), places, len(text)
