"""The lines of a log, plain or compressed, in constant memory whatever is in the file."""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from typing import BinaryIO

__all__ = [
    "MAX_LINE_BYTES",
    "LineSplitter",
    "chunks_of",
    "foreign_format",
    "is_gzip",
    "line_blocks",
    "split_lines",
    "stripped",
]

MAX_LINE_BYTES = 256 * 1024 * 1024
"""The longest line that is read, in bytes; a longer one is reported as bad."""

# Larger pieces are mapped into memory anew each time, which costs more than to read them.
_CHUNK = 1 << 17
_GZIP = b"\x1f\x8b"
_FOREIGN = {
    b"\x28\xb5\x2f\xfd": "zstd",
    b"\xfd7zXZ\0": "xz",
    b"BZh": "bzip2",
    b"\x04\x22\x4d\x18": "lz4",
    b"PK\x03\x04": "zip",
}
_BOM = b"\xef\xbb\xbf"
_BLANK = b"\0 \t\r\n"


class LineSplitter:
    """Cut chunks into lines, and count them.

    NULs, which a crash can leave where data was not on the disk yet, and a byte order mark are
    removed; lines end in LF or CRLF.
    """

    def __init__(self, max_bytes: int = MAX_LINE_BYTES) -> None:
        self._max_bytes = max_bytes
        self._parts: list[bytes] = []
        self._size = 0
        self.number = 0
        """The number of the last line that was returned, from 1."""

    def feed(self, chunk: bytes) -> Iterator[bytes | None]:
        """The lines that a chunk completes, without line ends; None for one that is too long."""
        *ended, rest = chunk.split(b"\n")
        for piece in ended:
            self._keep(piece)
            yield self.finish()
        self._keep(rest)

    def finish(self) -> bytes | None:
        """The current line, as far as it goes; the next chunk begins a new one."""
        line = b"".join(self._parts)
        too_long = self._size > self._max_bytes
        self._parts.clear()
        self._size = 0
        self.number += 1
        if too_long:
            return None
        line = line.removeprefix(_BOM) if self.number == 1 else line
        return line.strip(b"\0 \t\r")

    @property
    def has_rest(self) -> bool:
        """Whether there is something after the last line end."""
        return bool(self._parts)

    def _keep(self, piece: bytes) -> None:
        if not self._parts and piece[:1] == b"\0":
            piece = piece.lstrip(b"\0")
        if not piece:
            return
        self._size += len(piece)
        if self._size <= self._max_bytes:
            self._parts.append(piece)
        else:
            self._parts = [b"too long"]


def stripped(line: bytes) -> bytes:
    """A line without byte order mark, NULs, blanks and line end around it.

    A crash leaves NULs where the data was not on the disk yet.
    """
    return line.strip(_BLANK).removeprefix(_BOM).strip(_BLANK)


def split_lines(block: bytes) -> list[bytes]:
    """The lines of a block, each with its LF; four times as fast as ``bytes.split``."""
    return io.BytesIO(block).readlines()


def line_blocks(file: BinaryIO, max_bytes: int | None = None) -> Iterator[bytes | int]:
    """The content of a file in pieces of whole lines; only the last may lack its line end.

    Args:
        file: The file, plain or compressed.
        max_bytes: The longest line that is returned, `MAX_LINE_BYTES` if None; in place of a longer
            one, its length with its line end is.

    Raises:
        EOFError: At the end of a truncated compressed file, after all that is in it.
        zlib.error: Where a compressed file is damaged.
    """
    limit = MAX_LINE_BYTES if max_bytes is None else max_bytes
    rest: list[bytes] = []  # the beginning of a line that goes on in the next chunk
    size = 0  # how long it is
    for chunk in chunks_of(file):
        cut = chunk.rfind(b"\n") + 1
        if cut:
            start = chunk.find(b"\n") + 1 if size > limit else 0
            if start:
                yield size + start
            if start < cut:
                yield b"".join((*rest, memoryview(chunk)[start:cut]))  # copied once
            rest.clear()
            size = 0
        size += len(chunk) - cut
        if size > limit:
            rest.clear()  # so long a line is no event, and must not take memory
        elif cut < len(chunk):
            rest.append(chunk[cut:])
    if size:
        yield size if size > limit else b"".join(rest)


def is_gzip(file: BinaryIO) -> bool:
    """Whether a file is compressed with gzip; it must be at its beginning, and stays there."""
    return _begins(file, _GZIP)


def _begins(file: BinaryIO, head: bytes) -> bool:
    # A pipe cannot be read twice, but a buffer over it can be peeked into.
    if isinstance(file, io.BufferedReader):
        return file.peek(len(head)).startswith(head)
    start = file.read(len(head))
    file.seek(0)
    return start == head


def foreign_format(file: BinaryIO) -> str | None:
    """The name of the compression of a file that is compressed by another program than gzip.

    The file must be at its beginning, and stays there.
    """
    return next((name for head, name in _FOREIGN.items() if _begins(file, head)), None)


def chunks_of(file: BinaryIO) -> Iterator[bytes]:
    """The content of a file, decompressed if need be.

    Raises:
        EOFError: At the end of a truncated compressed file, after all that is in it.
        zlib.error: Where a compressed file is damaged.
        OSError: If it is compressed, and not with gzip.
    """
    foreign = foreign_format(file)
    if foreign is not None:
        raise OSError(f"it is compressed with {foreign}, and only gzip is read")
    if not is_gzip(file):
        while chunk := file.read(_CHUNK):
            yield chunk
        return
    member = zlib.decompressobj(31)
    while packed := file.read(_CHUNK):
        while packed:
            if member.eof:  # Several compressed files in a row are read as one.
                packed = packed.lstrip(b"\0")
                if not packed:
                    break
                member = zlib.decompressobj(31)
            if chunk := member.decompress(packed, _CHUNK):
                yield chunk
            packed = member.unused_data or member.unconsumed_tail
    while not member.eof and (chunk := member.decompress(member.unconsumed_tail, _CHUNK)):
        yield chunk
    if not member.eof:
        raise EOFError("the compressed file ends too early")
