"""Finding duplicates among many ids, in bounded memory.

A hash of each id and its position are kept, in 16 bytes. What does not fit into memory is
distributed over files by the hash, so that equal ids are in the same file, and the files are
searched one after the other at the end.
"""

from __future__ import annotations

import tempfile
from array import array
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from types import TracebackType

__all__ = ["DuplicateFinder"]

_BUCKETS = 256
_IN_MEMORY = 500_000


class DuplicateFinder:
    """Collects ids with their positions, and finds those that occur more than once.

    Equal hashes of 64 bits count as equal ids: one wrong finding is to be expected in a million
    logs of a million events.

    Args:
        in_memory: How many ids are kept in memory.
    """

    def __init__(self, in_memory: int = _IN_MEMORY) -> None:
        self._in_memory = in_memory
        self._keys = array("q")
        self._positions = array("q")
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def __enter__(self) -> DuplicateFinder:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._folder is not None:
            self._folder.cleanup()

    def add_all(self, ids: Sequence[str], positions: Sequence[int]) -> None:
        """Add ids with their positions, which must be in ascending order."""
        self._keys.extend(map(hash, ids))
        self._positions.extend(positions)
        if len(self._keys) >= self._in_memory:
            self._spill()

    def duplicates(self) -> Iterator[tuple[int, int]]:
        """For each repeated id: the position of the repetition, and the id's first position."""
        if self._folder is None:
            yield from _repeated(self._keys, self._positions)
            return
        self._spill()
        for bucket in range(_BUCKETS):
            path = self._path(bucket)
            if path.exists():
                entries = array("q")
                entries.frombytes(path.read_bytes())
                yield from _repeated(entries[::2], entries[1::2])

    def _spill(self) -> None:
        """Move what is in memory to the files."""
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="hilt-")
        buckets = [array("q") for _ in range(_BUCKETS)]
        for key, position in zip(self._keys, self._positions, strict=True):
            buckets[key % _BUCKETS].extend((key, position))
        for bucket, content in enumerate(buckets):
            if content:
                with self._path(bucket).open("ab") as file:
                    content.tofile(file)
        self._keys, self._positions = array("q"), array("q")

    def _path(self, bucket: int) -> Path:
        return Path(self._folder.name if self._folder else "", f"{bucket}")


def _repeated(keys: array[int], positions: array[int]) -> Iterator[tuple[int, int]]:
    ordered = sorted(keys)
    # Most ids occur once; the others are found without a dict of all.
    twice = {key for key, after in pairwise(ordered) if key == after}
    first: dict[int, int] = {}
    for key, position in zip(keys, positions, strict=True) if twice else ():
        if key in twice:
            before = first.setdefault(key, position)
            if before != position:
                yield position, before
