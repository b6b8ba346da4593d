"""Candidates: the places in a text where a value may be, and how many of them are examined.

Each scan (for e-mail addresses, for numbers ...) yields candidates of its own. A hostile text may
have a candidate at every character: what there is no time for is hidden, as one finding, a
``block``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Final

from hilt.privacy.finding import Finding

__all__ = ["BLOCK", "FAR_BACK", "LONG_TEXT", "Search", "most_candidates"]

BLOCK: Final = "block"
"""The kind of the one finding that hides the rest of a text when its search takes too long."""

LONG_TEXT = 50_000
"""From this length on, a quick look is hardly ever enough to tell that a text has nothing."""
FAR_BACK = 1_000
"""How far before a candidate the next one, of another scan, may begin."""

_WINDOW = 4_096
"""How many characters one scan goes through before the next one does."""
_MOST_IN_SAMPLE = 500
_SAMPLES, _SAMPLE = 16, 128
"""The number of parts that a text is sampled in, and how many times longer a part is than its
sample."""
_ENOUGH = 1.3
"""Sampling ends when this many times the most candidates allowed are to be expected."""

Scans = Callable[[str], Iterator[Iterator[Finding]]]
"""Scans a text: gives an iterator for each scan, with its candidates in the order of the text."""


def most_candidates(length: int) -> int:
    """How many candidates of one scan are examined in a text of a given length."""
    return 3_000 + length // 2_000


def _most_in_all(length: int) -> int:
    """How many candidates of all scans together are examined.

    To read a long text takes time, too, which leaves less for its candidates.
    """
    return max(5_500 - length // 500, most_candidates(length))


class Search:
    """A search in a text and in its decoded escapes, with one limit for all of them.

    Args:
        scans: Scans either.
        length: How long the text is.
    """

    def __init__(self, scans: Scans, length: int) -> None:
        self._scans = scans
        self._left = _most_in_all(length)

    def found_in(self, text: str, whole_length: int) -> list[Finding]:
        """The findings in a text, which is the beginning of one of the length `whole_length`.

        Samples show how dense the candidates are: what there will be no time for is not even
        prepared.
        """
        length, left = len(text), self._left
        part = self._likely_end(text, whole_length) if length > LONG_TEXT else length
        if part < length:
            found = self._found_at(self._scans(text[:part]), part, whole_length)
            if found and found[-1].kind == BLOCK and found[-1].start < part - FAR_BACK:
                return [*found[:-1], Finding(found[-1].start, whole_length, BLOCK)]
            self._left = left
        return self._found_at(self._scans(text), length, whole_length)

    def _likely_end(self, text: str, whole_length: int) -> int:
        """How far a search in a text is likely to get, by the candidates in its samples."""
        length, left, most = len(text), self._left, most_candidates(whole_length)
        step = length // _SAMPLES
        share = 0.0
        for start in range(0, length, step):
            sample = text[start : start + step // _SAMPLE]
            counts = [sum(1 for _ in islice(scan, _MOST_IN_SAMPLE)) for scan in self._scans(sample)]
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
        self, scans: Iterable[Iterator[Finding]], length: int, whole_length: int
    ) -> list[Finding]:
        """The candidates that have a kind; those without one turned out to be nothing.

        All scans go through the text side by side. Where one of them reaches its limit, the others
        stop, too, for what follows is hidden.

        Args:
            scans: The candidates of each scan.
            length: How long the text is.
            whole_length: How long the text is that it is the beginning of.
        """
        if length <= _WINDOW:
            return [each for candidates in scans for each in candidates if each.kind]
        found: list[Finding] = []
        under_way = [_Scan(candidates, most_candidates(whole_length)) for candidates in scans]
        stop, window = length, 0
        while window < min(stop + FAR_BACK, length) and under_way:
            window += _WINDOW
            for scan in under_way:
                self._left -= scan.go_to(window, found)
                stop = min(stop, scan.stop)
            if self._left < 0:
                stop = min(stop, window)
            under_way = [scan for scan in under_way if scan.head is not None]
        if stop < length:
            found.append(Finding(stop, length, BLOCK))
        return found


class _Scan:
    """The candidates of one scan, and how far they were examined."""

    __slots__ = ("_candidates", "_left", "head", "stop")

    def __init__(self, candidates: Iterator[Finding], most: int) -> None:
        self._candidates = candidates
        self._left = most
        self.head = next(candidates, None)
        """The next candidate."""
        self.stop = sys.maxsize
        """Where the first candidate is that there is no time for."""

    def go_to(self, end: int, found: list[Finding]) -> int:
        """Add the findings that begin before `end`; return how many candidates were examined."""
        candidate, left = self.head, self._left
        while candidate is not None and candidate.start < end:
            if candidate.kind:
                found.append(candidate)
            left -= 1
            if left < 0:
                self.stop, candidate = candidate.start, None
                break
            candidate = next(self._candidates, None)
        count = self._left - left
        self.head, self._left = candidate, left
        return count
