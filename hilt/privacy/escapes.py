"""Texts that are escaped as in a URL: they are searched as if they were not."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable

from hilt.privacy.candidates import BLOCK
from hilt.privacy.finding import Finding

__all__ = ["find_escaped", "has_escapes"]

_ESCAPED = {f"%{code:{case}}": chr(code) for code in range(0x20, 0x80) for case in ("x", "X")}
_ESCAPES = re.compile("%[2-7][0-9A-Fa-f](?:%[2-7][0-9A-Fa-f]){0,99}")
"""Begins with one character, for which a text is searched much faster than for a group."""
_NEAR_ESCAPE = 100
_MOST_DECODED, _MOST_ESCAPES = 60_000, 30_000


def has_escapes(text: str) -> bool:
    """Whether there is anything to decode in a text."""
    return "%" in text and _ESCAPES.search(text) is not None


def find_escaped(text: str, find: Callable[[str], list[Finding]]) -> list[Finding]:
    """What a text has that is escaped as in a URL, such as ``4111%201111%201111%201111``.

    Where there is no time to decode all of it, the last one is a ``block``.
    """
    decoded, places, end = _decoded(text)
    begins = [begin for begin, *_ in places]

    def at(place: int, *, past: int = 0) -> int:
        begin, origin, width = places[bisect_right(begins, place) - 1]
        return origin + (place - begin + past) * width

    found = [Finding(at(each.start), at(each.end - 1, past=1), each.kind) for each in find(decoded)]
    if end < len(text):
        is_cut = found and found[-1].kind == BLOCK
        found.append(Finding(found.pop().start if is_cut else end, len(text), BLOCK))
    return found


def _decoded(text: str) -> tuple[str, list[tuple[int, int, int]], int]:
    """The parts of a text that are near escapes, decoded; where each piece was; and how far.

    A piece is given by its place in what is returned, and in the text; and by how many characters
    stand there for one of it. Of a long text not more is decoded than a twentieth of it and what a
    short one may have.
    """
    most = _MOST_DECODED + len(text) // 20
    pieces: list[str] = []
    places: list[tuple[int, int, int]] = []
    length = last = end = 0

    def add_plain(upto: int, after: str = "") -> None:
        nonlocal length
        pieces.append(text[last:upto].replace("+", " ") + after)
        places.append((length, last, 1))
        length += upto - last + len(after)

    for escapes in _ESCAPES.finditer(text):
        start, stop = escapes.span()
        if start > end:  # far from the one before
            add_plain(end, "\n\n")
            last = max(end, start - _NEAR_ESCAPE)
        if length + start - last > most or len(places) > _MOST_ESCAPES:
            return "".join(pieces), places or [(0, 0, 0)], last
        if start > last:
            pieces.append(text[last:start].replace("+", " "))
            places.append((length, last, 1))
            length += start - last
        # A longer row is cut by the pattern, so that the limit holds for it, too.
        escaped = text[start:stop]
        pieces.append(_ESCAPED.get(escaped) or bytes.fromhex(escaped.replace("%", "")).decode())
        places.append((length, start, 3))
        length += (stop - start) // 3
        last = stop
        end = last + _NEAR_ESCAPE
    add_plain(min(end, len(text)))
    return "".join(pieces), places, len(text)
