"""Lines of a log as files that DuckDB can read: the log's own if they are sound, else copies."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from hilt.core.decoding import decode_event
from hilt.core.exceptions import EventError
from hilt.io.read.bad_line import BadLine
from hilt.io.read.lines import is_gzip
from hilt.io.read.parts import reads_once
from hilt.io.read.scan import Block, LogScan, Selection
from hilt.io.temporary_files import temporary_file

if TYPE_CHECKING:
    from hilt.analysis.filters import Filters
    from hilt.analysis.log import Log

__all__ = ["LineFiles", "is_readable", "readable_lines", "without_controls"]

_ESCAPE = re.compile(rb"\\u[dD]")
# An escaped backslash begins no escape, and a whole surrogate pair is one character.
_ESCAPES = re.compile(
    rb"\\\\|\\u(?:d[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}|(d[89a-f][0-9a-f]{2}))", re.IGNORECASE
)

_CONTROLS = (b"\r", b"\x01", b"\0")
_TO_BLANKS = bytes.maketrans(b"\r\x01\0", b"   ")


@dataclass
class LineFiles:
    """Files with the lines of the events that match.

    Args:
        folder: Where copies are written.
    """

    folder: Path
    paths: list[Path] = field(default_factory=list)
    lines: int = 0  #: how many lines they have
    skipped: int = 0  #: how many lines of the log could not be read
    errors: list[BadLine] = field(default_factory=list)  #: the first 1,000 of them

    def add(self, log: Log, filters: Filters) -> None:
        """Add the events of a log that match; without any filter, chunks, too."""
        if filters.is_empty:
            self._add_all(log)
            return
        scan = log.scan(filters, lone_events=not filters.needs_calls)
        self._copy(scan, self._readable(line.line for line in log.event_lines(filters, scan)))

    def sources(self) -> list[Path]:
        """The files; an empty one if there are none."""
        if not self.paths:
            self.paths.append(self.folder / "none.jsonl")
            self.paths[0].touch()
        return self.paths

    def _add_all(self, log: Log) -> None:
        for path, file in log.parts():
            if path.is_file() and not (reads_once(path) or is_gzip(file)):
                scan = LogScan([(path, file)])
                sound, count = _is_sound(scan)
                if sound:
                    self.paths.append(path)
                    self.lines += count
                    continue
                file.seek(0)
            scan = LogScan([(path, file)], Selection())
            self._copy(scan, (readable_lines(block, scan) for block in scan))

    def _readable(self, lines: Iterable[bytes]) -> Iterator[list[bytes]]:
        for line in lines:
            if is_readable(line):
                yield [line]
            else:
                self.skipped += 1

    def _copy(self, scan: LogScan, blocks: Iterable[list[bytes]]) -> None:
        path = self.folder / f"lines-{len(self.paths)}.jsonl"
        self.paths.append(path)
        with temporary_file(path) as file:
            for lines in filter(None, blocks):
                file.write(without_controls(b"\n".join(lines)) + b"\n")
                self.lines += len(lines)
        self.skipped += scan.skipped
        self.errors += scan.errors


def readable_lines(block: Block, scan: LogScan) -> list[bytes]:
    """The lines of a block that are valid JSON to every reader; the others are counted."""
    if is_readable(block.data):
        return block.lines
    kept = []
    for line in block.lines:
        if not is_readable(line):
            try:
                decode_event(line)
            except EventError as error:
                scan.skip(block.path, block.number_of(line), str(error))
                continue
        kept.append(line)
    return kept


def is_readable(lines: bytes) -> bool:
    """Whether lines are UTF-8, and have no half of a surrogate pair."""
    if not lines.isascii():
        try:
            lines.decode()
        except UnicodeDecodeError:
            return False
    return _ESCAPE.search(lines) is None or not any(each[1] for each in _ESCAPES.finditer(lines))


def without_controls(lines: bytes) -> bytes:
    """Lines with blanks for control characters, which are no JSON and end a cell for DuckDB."""
    if any(character in lines for character in _CONTROLS):
        return lines.translate(_TO_BLANKS)
    return lines


def _is_sound(scan: LogScan) -> tuple[bool, int]:
    """Whether DuckDB can read a file as HILT does, and how many lines it has."""
    count = 0
    for block in scan:
        data = block.data
        if scan.skipped or not data.endswith(b"\n") or b"\0" in data or not is_readable(data):
            return False, 0
        count += len(block.lines)
    return not scan.skipped, count
