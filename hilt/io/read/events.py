"""Reading a log: its events, and the numbers of the lines that are not events."""

from __future__ import annotations

import contextlib
import logging
import os
import zlib
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from hilt.core.arguments import path_checked
from hilt.core.decoding import decode_event
from hilt.core.event import Event
from hilt.core.exceptions import ConfigurationError, EventError, ReadError
from hilt.io.read.bad_line import BadLine
from hilt.io.read.lines import line_blocks, split_lines, stripped
from hilt.io.read.parts import check_readable, open_parts, open_rotated

__all__ = ["BadLine", "EventReader", "read_events", "rotated_events"]

logger = logging.getLogger(__name__)

_ERRORS_KEPT = 1000


class EventReader(Iterator[Event]):
    """The events of a log, oldest first, in constant memory. Made by `read_events`."""

    def __init__(self, path: Path, *, raises: bool, include_rotated: bool) -> None:
        check_readable(path, include_rotated=include_rotated)
        self.path = path
        self._progress = _Progress(raises)
        # Not a method of this object: a reader that is dropped early would be a cycle, and its file
        # would stay open until the next garbage collection.
        self._events = _events(open_parts(path, include_rotated=include_rotated), self._progress)

    @property
    def errors(self) -> list[BadLine]:
        """The lines that were skipped: the first 1,000."""
        return self._progress.errors

    @property
    def skipped(self) -> int:
        """How many lines were skipped."""
        return self._progress.skipped

    @property
    def line(self) -> int:
        """The number of the line that was read last, in its file."""
        return self._progress.line

    def __iter__(self) -> EventReader:
        return self

    def __next__(self) -> Event:
        return next(self._events)

    def close(self) -> None:
        """Close the files before the end is reached."""
        self._events.close()


@dataclass
class _Progress:
    """How far a reader has got, and what it skipped."""

    raises: bool
    errors: list[BadLine] = field(default_factory=list)
    skipped: int = 0
    line: int = 0

    def note(self, bad: BadLine, cause: EventError | None) -> None:
        """Keep a bad line, or raise an error about it."""
        if self.raises:
            raise ReadError(str(bad), bad.number) from cause
        self.skipped += 1
        if len(self.errors) < _ERRORS_KEPT:
            self.errors.append(bad)
        level = logging.WARNING if self.skipped == 1 else logging.DEBUG
        logger.log(level, "skipped %s:%d, which is not an event", bad.path, bad.number)


def read_events(
    path: str | os.PathLike[str], *, on_error: str = "skip", include_rotated: bool = False
) -> EventReader:
    """The events of a log, plain or compressed, oldest first, in constant memory.

    Blank lines, CRLF, NULs and a byte order mark do no harm. The result's ``.errors`` has the lines
    that are not events, with their numbers.

    Args:
        path: The log.
        on_error: ``skip`` goes on after a bad line, ``raise`` stops.
        include_rotated: Whether to read the log's rotated files first.

    Raises:
        ConfigurationError: If ``on_error`` is neither.
        ReadError: If there is no such log; with ``raise`` also at the first bad line.
    """
    if on_error not in ("skip", "raise"):
        raise ConfigurationError(f'on_error: {on_error!r} is not "skip" or "raise"')
    log = path_checked("read_events", path).expanduser()
    return EventReader(log, raises=on_error == "raise", include_rotated=include_rotated)


def rotated_events(file: Path) -> Iterator[Event]:
    """The events of a rotated file, which may have been compressed or deleted since it was listed.

    Lines that are not events are skipped.
    """
    opened = open_rotated(file)
    if opened is not None:
        with opened:
            yield from _events((each for each in ((file, opened),)), _Progress(raises=False))


def _events(
    files: Generator[tuple[Path, BinaryIO], None, None], progress: _Progress
) -> Generator[Event, None, None]:
    with contextlib.closing(files):
        for path, file in files:
            progress.line = 0
            try:
                for block in line_blocks(file):
                    yield from _events_of(block, path, progress)
            except (EOFError, zlib.error, OSError) as error:
                message = f"the file cannot be read any further: {error}"
                progress.note(BadLine(path, progress.line + 1, message), None)


def _events_of(block: bytes | int, path: Path, progress: _Progress) -> Iterator[Event]:
    """The events of a block of lines, or of a line that is too long."""
    if isinstance(block, int):
        progress.line += 1
        progress.note(BadLine(path, progress.line, "the line is too long"), None)
        return
    numbered = enumerate(split_lines(block), progress.line + 1)
    for progress.line, line in numbered:
        try:
            yield decode_event(line)
        except EventError:
            event = _event(line, path, progress)
            if event is not None:
                yield event


def _event(line: bytes, path: Path, progress: _Progress) -> Event | None:
    """The event of a line that could not be read as it is, after removing stray bytes."""
    plain = stripped(line)
    if plain:
        try:
            return decode_event(plain)
        except EventError as error:
            progress.note(BadLine(path, progress.line, str(error)), error)
    return None
