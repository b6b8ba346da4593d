"""Archiving logs: each segment (a file of a log) becomes a Parquet file for each of its days.

A segment is identified by its first event's id, which compression and rotation do not change. So
what was archived of a file still being written is replaced once that is rotated, and a segment
that was copied to another folder is archived once.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timezone
from pathlib import Path
from typing import BinaryIO

from hilt.analysis.archive_folder import ArchiveFolder
from hilt.analysis.event_columns import COLUMNS, events_from_json, quoted
from hilt.analysis.event_lines import EventLine, event_line
from hilt.analysis.line_files import is_readable, readable_lines, without_controls
from hilt.core.decoding import decode_event
from hilt.core.exceptions import EventError
from hilt.core.ids_and_times import parse_timestamp
from hilt.io.read.bad_line import BadLine
from hilt.io.read.lines import is_gzip
from hilt.io.read.parts import open_parts
from hilt.io.read.scan import LogScan

__all__ = ["ArchivedSegment", "archive_logs"]

NO_DAY = "1970-01-01"
"""The day of events whose timestamp cannot be read.

DuckDB 1 does not take Hive's name for no day, ``__HIVE_DEFAULT_PARTITION__``, for a date.
"""

_TIMESTAMP = re.compile(rb'"timestamp":"(\d{4}-\d\d-\d\d)T[0-9:.]{8,15}Z"')
_HEAD = 400
_GZIP_SIZE_BYTES = 4
_COLUMNS = ", ".join((*(f'"{name}"' for name in COLUMNS), "event"))


@dataclass
class ArchivedSegment:
    """What was archived of a segment."""

    path: Path
    """The file of the log."""
    name: str
    """The name of its files in the archive; empty if it has no event, and so no file there."""
    events: int = 0
    """How many events were written."""
    days: list[str] = field(default_factory=list)
    """The days whose files were written; none if the archive already had all of it."""
    skipped: int = 0
    """How many lines could not be read."""
    errors: list[BadLine] = field(default_factory=list)
    """The first 1,000 of these lines."""


def archive_logs(
    logs: Sequence[Path], archive: ArchiveFolder, *, only_rotated: bool = False
) -> Iterator[ArchivedSegment]:
    """Archive what an archive does not have yet of some logs, segment by segment.

    Args:
        logs: The logs; their rotated and compressed parts are included.
        archive: The archive.
        only_rotated: Whether to leave out the files that are still being written.
    """
    archive.clear_unfinished()
    for log in logs:
        for path, file in open_parts(log, include_rotated=True):
            if only_rotated and path == log:
                continue
            scan = LogScan([(path, file)])
            segment = _Segment.of(path, file, log, scan)
            if segment is not None:
                yield _archived(segment, archive)
            elif scan.skipped:
                yield ArchivedSegment(path, "", skipped=scan.skipped, errors=scan.errors)


@dataclass
class _Segment:
    path: Path
    file: BinaryIO
    first: EventLine
    stem: str
    size: int
    changed: float

    @classmethod
    def of(cls, path: Path, file: BinaryIO, log: Path, scan: LogScan) -> _Segment | None:
        """A segment; None if it has no event, and then the scan has counted its lines."""
        status = os.fstat(file.fileno())
        size = _content_size(file, status.st_size)
        first = _first_event(scan)
        file.seek(0)
        stem = re.sub(r"[^A-Za-z0-9._-]", "_", log.stem)[:80]
        return cls(path, file, first, stem, size, status.st_mtime) if first is not None else None

    @property
    def name(self) -> str:
        return f"{self.stem}-{hashlib.sha256(self.first.event_id).hexdigest()[:16]}"

    @property
    def day(self) -> str:
        return _day_of(self.first.line)


def _archived(segment: _Segment, archive: ArchiveFolder) -> ArchivedSegment:
    name = _former_name(segment, archive) or segment.name
    result = ArchivedSegment(segment.path, name)
    file = archive.path(segment.day, name)
    is_there = bool(archive.files(segment.day, name))
    if is_there and _is_current(segment, archive.metadata(file)):
        return result
    notes = {"hilt_bytes": str(segment.size), "hilt_archived": repr(time.time())}
    with tempfile.TemporaryDirectory(prefix="hilt-") as folder:
        scan = LogScan([(segment.path, segment.file)])
        days, lines = _split_by_day(scan, Path(folder))
        # The first day's file, which notes that the segment is complete, is written last.
        for day in sorted(days, key=lambda each: (each == segment.day, each)):
            select = events_from_json([days[day]], whole=True)
            if day == segment.day and is_there:
                select = f"{_before(segment, file)} UNION ALL {select}"
            result.events += archive.write(select, day, name, notes)
            result.days.append(day)
    for old in archive.files(name=name):
        day = Path(old).parent.name.removeprefix("day=")
        if day > segment.day and day not in days:
            archive.clear(old)
    result.days.sort()
    result.skipped = scan.skipped + max(0, lines - result.events)
    result.errors = scan.errors
    return result


def _former_name(segment: _Segment, archive: ArchiveFolder) -> str | None:
    """The archive's name for a segment whose beginning has been removed from the log since.

    `hilt retain` removes old events from a log; they stay in the archive.
    """
    if archive.files(segment.day, segment.name):
        return None
    others = archive.files(segment.day, f"{segment.stem}-*")
    if not others:
        return None
    row = archive.database.execute(
        "SELECT filename FROM read_parquet(?, filename = true) WHERE event_id = ? LIMIT 1",
        [others, segment.first.event_id.decode()],
    ).fetchone()
    return Path(row[0]).stem if row else None


def _is_current(segment: _Segment, notes: dict[str, str]) -> bool:
    """Whether a file was made from the segment as it is now."""
    with suppress(KeyError, ValueError):
        made = float(notes["hilt_archived"])
        return notes["hilt_bytes"] == str(segment.size) and segment.changed < made
    return False


def _before(segment: _Segment, file: str) -> str:
    """SQL for the events in a file of the first day that are older than the segment's first."""
    first = f"CAST({quoted(segment.first.time.decode())} AS TIMESTAMPTZ)"
    return (
        f"SELECT {_COLUMNS} FROM read_parquet({quoted(file)}, hive_partitioning = false) "  # noqa: S608 # names of ours
        f"WHERE timestamp < {first}"
    )


def _split_by_day(scan: LogScan, folder: Path) -> tuple[dict[str, Path], int]:
    """Copy a segment's lines to a file for each day; return these files and the number of lines."""
    days: dict[str, Path] = {}
    count = 0
    for block in scan:
        readable = readable_lines(block, scan)
        count += len(readable)
        for day, lines in _by_day(readable):
            path = days.setdefault(day, folder / f"{day}.jsonl")
            with path.open("ab") as file:
                file.write(without_controls(b"\n".join(lines)) + b"\n")
    return days, count


def _by_day(lines: Iterable[bytes]) -> Iterator[tuple[str, list[bytes]]]:
    days: dict[str, list[bytes]] = {}
    for line in lines:
        head = _TIMESTAMP.search(line, 0, _HEAD)
        day = head[1].decode() if head is not None else _day_of(line)
        days.setdefault(day, []).append(line)
    yield from days.items()


def _day_of(line: bytes) -> str:
    """The day of an event, in UTC."""
    try:
        moment = parse_timestamp(event_line(without_controls(line)).time.decode())
        return moment.astimezone(timezone.utc).date().isoformat()
    except (EventError, ValueError, OverflowError):
        return NO_DAY


def _first_event(scan: LogScan) -> EventLine | None:
    for block in scan:
        for data in block.lines:
            try:
                line = event_line(data)
                if not is_readable(data):
                    decode_event(data)
            except ValueError as error:
                scan.skip(block.path, block.number_of(data), str(error))
                continue
            if line.event_id:
                return line
            scan.skip(block.path, block.number_of(data), "event_id: is missing")
    return None


def _content_size(file: BinaryIO, size: int) -> int:
    """The length of the content in bytes; for a compressed file, modulo 4 GiB."""
    if not is_gzip(file) or size < _GZIP_SIZE_BYTES:
        return size
    file.seek(-_GZIP_SIZE_BYTES, os.SEEK_END)
    content = int.from_bytes(file.read(_GZIP_SIZE_BYTES), "little")
    file.seek(0)
    return content
