"""JSON values from files of any size: one a line, one after the other, or in a list; gzip too.

A file is read piece by piece. What is not JSON is counted, and reported with its line.
"""

from __future__ import annotations

import codecs
import gzip
import io
import json
import re
import zlib
from collections.abc import Callable, Iterator
from os import PathLike
from typing import Any, BinaryIO

import msgspec

from hilt.core.arguments import path_checked
from hilt.core.exceptions import ConfigurationError
from hilt.io.read.bad_line import BadLine

__all__ = ["ERRORS_KEPT", "JsonFile"]

ERRORS_KEPT = 1000
"""How many values that cannot be read are kept with their lines."""

_CHUNK = 1 << 18
_LONGEST = 1 << 28
_NO_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_BETWEEN = re.compile(r"[ \t\r\n,\[\]]*")
# A bracket, the end of a line, a whole text, or the opening quotation mark of an unfinished one.
_TOKEN = re.compile(r'[{}\[\]\n]|"[^"\\]*(?:\\.[^"\\]*)*"|"', re.DOTALL)


class JsonFile:
    """One file of JSON values.

    >>> for value in JsonFile("spans.jsonl").values():  # doctest: +SKIP
    ...     print(value)

    Args:
        path: The file; gzip is recognized by its first bytes.
        on_progress: Called with the number of bytes of the file that have been read.

    Raises:
        ConfigurationError: If there is no such file.
    """

    def __init__(
        self, path: str | PathLike[str], on_progress: Callable[[int], None] | None = None
    ) -> None:
        self.path = path_checked("import", path)
        self.unreadable = 0  #: how many values are no JSON, or not what they should be
        self.errors: list[BadLine] = []  #: the first of them
        self.on_progress = on_progress
        self.line = 1  #: the line where the last value began
        if self.path.is_dir():
            raise ConfigurationError(f"import: {str(self.path)!r} is a folder; name its files")
        if not self.path.is_file():
            raise ConfigurationError(f"import: there is no file {str(self.path)!r}")

    @property
    def size(self) -> int:
        """The size of the file in bytes."""
        return self.path.stat().st_size

    def values(self) -> Iterator[Any]:
        """The values, in order; those that cannot be read are noted."""
        try:
            yield from self._values()
        except (EOFError, OSError, zlib.error) as error:  # compressed, and cut off or damaged
            self.skip(f"the file cannot be read any further: {error}")

    def skip(self, message: str) -> None:
        """Note that the last value, or a part of it, cannot be used."""
        self.unreadable += 1
        if len(self.errors) < ERRORS_KEPT:
            self.errors.append(BadLine(self.path, self.line, message))

    def _values(self) -> Iterator[Any]:
        with self.path.open("rb") as raw:
            zipped = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            stream: Any = gzip.GzipFile(fileobj=raw) if zipped else raw
            buffered = io.BufferedReader(stream, _CHUNK) if zipped else stream
            head = buffered.peek(_CHUNK)[:_CHUNK].lstrip()
            lines = head[:1] == b"{" and _parses(head.split(b"\n", 1)[0], whole=b"\n" in head)
            yield from self._by_line(buffered, raw) if lines else self._by_value(buffered, raw)

    def _progress(self, raw: BinaryIO) -> None:
        if self.on_progress is not None:
            self.on_progress(raw.tell())

    def _by_line(self, stream: Any, raw: BinaryIO) -> Iterator[Any]:
        decode = msgspec.json.Decoder().decode
        for self.line, line in enumerate(_lines(stream), 1):
            if self.line % 256 == 1:
                self._progress(raw)
            if line is not None and not line.strip():
                continue
            try:
                yield decode(line or b"")
            except _NO_JSON:
                self.skip("not JSON" if line else "the line is too long")
        self._progress(raw)

    def _by_value(self, stream: Any, raw: BinaryIO) -> Iterator[Any]:
        """Values one after the other, in a list or not, each over any number of lines."""
        to_text = codecs.getincrementaldecoder("utf-8")("replace").decode
        decode = json.JSONDecoder().raw_decode
        rest, start, more = "", 0, True
        counted = 0  # line ends before this place are counted
        self.line = 1
        while True:
            start = _skip(rest, start)
            self.line += rest.count("\n", counted, start)
            counted = start
            if start < len(rest):
                try:
                    value, start = decode(rest, start)
                except (ValueError, RecursionError):
                    # The value ends in the next piece, or is broken, and then skipped.
                    end = _end_of_value(rest, start)
                    if end is None and (not more or len(rest) - start > _LONGEST):
                        self.skip("not JSON")
                        return
                    if end is not None:
                        self.skip("not JSON")
                        start = end
                        continue
                else:
                    yield value
                    continue
            if not more:
                return
            data = stream.read(max(_CHUNK, len(rest) - start))
            self._progress(raw)
            more = bool(data)
            piece = to_text(data, final=not more)
            rest, start, counted = rest[start:] + piece, 0, 0


def _lines(stream: Any) -> Iterator[bytes | None]:
    """The lines of a file; None in place of one that is too long."""
    while line := stream.readline(_LONGEST):
        if len(line) < _LONGEST or line.endswith(b"\n"):
            yield line
            continue
        while line and not line.endswith(b"\n"):
            line = stream.readline(_CHUNK)
        yield None


def _skip(text: str, start: int) -> int:
    """The place after white space, and after what separates the values of a list."""
    match = _BETWEEN.match(text, start)
    return match.end() if match else start


def _end_of_value(text: str, start: int) -> int | None:
    """Where a value ends, judging by its brackets alone; None if not in this text."""
    depth = 0
    for match in _TOKEN.finditer(text, start):
        mark = match[0]
        if mark in "{[":
            depth += 1
        elif mark in "}]":
            depth -= 1
        elif mark == '"':  # an unfinished text
            return None
        if depth <= 0:
            return match.end()
    return None


def _parses(line: bytes, *, whole: bool) -> bool:
    if not whole:
        return True  # a long line: most are OTLP, and the rest is counted as unreadable
    try:
        msgspec.json.decode(line)
    except _NO_JSON:
        return False
    return True
