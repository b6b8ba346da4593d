"""Reading a log: its events, and the numbers of the lines that are not events."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import zlib
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from hilt.core.event import Event
from hilt.core.exceptions import ConfigurationError, EventError, ReadError
from hilt.io.jsonl.rotation import rotated_files
from hilt.io.read.lines import LineSplitter, chunks_of

__all__ = ["BadLine", "EventReader", "numbered_lines", "read_events"]

logger = logging.getLogger(__name__)

_ERRORS_KEPT = 1000


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that is not an event.

    Args:
        path: The file.
        number: The line's number, from 1.
        message: What is wrong with it.
    """

    path: Path
    number: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.number}: {self.message}"


class EventReader(Iterator[Event]):
    """The events of a log, oldest first, in constant memory. Made by `read_events`."""

    def __init__(self, path: Path, *, raises: bool, include_rotated: bool) -> None:
        _check_readable(path, include_rotated=include_rotated)
        self.path = path
        self._progress = _Progress(raises)
        # Not a method of this object: a reader that is dropped early would be a cycle, and its file
        # would stay open until the next garbage collection.
        self._events = _events(_files(path, include_rotated=include_rotated), self._progress)

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
    """How far a reader has come, and what it skipped."""

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

    Blank lines, CRLF, NULs and a byte order mark do no harm. Lines that are not events are in
    ``.errors`` of the result, with their numbers.

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
    return EventReader(
        Path(path).expanduser(), raises=on_error == "raise", include_rotated=include_rotated
    )


def numbered_lines(file: BinaryIO) -> Iterator[tuple[int, bytes | str]]:
    """The lines that are not blank, with their numbers from 1.

    A str in place of a line says why it, or what follows, cannot be read.
    """
    splitter = LineSplitter()
    try:
        for chunk in chunks_of(file):
            for line in splitter.feed(chunk):
                if line != b"":
                    yield splitter.number, "the line is too long" if line is None else line
    except (EOFError, zlib.error, OSError) as error:
        yield splitter.number + 1, f"the file cannot be read any further: {error}"
        return
    if splitter.has_rest:
        last = splitter.finish()
        if last != b"":
            yield splitter.number, "the line is too long" if last is None else last


def _events(
    files: Generator[tuple[Path, BinaryIO], None, None], progress: _Progress
) -> Generator[Event, None, None]:
    with contextlib.closing(files):
        for path, file in files:
            for number, line in numbered_lines(file):
                progress.line = number
                event = _event(path, number, line, progress)
                if event is not None:
                    yield event


def _event(path: Path, number: int, line: bytes | str, progress: _Progress) -> Event | None:
    cause: EventError | None = None
    if isinstance(line, bytes):
        try:
            return Event.from_json(line)
        except EventError as error:
            cause = error
    progress.note(BadLine(path, number, str(cause or line)), cause)
    return None


def _check_readable(path: Path, *, include_rotated: bool) -> None:
    """Refuse what cannot be read, before anything is read.

    Raises:
        ReadError: If there is no log, or it cannot be opened.
    """
    # Without opening it: who writes to a pipe would not survive a reader that closes it at once.
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if path.stat() and not os.access(path, os.R_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except FileNotFoundError:
        if not (include_rotated and rotated_files(path)):
            raise ReadError(f"{path}: there is no such log") from None
    except OSError as error:
        raise ReadError(f"{path}: cannot be read: {error.strerror or error}") from error


def _files(path: Path, *, include_rotated: bool) -> Generator[tuple[Path, BinaryIO], None, None]:
    """The files to read, oldest first, each open while it is read."""
    with contextlib.ExitStack() as stack:
        # The log itself is opened first: if it is rotated from now on, it is still read last.
        log: BinaryIO | None = None
        with contextlib.suppress(FileNotFoundError):
            log = stack.enter_context(path.open("rb"))
        for rotated in rotated_files(path) if include_rotated else ():
            file = _open_rotated(rotated)
            if file is None:
                continue
            with file:
                # The log may have been rotated since it was opened; then it is one of these too.
                if log is None or not os.path.sameopenfile(file.fileno(), log.fileno()):
                    yield rotated, file
        if log is not None:
            yield path, log


def _open_rotated(path: Path) -> BinaryIO | None:
    """Open a rotated file, which may have been compressed or deleted since it was listed."""
    for name in (path, path.with_name(f"{path.name}.gz")):
        try:
            return name.open("rb")
        except FileNotFoundError:
            continue
    return None
