"""The files of an outbox: one chain of segments for each process that writes."""

from __future__ import annotations

import contextlib
import heapq
import os
import re
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
    """The segments and their sizes by the process that writes them, oldest first."""
    chains_by_writer: dict[str, list[tuple[str, int]]] = {}
    try:
        with os.scandir(folder) as entries:
            segments = sorted(entry.name for entry in entries if entry.name.endswith(".jsonl"))
    except FileNotFoundError:
        return {}
    for name in segments:
        with contextlib.suppress(FileNotFoundError):
            size = (folder / name).stat().st_size
            chains_by_writer.setdefault(chain_of(name), []).append((name, size))
    return chains_by_writer


def chain_of(name: str) -> str:
    """The writer of a segment."""
    return name.split(".", 1)[0]


def is_in_use(folder: Path, name: str) -> bool:
    """Whether the writer of a segment may still write: one of its segments is locked.

    Where there are no locks it may always be.
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
    share = max(1, max_bytes // max(1, min(len(waiting), max_chains)))
    lists = [
        _read_chain(folder, chain, positions, share, max_lines)
        for chain in islice(waiting, max_chains)
    ]
    return list(islice(heapq.merge(*lists, key=_timestamp), max_lines))


def _read_chain(
    folder: Path,
    chain: Iterable[tuple[str, int]],
    positions: Mapping[str, int],
    max_bytes: int,
    max_lines: int,
) -> list[tuple[Span, bytes]]:
    lines: list[tuple[Span, bytes]] = []
    for name, size in chain:
        start = positions.get(name, 0)
        with (folder / name).open("rb") as segment:
            segment.seek(start)
            while start < size and max_bytes > 0 and len(lines) < max_lines:
                line = segment.readline()
                # A line without an end is still being written, or was torn when its process died;
                # a later segment of the same process says that it is over.
                if not line.endswith(b"\n"):
                    break
                lines.append(((name, start, start + len(line)), line))
                start += len(line)
                max_bytes -= len(line)
        if start < size and max_bytes <= 0:
            break
    return lines


def _timestamp(entry: tuple[Span, bytes]) -> bytes:
    match = _TIMESTAMP.search(entry[1])
    return match[1] if match else b""
