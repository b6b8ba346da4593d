"""Candidates: the places in a text where a value may be, and how many of them are examined.

Each search (for e-mail addresses, for numbers ...) yields a sort of its own. A hostile text may
have a candidate at every character: what there is no time for is hidden, as one finding, a
``block``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Final

from hilt.privacy.finding import Finding

__all__ = ["BLOCK", "FAR_BACK", "LONG_TEXT", "Search", "most_places"]

BLOCK: Final = "block"
"""The kind of the one finding that hides the rest of a text when its search takes too long."""

LONG_TEXT = 50_000
"""From this length on, a quick look is hardly ever enough to tell that a text has nothing."""
FAR_BACK = 1_000
"""How far before a candidate the next one, of another sort, may begin."""

_WINDOW = 4_096
"""How many characters one sort goes through before the next one does."""
_MOST_IN_SAMPLE = 500
_SAMPLES, _SAMPLE = 16, 128
"""The number of parts that a text is sampled in, and how many times longer a part is than its
sample."""
_ENOUGH = 1.3
"""Sampling ends when this many times the most candidates allowed are to be expected."""

Places = Callable[[str], Iterator[Iterator[Finding]]]
"""Gives the candidates of a text: one iterator for each sort, in the order of the text."""


def most_places(length: int) -> int:
    """How many candidates of one sort are examined in a text of a given length."""
    return 3_000 + length // 2_000


def _most_in_all(length: int) -> int:
    """How many candidates of all sorts together are examined.

    To read a long text takes time, too, which leaves less for its candidates.
    """
    return max(5_500 - length // 500, most_places(length))


class Search:
    """A search in a text and in its decoded escapes, with one limit for all of them.

    Args:
        places: Gives the candidates of either.
        length: How long the text is.
    """

    def __init__(self, places: Places, length: int) -> None:
        self._places = places
        self._left = _most_in_all(length)

    def found_in(self, text: str, whole: int) -> list[Finding]:
        """The findings in a text, which is the beginning of one of the length `whole`.

        Samples show how dense the candidates are: what there will be no time for is not even
        prepared.
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
        """How far a search in a text is likely to get, by the candidates in its samples."""
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
        """The findings in decoded text; a quarter of what is left is kept for the text itself."""
        kept = self._left // 4
        self._left -= kept
        found = self.found_in(text, len(text))
        self._left = max(self._left, 0) + kept
        return found

    def _found_at(
        self, sorts: Iterable[Iterator[Finding]], length: int, whole: int
    ) -> list[Finding]:
        """The candidates that have a kind; those without one turned out to be nothing.

        All sorts go through the text side by side. Where one of them reaches its limit, the others
        stop, too, for what follows is hidden.

        Args:
            sorts: The candidates of each sort.
            length: How long the text is.
            whole: How long the text is that it is the beginning of.
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
    """The candidates of one sort, and how far they were examined."""

    __slots__ = ("_left", "_places", "head", "stop")

    def __init__(self, places: Iterator[Finding], most: int) -> None:
        self._places = places
        self._left = most
        self.head = next(places, None)
        """The next candidate."""
        self.stop = sys.maxsize
        """Where the first candidate is that there is no time for."""

    def go_to(self, end: int, found: list[Finding]) -> int:
        """Add the findings that begin before `end`; return how many candidates were examined."""
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
