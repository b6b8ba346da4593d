"""Many durations in little memory, with exact percentiles."""

from __future__ import annotations

import math
import sys
from array import array
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

__all__ = ["USUAL_SHARES", "Durations"]

USUAL_SHARES = (0.5, 0.95, 0.99)
"""The shares that tables show; to compute all costs as much as to compute one."""

_FEW = 10_000
_HALF_BITS = 16
_LARGEST = 1 << 32
_IS_LITTLE = sys.byteorder == "little"


class Durations:
    """Durations in milliseconds, in any order.

    HILT measures whole microseconds. Up to 71 minutes, these take four bytes each, and percentiles
    are found by counting their upper and lower halves, without the memory that sorting them would
    take. Other values are kept as they are.
    """

    __slots__ = ("_micros", "_others", "_ranked")

    def __init__(self) -> None:
        self._micros = array("I")
        self._others = array("d")
        self._ranked: tuple[int, dict[float, float | None]] = (0, {})

    def __len__(self) -> int:
        return len(self._micros) + len(self._others)

    def add(self, milliseconds: float) -> None:
        """Add a duration."""
        micros = round(milliseconds * 1000) if abs(milliseconds) < _LARGEST else -1
        if 0 <= micros < _LARGEST and micros / 1000 == milliseconds:
            self._micros.append(micros)
        else:
            self._others.append(milliseconds)

    def extend(self, other: Durations) -> None:
        """Add all durations of another object."""
        self._micros.extend(other._micros)
        self._others.extend(other._others)

    def percentiles(self, shares: Sequence[float]) -> list[float | None]:
        """Percentiles in milliseconds, interpolated like SQL's ``percentile_cont``.

        Args:
            shares: The shares, from 0 to 1.

        Returns:
            The percentile for each share; None for each if there are no durations.
        """
        count, known = self._ranked
        if count != len(self):
            count, known = self._ranked = (len(self), {})
        new = [share for share in (*USUAL_SHARES, *shares) if share not in known]
        if count and new:
            known.update(zip(new, self._percentiles(new, count), strict=True))
        return [known.get(share) for share in shares]

    def _percentiles(self, shares: Sequence[float], count: int) -> Iterator[float]:
        ranks = [(share * (count - 1), math.floor(share * (count - 1))) for share in shares]
        wanted = {rank for _, low in ranks for rank in (low, min(low + 1, count - 1))}
        values = self._at(wanted)
        for position, low in ranks:
            lower, higher = values[low], values[min(low + 1, count - 1)]
            yield lower + (higher - lower) * (position - low)

    def _at(self, ranks: set[int]) -> dict[int, float]:
        """The durations at some ranks, counted from 0."""
        if self._others or len(self._micros) <= _FEW:
            ordered = sorted([*[micros / 1000 for micros in self._micros], *self._others])
            return {rank: ordered[rank] for rank in ranks}
        values: dict[int, float] = {}
        with memoryview(self._micros) as micros, micros.cast("B") as data, data.cast("H") as halves:
            highs = halves[1::2] if _IS_LITTLE else halves[::2]
            lows = halves[::2] if _IS_LITTLE else halves[1::2]
            for high, within in _ranked(Counter(highs), {rank: rank for rank in ranks}):
                pairs = zip(lows, highs, strict=True)
                counts = Counter(low for low, each in pairs if each == high)
                for low, found in _ranked(counts, within):
                    for rank in found.values():
                        values[rank] = ((high << _HALF_BITS) + low) / 1000
            highs.release()
            lows.release()
        return values


def _ranked(counts: Counter[int], ranks: Mapping[int, int]) -> Iterator[tuple[int, dict[int, int]]]:
    """Each value that some ranks fall on, with these ranks counted from its first occurrence.

    Args:
        counts: How often each value occurs.
        ranks: Ranks among all occurrences, and a name for each.
    """
    before = 0
    for value in sorted(counts):
        after = before + counts[value]
        within = {rank - before: name for rank, name in ranks.items() if before <= rank < after}
        if within:
            yield value, within
        before = after
