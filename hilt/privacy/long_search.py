"""A search in a long text where a pattern begins to match at many places, and matches at few."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import AnyStr

from hilt.privacy.bit_parallel import BitParallel
from hilt.privacy.candidates import LONG_TEXT

__all__ = ["LongSearch", "joined"]

_WINDOW, _SAMPLE = 16_384, 2_048
_FEW_IN_WINDOW, _MANY_ENDS = 10, 60
_MOST_STEPS = 130
"""The limit for `BitParallel`: about so many steps are needed where little matches, and five times
as many where everything does."""


class LongSearch:
    """Finds what a pattern finds, but faster than `re` in long texts.

    A short text is left to `re`. In a window of a long one where many matches may begin,
    `BitParallel` finds where they end, and `re` only looks near these ends. Where `BitParallel`
    fails, the next windows are searched without it: one, then two, and so on.

    Args:
        whole: The same search as a pattern for `BitParallel`, context before and after included. It
            runs on what `hilt.privacy.number_forms.normalized` makes of a text, and may find more
            than the pattern does, but not less.
        longest: The most characters from the beginning of a match to the end of what `whole` finds,
            and the most that either of them looks at.
        beginnings: Counts the places in a part of a text where a match may begin.
        far_apart: Where fewer than one character in this many may begin a match, `re` is faster.
    """

    def __init__(
        self,
        whole: str,
        longest: int,
        beginnings: Callable[[bytes], int],
        far_apart: int = 7,
    ) -> None:
        self._whole = whole
        self._longest = longest
        self._beginnings = beginnings
        self._far_apart = far_apart

    @cached_property
    def _ends(self) -> BitParallel:
        return BitParallel(self._whole)

    def finditer(
        self, pattern: re.Pattern[AnyStr], text: AnyStr, data: bytes, before: int = 0
    ) -> Iterator[re.Match[AnyStr]]:
        """The matches of a pattern in a text.

        Args:
            pattern: The pattern.
            text: What to search.
            data: The text as `hilt.privacy.number_forms.normalized` makes it.
            before: How many bytes `data` has before the first character of the text.
        """
        if len(data) <= LONG_TEXT:
            yield from pattern.finditer(text)
            return
        pause, failures, done = 1, 0, 0
        for start in range(0, len(data), _WINDOW):
            end = min(start + _WINDOW, len(data))
            parts: list[tuple[int, int]] | None = [(start, end)]
            if pause:
                pause -= 1
            elif self._is_dense(data[start : min(end, start + _SAMPLE)]):
                parts = self._near_ends(data, start, end)
                failures = failures + 1 if parts is None else 0
                pause = failures
            count = 0
            for part_start, part_end in [(start, end)] if parts is None else parts:
                first, last = max(done, part_start - before), part_end - before
                for match in pattern.finditer(text, first, last + self._longest):
                    if match.start() >= last:
                        break
                    count += 1
                    done = match.end()
                    yield match
                done = max(done, last)
            if count > _FEW_IN_WINDOW:
                pause = max(pause, 1)

    def _is_dense(self, sample: bytes) -> bool:
        return self._beginnings(sample) * self._far_apart > len(sample)

    def _near_ends(self, data: bytes, start: int, end: int) -> list[tuple[int, int]] | None:
        """The parts of a window where matches may begin; None if that takes long or is too much."""
        longest = self._longest
        first = max(0, start - longest)
        ends = self._ends.ends(data[first : end + longest], _MOST_STEPS)
        if ends is None or len(ends) > _MANY_ENDS:
            return None
        places = [first + each for each in ends if first + each > start]
        return joined((max(start, each - longest), min(each, end)) for each in places)


def joined(parts: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join those parts of a text, given in order, that overlap or touch."""
    kept: list[tuple[int, int]] = []
    for start, end in parts:
        if kept and start <= kept[-1][1]:
            kept[-1] = (kept[-1][0], end)
        else:
            kept.append((start, end))
    return kept
