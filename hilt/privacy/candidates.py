"""Candidates: the places of a text that may be something, and how many of them are looked at.

A hostile text may have one at each character. What there is no time for is not searched but hidden:
it becomes one finding, a ``block``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Final

from hilt.privacy.finding import Finding

__all__ = ["BLOCK", "FAR_BACK", "LONG_TEXT", "Search", "most_places"]

BLOCK: Final = "block"
"""What `find` calls the rest of a text that has more places to look at than it may take time."""

LONG_TEXT = 50_000
"""A text of that length nearly always has what a quick look does not end with."""
FAR_BACK = 1_000
"""How far back from a place the next one may be, in another sort."""

_WINDOW = 4_096
"""How far one sort goes before the next one does."""
_MOST_IN_SAMPLE = 500
_SAMPLES, _SAMPLE = 16, 128
"""In how many parts samples are taken, one in each, and how many times longer a part is."""
_ENOUGH = 1.3
"""How many times the most places have to be expected, to look no further."""

Places = Callable[[str], Iterator[Iterator[Finding]]]
"""Gives the places of a text, sort by sort, each in the text's order."""


def most_places(length: int) -> int:
    """How many places of one sort are looked at in a text of a length."""
    return 3_000 + length // 2_000


def _most_in_all(length: int) -> int:
    """The same of all sorts together.

    To go through a long text takes time, too, which is taken from that of its places.
    """
    return max(5_500 - length // 500, most_places(length))


class Search:
    """A search in a text: as it stands, and in what becomes of it where its escapes are decoded.

    Args:
        places: Gives the places of either.
        length: How long the text is.
    """

    def __init__(self, places: Places, length: int) -> None:
        self._places = places
        self._left = _most_in_all(length)

    def found_in(self, text: str, whole: int) -> list[Finding]:
        """What was found at the places of a text, which is the beginning of one of a length.

        Where there is no time for all of it, the rest is not even prepared: how dense the places
        are is seen from a small part.
        """
        length, left = len(text), self._left
        part = self._likely_end(text, whole) if length > LONG_TEXT else length
        if part < length:
            found = self._found_at(self._places(text[:part]), part, whole)
            if found and found[-1].kind == BLOCK and found[-1].start < part - FAR_BACK:
                return [*found[:-1], Finding(found[-1].start, whole, BLOCK)]
            self._left = left
        return self._found_at(self._places(text), length, whole)

    def _likely_end(self, text: str, whole: int) -> int:
        """How far a text is likely to be looked through, by how many places its samples have."""
        length, left, most = len(text), self._left, most_places(whole)
        step = length // _SAMPLES
        share = 0.0
        for start in range(0, length, step):
            sample = text[start : start + step // _SAMPLE]
            counts = [
                sum(1 for _ in islice(sort, _MOST_IN_SAMPLE)) for sort in self._places(sample)
            ]
            share += _SAMPLE * max(sum(counts) / left, max(counts, default=0) / most)
            if share > _ENOUGH:
                return start + step
        return length

    def found_in_decoded(self, text: str) -> list[Finding]:
        """The same of what was decoded; a quarter of the places are kept for the text itself."""
        kept = self._left // 4
        self._left -= kept
        found = self.found_in(text, len(text))
        self._left = max(self._left, 0) + kept
        return found

    def _found_at(
        self, sorts: Iterable[Iterator[Finding]], length: int, whole: int
    ) -> list[Finding]:
        """What was found at places that may be something; those without a kind are nothing.

        Args:
            sorts: The places of each sort.
            length: How long the text is.
            whole: The same of what it is the beginning of.

        All sorts go through the text side by side. Where one of them has no more places to look at,
        the others go no further either, for what follows is hidden.
        """
        if length <= _WINDOW:
            return [place for places in sorts for place in places if place.kind]
        found: list[Finding] = []
        under_way = [_Sort(places, most_places(whole)) for places in sorts]
        stop, window = length, 0
        while window < min(stop + FAR_BACK, length) and under_way:
            window += _WINDOW
            for sort in under_way:
                self._left -= sort.go_to(window, found)
                stop = min(stop, sort.stop)
            if self._left < 0:
                stop = min(stop, window)
            under_way = [sort for sort in under_way if sort.head is not None]
        if stop < length:
            found.append(Finding(stop, length, BLOCK))
        return found


class _Sort:
    """The places of one sort, as far as they were looked at."""

    __slots__ = ("_left", "_places", "head", "stop")

    def __init__(self, places: Iterator[Finding], most: int) -> None:
        self._places = places
        self._left = most
        self.head = next(places, None)
        """The next place."""
        self.stop = sys.maxsize
        """Where the first place is for which there is no time."""

    def go_to(self, end: int, found: list[Finding]) -> int:
        """Add what was found before a place of the text; how many places that were."""
        place, left = self.head, self._left
        while place is not None and place.start < end:
            if place.kind:
                found.append(place)
            left -= 1
            if left < 0:
                self.stop, place = place.start, None
                break
            place = next(self._places, None)
        count = self._left - left
        self.head, self._left = place, left
        return count
