"""Going through logs line by line, choosing lines by their bytes before any of them is decoded.

A log is mostly lines that a question is not about: two thirds of a busy service's are chunks. A
`Selection` says what bytes the lines that matter have; leaving out a line costs a search for bytes.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from hilt.io.read.bad_line import BadLine
from hilt.io.read.lines import line_blocks, stripped

__all__ = ["MAX_EVENT_BYTES", "Block", "LogScan", "Selection"]

MAX_EVENT_BYTES = 32 * 1024 * 1024
"""The longest line that a question reads; a longer one is counted as one that cannot be read."""

_ERRORS_KEPT = 1000
_CHUNK = b"completion_chunk"
_CHUNK_ACTION = b'"action":"completion_chunk",'  #: HILT writes it right before the content
_CONTENT = b'"content":'
_CHUNK_EVENTS = (b'"action":"completion_chunk"', b'"action": "completion_chunk"')
_KEY = b'"action":'
_HEAD_BYTES = 512


@dataclass(frozen=True, slots=True)
class Selection:
    """Which lines matter, by their bytes.

    A selection may let lines pass that turn out not to matter; it never leaves out one that does.

    Args:
        any_of: Byte strings, of which a line that matters has one at least; none: any line.
        chunks: Whether ``completion_chunk`` events matter.
        may_match: Whether one of several lines can matter, or one alone.
    """

    any_of: tuple[bytes, ...] = ()
    chunks: bool = True
    may_match: Callable[[bytes], bool] | None = None

    def of_lines(self, lines: list[bytes]) -> list[bytes]:
        """The lines that matter, in their order."""
        if self.any_of:
            if len(self.any_of) == 1:
                needle = self.any_of[0]
                lines = [line for line in lines if needle in line]
            else:
                lines = [line for line in lines if any(each in line for each in self.any_of)]
        if self.may_match is not None:
            lines = [line for line in lines if self.may_match(line)]
        if not self.chunks:
            behind = len(_CHUNK_ACTION)
            lines = [
                line
                for line in lines
                if not line.startswith(_CHUNK_ACTION, line.find(_CONTENT) - behind)
                and (line.find(_CHUNK, 0, _HEAD_BYTES) < 0 or not _is_chunk(line))
            ]
        return lines

    def may_have(self, block: bytes) -> bool:
        """Whether any line of a block can matter; looks once for all of them."""
        if self.any_of and not any(needle in block for needle in self.any_of):
            return False
        return self.may_match is None or self.may_match(block)


def _is_chunk(line: bytes) -> bool:
    """Whether a line is a chunk for certain, in whatever order its keys are.

    Arguments of a tool may have an ``action`` of their own: then there are two.
    """
    return line.count(_KEY) == 1 and any(each in line for each in _CHUNK_EVENTS)


@dataclass(slots=True)
class Block:
    """Some lines of one file that follow each other, and those of them that matter."""

    path: Path
    number: int  #: the number of its first line, from 1
    offset: int  #: how many bytes of the file's content are before it
    data: bytes  #: all of its lines
    lines: list[bytes]  #: those that matter
    _searched: int = 0

    def position_of(self, line: bytes) -> int:
        """Where a line of ``lines`` begins in ``data``; ask for them in their order."""
        position = self.data.find(line, self._searched)
        while position > 0 and self.data[position - 1] != _LINE_END:
            position = self.data.find(line, position + 1)
        self._searched = position + 1
        return position

    def number_of(self, line: bytes) -> int:
        """The number of a line of ``lines``; ask for them in their order."""
        return self.number + self.data.count(b"\n", 0, self.position_of(line))


_LINE_END = ord("\n")


@dataclass
class LogScan:
    """Goes through files of logs once, in constant memory, and counts what cannot be read.

    Args:
        files: The files in the order in which they are read; each is open while it is read.
        selection: Which lines matter.
        may_matter: Whether a block has lines that matter at all; it is asked before they are split.

    Attributes:
        skipped: How many lines could not be read as events so far.
        errors: The first 1,000 of them.
    """

    files: Iterable[tuple[Path, BinaryIO]]
    selection: Selection = field(default_factory=Selection)
    may_matter: Callable[[bytes], bool] | None = None
    skipped: int = 0
    errors: list[BadLine] = field(default_factory=list)

    def __iter__(self) -> Iterator[Block]:
        for path, file in self.files:
            number, offset = 1, 0
            try:
                for data in line_blocks(file, MAX_EVENT_BYTES):
                    if isinstance(data, int):
                        self.skip(path, number, f"the line is too long: {data:,} bytes")
                        number, offset = number + 1, offset + data
                        continue
                    if self.may_matter is not None and not self.may_matter(data):
                        number, offset = number + data.count(b"\n"), offset + len(data)
                        continue
                    lines = data.split(b"\n")
                    if not lines[-1]:
                        lines.pop()
                    block = Block(path, number, offset, data, lines)
                    number, offset = number + len(lines), offset + len(data)
                    self._select(block)
                    if block.lines:
                        yield block
            except (EOFError, zlib.error, OSError) as error:
                self.skip(path, number, f"the file cannot be read any further: {error}")

    def skip(self, path: Path, number: int, message: str) -> None:
        """Count a line that is not an event; the first ones are kept with what is wrong."""
        self.skipped += 1
        if len(self.errors) < _ERRORS_KEPT:
            self.errors.append(BadLine(path, number, message))

    def _select(self, block: Block) -> None:
        """Leave the lines that matter, and count those that are no objects whole."""
        if any([line[-1:] != b"}" for line in block.lines]):  # noqa: C419 # a list is quicker
            block.lines = self._whole(block)
        if self.selection.may_have(block.data):
            block.lines = self.selection.of_lines(block.lines)
        else:
            block.lines = []

    def _whole(self, block: Block) -> list[bytes]:
        whole = []
        for number, line in enumerate(block.lines, block.number):
            plain = stripped(line)
            if plain[-1:] == b"}" and plain[:1] == b"{":
                whole.append(plain)
            elif plain:
                self.skip(block.path, number, "the line is torn, or is not JSON")
        return whole
