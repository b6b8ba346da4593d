"""A set of many span ids in little memory, and those that a log has already."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Iterator
from pathlib import Path

from hilt.core.exceptions import ReadError
from hilt.io.read.parts import open_parts
from hilt.io.read.scan import AnyOf, LogScan, Selection

__all__ = ["SpanIds", "span_ids_of_log"]

_SLOTS = 1 << 10
_IDS = re.compile(rb'"trace_id":\s*"([^"\\]+)",\s*"span_id":\s*"([^"\\]+)"')


class SpanIds:
    """Trace and span ids, of each pair a hash of 64 bits: at most 32 bytes a span.

    Equal hashes count as equal ids: one is to be expected among billions of spans.
    """

    def __init__(self, ids: Iterable[tuple[bytes, bytes]] = ()) -> None:
        self._count = 0
        self._table = array("q", bytes(8 * _SLOTS))
        for trace_id, span_id in ids:
            self._add(_hash(trace_id, span_id))

    def __len__(self) -> int:
        return self._count

    def has(self, trace_id: str, span_id: str) -> bool:
        """Whether a span is one of these; one without an id never is."""
        if not span_id:
            return False
        key = _hash(trace_id.encode(), span_id.encode())
        return self._table[self._slot_of(key)] == key

    def add(self, trace_id: str, span_id: str) -> bool:
        """Note a span, and say whether it is new; one without an id always is."""
        return not span_id or self._add(_hash(trace_id.encode(), span_id.encode()))

    def _add(self, key: int) -> bool:
        slot = self._slot_of(key)
        if self._table[slot] == key:
            return False
        self._table[slot] = key
        self._count += 1
        if self._count * 2 > len(self._table):
            self._grow()
        return True

    def _slot_of(self, key: int) -> int:
        """Where a hash is, or would be."""
        table, last = self._table, len(self._table) - 1
        slot = key & last
        while table[slot] and table[slot] != key:
            slot = (slot + 1) & last
        return slot

    def _grow(self) -> None:
        before, self._table = self._table, array("q", bytes(16 * len(self._table)))
        for key in before:
            if key:
                self._table[self._slot_of(key)] = key


def span_ids_of_log(path: Path) -> SpanIds:
    """The spans that a log and its rotated files have events of, without decoding any event.

    Raises:
        ReadError: If the log is there and cannot be read.
    """
    if path.exists() and not path.is_file():
        return SpanIds()  # a pipe, or the terminal
    selection = Selection(AnyOf(b'"span_id"'), chunks=False)
    scan = LogScan(open_parts(path, include_rotated=True), selection)
    try:
        return SpanIds(_ids_in(scan))
    except NotADirectoryError:
        return SpanIds()  # there is none, and opening it to write says so
    except OSError as error:
        raise ReadError(
            f"{path}: cannot be read ({error.strerror or error}), so what it has already is "
            "unknown; give a log that this user may read"
        ) from error


def _ids_in(scan: LogScan) -> Iterator[tuple[bytes, bytes]]:
    for block in scan:
        for line in block.lines:
            for match in _IDS.finditer(line):
                yield match[1], match[2]


def _hash(trace_id: bytes, span_id: bytes) -> int:
    return hash((trace_id, span_id)) or 1  # zero is an empty slot
