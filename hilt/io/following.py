"""The end of a log, and what is added to it: what ``hilt tail`` shows."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from hilt.core.event import Event
from hilt.core.exceptions import EventError, ReadError
from hilt.io.lines import LineSplitter, is_gzip
from hilt.io.reading import read_events

__all__ = ["end_of", "follow", "last_events"]

_WINDOW = 1 << 18
_CHUNK = 1 << 18


def end_of(path: str | os.PathLike[str]) -> int:
    """The place after a log's last whole line; 0 if there is no log yet.

    Given to both `last_events` and `follow`, no event falls between them.
    """
    try:
        with Path(path).expanduser().open("rb") as file:
            return _start_of_last_line(file)
    except OSError:
        return 0


def last_events(
    path: str | os.PathLike[str],
    count: int,
    wanted: Callable[[Event], bool] = lambda _: True,
    *,
    before: int | None = None,
) -> list[Event]:
    """The last events that are wanted, oldest first, read from the log's end.

    Args:
        path: The log, plain or compressed.
        count: How many at the most.
        wanted: Says whether an event counts.
        before: Where the log is taken to end, for one that is not compressed.

    Raises:
        ReadError: If the log cannot be read.
    """
    if count <= 0:
        return []
    file = _open(Path(path).expanduser())
    with file:
        if is_gzip(file):
            return list(deque(filter(wanted, read_events(path)), maxlen=count))
        window, size = _WINDOW, file.seek(0, os.SEEK_END) if before is None else before
        while True:
            start = max(0, size - window)
            events = [event for event in _events_between(file, start, size) if wanted(event)]
            if len(events) >= count or start == 0:
                return events[-count:]
            window *= 4


def follow(
    path: str | os.PathLike[str],
    *,
    stop: threading.Event | None = None,
    interval_s: float = 0.2,
    start: int | None = None,
) -> Iterator[Event]:
    """The events that are added to a log, as they come, until it is told to stop.

    It goes on through rotation and truncation, and waits for a log that is not there yet. Lines
    that are no events are passed over.

    Args:
        path: The log.
        stop: Set it to end.
        interval_s: Seconds between looks.
        start: Where to begin, as `end_of` gives it; at the log's end if None.
    """
    stop = stop or threading.Event()
    log = _Followed(Path(path).expanduser())
    log.open(end_of(path) if start is None else start)
    try:
        while not stop.is_set():
            moved = log.has_moved()
            events = list(log.new_events())
            yield from events
            if moved:
                log.close()
                log.open(0)
            elif not events:
                stop.wait(interval_s)
    finally:
        log.close()


class _Followed:
    """A log that is open where it was read last."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO | None = None
        self._splitter = LineSplitter()

    def open(self, start: int) -> None:
        try:
            self._file = self._path.open("rb")
        except OSError:
            self._file = None
            return
        self._splitter = LineSplitter()
        self._file.seek(start)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def has_moved(self) -> bool:
        """Whether the path leads to another file by now, or the file was cut."""
        try:
            there = self._path.stat()
        except OSError:
            return False
        if self._file is None:
            return True
        here = os.fstat(self._file.fileno())
        return not os.path.samestat(here, there) or here.st_size < self._file.tell()

    def new_events(self) -> Iterator[Event]:
        while self._file is not None and (chunk := self._file.read(_CHUNK)):
            yield from _events_of(self._splitter, chunk)


def _open(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except FileNotFoundError as error:
        raise ReadError(f"{path}: there is no such log") from error
    except OSError as error:
        raise ReadError(f"{path}: cannot be read: {error.strerror or error}") from error


def _events_between(file: BinaryIO, start: int, end: int) -> Iterator[Event]:
    """The events that lie whole between two places; the last one may lack its line end."""
    file.seek(start)
    splitter = LineSplitter()
    left = end - start
    if start:
        left -= len(file.readline())  # most likely the middle of a line
    while left > 0 and (chunk := file.read(min(_CHUNK, left))):
        left -= len(chunk)
        yield from _events_of(splitter, chunk)
    if splitter.has_rest:
        yield from _events_in([splitter.finish()])


def _start_of_last_line(file: BinaryIO) -> int:
    """The place after the last line end: a line that is being written is still to come."""
    end = file.seek(0, os.SEEK_END)
    while end > 0:
        start = max(0, end - _CHUNK)
        file.seek(start)
        found = file.read(end - start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        end = start
    return 0


def _events_of(splitter: LineSplitter, chunk: bytes) -> Iterator[Event]:
    return _events_in(splitter.feed(chunk))


def _events_in(lines: Iterator[bytes | None] | list[bytes | None]) -> Iterator[Event]:
    for line in lines:
        if line:
            try:
                yield Event.from_json(line)
            except EventError:
                continue
