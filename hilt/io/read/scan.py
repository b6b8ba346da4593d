"""Reading logs line by line, choosing lines by their bytes before any of them is decoded.

Most lines of a log do not matter to a question: two thirds of a busy service's are chunks. A
`Selection` says which bytes the lines that matter have; to leave out a line costs a byte search.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import BinaryIO, Protocol

from hilt.core.texts import SEALED
from hilt.io.read.bad_line import BadLine
from hilt.io.read.lines import line_blocks, split_lines, stripped

__all__ = ["MAX_EVENT_BYTES", "AnyOf", "Block", "LineQuery", "LogScan", "Selection", "is_chunk"]

MAX_EVENT_BYTES = 32 * 1024 * 1024
"""The longest line that a question reads, in bytes; a longer one counts as unreadable."""

_ERRORS_KEPT = 1000
_COUNTED_BYTES = 1 << 17
_CHUNK = b"completion_chunk"
_CHUNK_ACTION = b'"action":"completion_chunk",'  #: HILT writes it right before the content
_CONTENT = b'"content":'
_CHUNK_EVENTS = (b'"action":"completion_chunk"', b'"action": "completion_chunk"')
_KEY = b'"action":'
_HEAD_BYTES = 512
_FEW = 64


class LineQuery(Protocol):
    """Finds lines that may matter, by their bytes."""

    def may_match(self, line: bytes, /) -> bool:
        """Whether a line may matter; False is certain."""

    def finders(self, lines: bytes, /) -> Sequence[Callable[[int], int]]:
        """Functions that return the next match from a position on, or -1.

        Every line that may matter has a match of at least one of them.
        """


class AnyOf:
    """Lines that have at least one of some byte strings."""

    def __init__(self, *needles: bytes) -> None:
        self._needles = needles

    def may_match(self, line: bytes) -> bool:
        """Whether the line has one."""
        return any([needle in line for needle in self._needles])  # noqa: C419 # a list is quicker

    def finders(self, lines: bytes) -> Sequence[Callable[[int], int]]:
        """One function for each byte string."""
        return [partial(lines.find, needle) for needle in self._needles]


@dataclass(frozen=True, slots=True)
class Selection:
    """Which lines matter, by their bytes.

    A selection may let lines pass that turn out not to matter; it never leaves out one that does.

    Args:
        query: Finds the lines that may matter; any line may if None.
        chunks: Whether ``completion_chunk`` events matter.
    """

    query: LineQuery | None = None
    chunks: bool = True

    def of_lines(self, lines: list[bytes], data: bytes | None = None) -> list[bytes]:
        """The lines that matter, in order.

        Args:
            lines: All lines, with or without line ends.
            data: The same lines in one piece, with line ends: if few of them matter, to search all
                at once is faster.
        """
        if self.query is not None:
            few = _few_lines(data, self.query.finders(data)) if data is not None else None
            if few is not None:
                lines = few
            else:
                may_match = self.query.may_match
                lines = [line for line in lines if may_match(line)]
        if not self.chunks:
            behind = len(_CHUNK_ACTION)
            lines = [
                line
                for line in lines
                if not line.startswith(_CHUNK_ACTION, line.find(_CONTENT) - behind)
                and (line.find(_CHUNK, 0, _HEAD_BYTES) < 0 or not is_chunk(line))
            ]
        return lines


def _few_lines(data: bytes, finders: Iterable[Callable[[int], int]]) -> list[bytes] | None:
    """The lines with a match; None if there are more than a few."""
    spans: set[tuple[int, int]] = set()
    for find in finders:
        place = find(0)
        while place >= 0:
            if len(spans) == _FEW:
                return None
            end = data.find(b"\n", place)
            end = len(data) if end < 0 else end
            spans.add((data.rfind(b"\n", 0, place) + 1, end + 1))
            place = find(end + 1)
    return [data[start:end] for start, end in sorted(spans)]


def is_chunk(line: bytes) -> bool:
    """Whether a line is certainly a chunk, in whatever order its keys are.

    If the arguments of a tool have an ``action``, too, it is not certain.
    """
    return line.count(_KEY) == 1 and any(each in line for each in _CHUNK_EVENTS)


@dataclass(slots=True)
class Block:
    """Consecutive lines of one file, and those of them that matter."""

    path: Path
    number: int  #: the number of its first line, from 1
    data: bytes  #: all of its lines
    lines: list[bytes]  #: those that matter
    _searched: int = 0

    def number_of(self, line: bytes) -> int:
        """The number of a line of ``lines``; must be called in their order."""
        position = found = self.data.find(line, self._searched)
        while found > 0 and self.data[found - 1] != _LINE_END:
            found = self.data.find(line, found + 1)
        if found >= 0:  # not found if stray bytes before it were stripped
            position = found
        self._searched = position + 1
        return self.number + self.data.count(b"\n", 0, position)


_LINE_END = ord("\n")
_BRACE = ord("}")
_before_end = itemgetter(-2)
_BOM = b"\xef\xbb\xbf"


def _are_whole(lines: list[bytes]) -> bool:
    """Whether each line ends like an object, before its LF."""
    try:
        return set(map(_before_end, lines)) == {_BRACE}
    except IndexError:  # an empty line
        return False


@dataclass
class LogScan:
    """Reads files of logs once, in constant memory, and counts what cannot be read.

    Args:
        files: The files in the order in which they are read; each is open while it is read.
        selection: Which lines matter.
        may_matter: Whether a block has lines that matter at all; called before they are split.
        keep_ends: Whether lines may keep their LF, which JSON ignores.
        counts_sealed: Whether to count events with sealed texts, in which no words are found.

    Attributes:
        skipped: How many lines could not be read as events so far.
        sealed: How many events so far have sealed texts, if ``counts_sealed``.
        errors: The first 1,000 lines that were skipped, those of a file in order. In a file of
            which only the end is read, lines are counted from there; see `numbered_errors`.
        starts: How many bytes of a file were passed over before it was read, if any were.
    """

    files: Iterable[tuple[Path, BinaryIO]]
    selection: Selection = field(default_factory=Selection)
    may_matter: Callable[[bytes], bool] | None = None
    keep_ends: bool = False
    counts_sealed: bool = False
    skipped: int = 0
    sealed: int = 0
    errors: list[BadLine] = field(default_factory=list)
    starts: dict[Path, int] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Block]:
        for path, file in self.files:
            number = 1
            if file.seekable() and (start := file.tell()):
                self.starts[path] = start
            try:
                for piece in line_blocks(file, MAX_EVENT_BYTES):
                    if isinstance(piece, int):
                        self.skip(path, number, f"the line is too long: {piece:,} bytes")
                        number += 1
                        continue
                    data = piece.removeprefix(_BOM) if number == 1 else piece
                    if self.counts_sealed:
                        self.sealed += data.count(SEALED)
                    if self.may_matter is not None and not self.may_matter(data):
                        number += len(split_lines(data))
                        continue
                    lines = split_lines(data)
                    block = Block(path, number, data, lines)
                    number += len(lines)
                    self._select(block)
                    if block.lines:
                        yield block
            except (EOFError, zlib.error, OSError) as error:
                self.skip(path, number, f"the file cannot be read any further: {error}")

    def skip(self, path: Path, number: int, message: str) -> None:
        """Count a line that is not an event; keep the first ones with what is wrong."""
        self.skipped += 1
        place = len(self.errors)
        # Torn lines of a block are found before its others are decoded.
        while place and (last := self.errors[place - 1]).number > number and last.path == path:
            place -= 1
        if place < _ERRORS_KEPT:
            self.errors.insert(place, BadLine(path, number, message))
            del self.errors[_ERRORS_KEPT:]

    def numbered_errors(self) -> list[BadLine]:
        """The lines in ``errors`` with their numbers in the files, for which these are read."""
        before = dict.fromkeys({line.path for line in self.errors}, 0)
        for path in before.keys() & self.starts.keys():
            with suppress(OSError), path.open("rb") as file:
                before[path] = _line_ends(file, self.starts[path])
        return [replace(line, number=line.number + before[line.path]) for line in self.errors]

    def _select(self, block: Block) -> None:
        """Keep the lines that matter, and count those that are no whole objects."""
        is_clean = block.data.endswith(b"\n") and b"\0" not in block.data
        if is_clean and _are_whole(block.lines):
            lines = self.selection.of_lines(block.lines, block.data)
            block.lines = lines if self.keep_ends else [line[:-1] for line in lines]
        else:
            block.lines = self.selection.of_lines(self._whole(block))

    def _whole(self, block: Block) -> list[bytes]:
        whole = []
        for number, line in enumerate(block.lines, block.number):
            plain = stripped(line)
            if plain[-1:] == b"}" and plain[:1] == b"{":
                whole.append(plain)
            elif plain:
                self.skip(block.path, number, "the line is torn, or is not JSON")
        return whole


def _line_ends(file: BinaryIO, size: int) -> int:
    """How many line ends are in the first bytes of a file."""
    count = 0
    while size > 0 and (data := file.read(min(size, _COUNTED_BYTES))):
        count += data.count(b"\n")
        size -= len(data)
    return count
