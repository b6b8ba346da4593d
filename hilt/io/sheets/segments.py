"""The files of an outbox: one chain of segments for each process that writes."""

from __future__ import annotations

import heapq
import os
import re
from collections.abc import Iterable, Mapping
from itertools import islice
from pathlib import Path

__all__ = ["Span", "chains", "read_spans"]

Span = tuple[str, int, int]
"""Where a line stands: segment, first byte, end."""

_TIMESTAMP = re.compile(rb'"timestamp":\s*"([^"]*)"')
_CHAINS_AT_ONCE = 64


def chains(folder: Path) -> dict[str, list[tuple[str, int]]]:
    """The segments and their sizes by the process that writes them, oldest first."""
    found: dict[str, list[tuple[str, int]]] = {}
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            if entry.name.endswith(".jsonl"):
                try:
                    size = entry.stat().st_size
                except FileNotFoundError:
                    continue
                found.setdefault(entry.name.split(".", 1)[0], []).append((entry.name, size))
    return found


def read_spans(
    folder: Path,
    positions: Mapping[str, int],
    most_bytes: int,
    most: int,
    most_chains: int = _CHAINS_AT_ONCE,
) -> list[tuple[Span, bytes]]:
    """The next whole lines, merged by time; those of one chain stay in their order."""
    waiting = [
        chain
        for chain in chains(folder).values()
        if any(positions.get(name, 0) < size for name, size in chain)
    ]
    share = max(1, most_bytes // max(1, min(len(waiting), most_chains)))
    lists = [
        _of_chain(folder, chain, positions, share, most) for chain in islice(waiting, most_chains)
    ]
    return list(islice(heapq.merge(*lists, key=_moment), most))


def _of_chain(
    folder: Path,
    chain: Iterable[tuple[str, int]],
    positions: Mapping[str, int],
    most_bytes: int,
    most: int,
) -> list[tuple[Span, bytes]]:
    found: list[tuple[Span, bytes]] = []
    for name, size in chain:
        start = positions.get(name, 0)
        with (folder / name).open("rb") as segment:
            segment.seek(start)
            while start < size and most_bytes > 0 and len(found) < most:
                line = segment.readline()
                # A line without an end is still being written, or was torn when its process died;
                # a later segment of the same process says that it is over.
                if not line.endswith(b"\n"):
                    break
                found.append(((name, start, start + len(line)), line))
                start += len(line)
                most_bytes -= len(line)
        if start < size and most_bytes <= 0:
            break
    return found


def _moment(entry: tuple[Span, bytes]) -> bytes:
    match = _TIMESTAMP.search(entry[1])
    return match[1] if match else b""
