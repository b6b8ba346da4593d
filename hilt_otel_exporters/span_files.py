"""Spans and log records from files: OTLP JSON, `ReadableSpan.to_json`, lists of either, gzip.

A file is read piece by piece, so that its size does not matter. What is not JSON is counted.
"""

from __future__ import annotations

import codecs
import gzip
import io
import json
from collections.abc import Callable, Iterator
from os import PathLike
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from hilt.core.exceptions import ConfigurationError
from hilt_otel_exporters.span_json import Record, records_of
from hilt_otel_exporters.span_record import LogRecord

__all__ = ["SpanFile"]

_CHUNK = 1 << 18


class SpanFile:
    """One file of spans or log records.

    >>> for record in SpanFile("spans.jsonl"):  # doctest: +SKIP
    ...     print(record.name)

    Args:
        path: The file; gzip is known by its first bytes.
        on_progress: Is told how many bytes of the file have been read.

    Raises:
        ConfigurationError: If there is no such file.
    """

    def __init__(
        self, path: str | PathLike[str], on_progress: Callable[[int], None] | None = None
    ) -> None:
        self.path = Path(path)
        self.unreadable = 0  #: how many values were no JSON, or neither spans nor log records
        self.on_progress = on_progress
        if not self.path.is_file():
            raise ConfigurationError(f"import: there is no file {str(self.path)!r}")

    @property
    def size(self) -> int:
        """How many bytes it has."""
        return self.path.stat().st_size

    def __iter__(self) -> Iterator[Record]:
        for value in self._values():
            records = records_of(value)
            if records is None:
                self.unreadable += 1
            else:
                yield from records

    def has_logs_first(self) -> bool:
        """Whether it holds log records: they are read before the spans that they belong to."""
        return isinstance(next(iter(self), None), LogRecord)

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
        for number, line in enumerate(stream):
            if number % 256 == 0:
                self._progress(raw)
            if not line.strip():
                continue
            try:
                yield decode(line)
            except msgspec.DecodeError:
                self.unreadable += 1
        self._progress(raw)

    def _by_value(self, stream: Any, raw: BinaryIO) -> Iterator[Any]:
        """Values one after the other, in a list or not, over as many lines as they like."""
        to_text = codecs.getincrementaldecoder("utf-8")("replace").decode
        decode = json.JSONDecoder().raw_decode
        rest, start, more = "", 0, True
        while True:
            start = _skip(rest, start)
            if start < len(rest):
                try:
                    value, start = decode(rest, start)
                except ValueError:
                    if not more:
                        self.unreadable += 1
                        return
                else:
                    yield value
                    continue
            if not more:
                return
            data = stream.read(max(_CHUNK, len(rest) - start))
            self._progress(raw)
            more = bool(data)
            piece = to_text(data, final=not more)
            rest, start = rest[start:] + piece, 0


def _skip(text: str, start: int) -> int:
    """Past white space, and what stands between the values of a list."""
    while start < len(text) and text[start] in " \t\r\n,[]":
        start += 1
    return start


def _parses(line: bytes, *, whole: bool) -> bool:
    if not whole:
        return True  # a long line: most are OTLP, and the rest is counted as unreadable
    try:
        msgspec.json.decode(line)
    except msgspec.DecodeError:
        return False
    return True
