"""The end of a log, read from its end."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from hilt.core.event import Event
from hilt.core.exceptions import EventError, ReadError
from hilt.io.read.events import read_events
from hilt.io.read.lines import LineSplitter, is_gzip

__all__ = ["last_events", "start_of_last_line"]

_WINDOW = 1 << 18
_CHUNK = 1 << 18


def last_events(
    path: str | os.PathLike[str],
    count: int,
    wanted: Callable[[Event], bool] = lambda _: True,
    *,
    before: int | None = None,
    passed_over: list[str] | None = None,
) -> list[Event]:
    """The last events of a log, oldest first, read from its end.

    Args:
        path: The log, plain or compressed.
        count: How many at most.
        wanted: Whether an event counts; by default, all do.
        before: The offset where the log is taken to end, if it is not compressed; for example
            where a `hilt.io.read.following.LogFollower` goes on.
        passed_over: Filled with what is wrong with the lines that were read and are not events.

    Raises:
        ReadError: If the log cannot be read.
    """
    file = _open(Path(path).expanduser())
    problems = passed_over if passed_over is not None else []
    with file:
        if count <= 0:
            return []
        if is_gzip(file):
            reader = read_events(path)
            events = list(deque(filter(wanted, reader), maxlen=count))
            problems.extend(map(str, reader.errors))
            return events
        window, size = _WINDOW, file.seek(0, os.SEEK_END) if before is None else before
        while True:
            start = max(0, size - window)
            problems.clear()
            between = _events_between(file, start, size, problems)
            events = [event for event in between if wanted(event)]
            if len(events) >= count or start == 0:
                return events[-count:]
            window *= 4


def _open(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except FileNotFoundError as error:
        raise ReadError(f"{path}: there is no such log") from error
    except OSError as error:
        raise ReadError(f"{path}: cannot be read: {error.strerror or error}") from error


def _events_between(file: BinaryIO, start: int, end: int, problems: list[str]) -> Iterator[Event]:
    """The events of the whole lines between two offsets; the last one may lack its line end."""
    file.seek(start)
    splitter = LineSplitter()
    size = end - start
    if start:
        size -= len(file.readline())  # most likely the middle of a line
    while size > 0 and (chunk := file.read(min(_CHUNK, size))):
        size -= len(chunk)
        yield from _events_in(splitter.feed(chunk), problems)
    if splitter.has_rest:
        yield from _events_in([splitter.finish()], problems)


def _events_in(lines: Iterable[bytes | None], problems: list[str]) -> Iterator[Event]:
    for line in lines:
        if line:
            try:
                yield Event.from_json(line)
            except EventError as error:
                problems.append(str(error))


def start_of_last_line(file: BinaryIO) -> int:
    """The offset after the last line end; a line that is being written begins there."""
    end = file.seek(0, os.SEEK_END)
    while end > 0:
        start = max(0, end - _CHUNK)
        file.seek(start)
        line_end = file.read(end - start).rfind(b"\n")
        if line_end >= 0:
            return start + line_end + 1
        end = start
    return 0
