"""The files of an outbox: one chain of segments for each process that writes."""

from __future__ import annotations

import contextlib
import heapq
import os
import re
import stat
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path

from hilt.io.descriptors import Descriptor

__all__ = ["Span", "chain_of", "chains", "is_in_use", "lines_behind", "read_spans"]

Span = tuple[str, int, int]
"""Where a line is: segment, first byte, end."""

_TIMESTAMP = re.compile(rb'"timestamp":\s*"([^"]*)"')
_CHAINS_AT_ONCE = 64


def chains(folder: Path) -> dict[str, list[tuple[str, int]]]:
    """The segments with their sizes, oldest first, by the process that writes them."""
    chains_by_writer: dict[str, list[tuple[str, int]]] = {}
    try:
        with os.scandir(folder) as entries:
            segments = sorted(entry.name for entry in entries if entry.name.endswith(".jsonl"))
    except FileNotFoundError:
        return {}
    for name in segments:
        with contextlib.suppress(FileNotFoundError):
            status = (folder / name).stat()
            if stat.S_ISREG(status.st_mode):  # not a folder or a pipe of that name
                chains_by_writer.setdefault(chain_of(name), []).append((name, status.st_size))
    return chains_by_writer


def chain_of(name: str) -> str:
    """The writer of a segment, which is the name of its chain."""
    return name.split(".", 1)[0]


def is_in_use(folder: Path, name: str) -> bool:
    """Whether the writer of a segment may still write, because one of its segments is locked.

    Without locks, this is always assumed.
    """
    for segment, _ in chains(folder).get(chain_of(name), ()):
        try:
            with Descriptor(str(folder / segment), os.O_RDWR) as opened:
                if opened.lock() is not True:
                    return True
        except FileNotFoundError:
            continue
        except OSError:
            return True
    return False


def lines_behind(folder: Path, span: Span) -> Iterator[bytes]:
    """The whole lines that follow one in its segment."""
    name, _, end = span
    with contextlib.suppress(OSError), (folder / name).open("rb") as segment:
        segment.seek(end)
        yield from iter(lambda: _whole(segment.readline()), b"")


def _whole(line: bytes) -> bytes:
    return line if line.endswith(b"\n") else b""


def read_spans(
    folder: Path,
    positions: Mapping[str, int],
    max_bytes: int,
    max_lines: int,
    max_chains: int = _CHAINS_AT_ONCE,
) -> list[tuple[Span, bytes]]:
    """The next whole lines, merged by time; those of one chain stay in their order."""
    waiting = [
        chain
        for chain in chains(folder).values()
        if any(positions.get(name, 0) < size for name, size in chain)
    ]
    # Lazily, line by line: the merge compares only the next line of each chain.
    lines = [_lines_of(folder, chain, positions) for chain in waiting[:max_chains]]
    read: list[tuple[Span, bytes]] = []
    for entry in islice(heapq.merge(*lines, key=_timestamp), max_lines):
        read.append(entry)
        max_bytes -= len(entry[1])
        if max_bytes <= 0:
            break
    return read


def _lines_of(
    folder: Path, chain: Iterable[tuple[str, int]], positions: Mapping[str, int]
) -> Iterator[tuple[Span, bytes]]:
    """The whole lines of a chain that wait."""
    for name, size in chain:
        start = positions.get(name, 0)
        if start >= size:
            continue
        with (folder / name).open("rb") as segment:
            segment.seek(start)
            while start < size:
                line = segment.readline()
                # A line without an end is still being written, or was torn when its process died; a
                # later segment of the same process shows that it will not be completed.
                if not line.endswith(b"\n"):
                    break
                yield (name, start, start + len(line)), line
                start += len(line)


def _timestamp(entry: tuple[Span, bytes]) -> bytes:
    match = _TIMESTAMP.search(entry[1])
    return match[1] if match else b""
