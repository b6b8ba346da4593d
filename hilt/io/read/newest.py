"""The end of a log, read from its end."""

from __future__ import annotations

import os
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

from hilt.core.event import Event
from hilt.core.exceptions import EventError, ReadError
from hilt.io.jsonl.rotation import rotated_files
from hilt.io.read.lines import LineSplitter, chunks_of, is_gzip
from hilt.io.read.parts import open_rotated

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
    include_rotated: bool = False,
) -> list[Event]:
    """The last events of a log, oldest first, read from its end.

    Args:
        path: The log, plain or compressed.
        count: How many at most.
        wanted: Whether an event counts; by default, all do.
        before: The offset where the log is taken to end, if it is not compressed; for example
            where a `hilt.io.read.following.LogFollower` goes on.
        passed_over: Filled with what is wrong with the lines that were read and are not events.
        include_rotated: Whether its rotated files are read, too, as far as needed.

    Raises:
        ReadError: If the log cannot be read.
    """
    log = Path(path).expanduser()
    problems = passed_over if passed_over is not None else []
    with ExitStack() as stack:
        # Opened before the rotated files are listed, so that it is one of them if it is rotated.
        current = None
        events: list[Event] = []
        if not include_rotated or log.exists() or not rotated_files(log):
            current = stack.enter_context(_open(log))
            events = _last_of_file(current, count, wanted, before, problems)
        for part in reversed(rotated_files(log)) if include_rotated else ():
            if len(events) >= count:
                break
            file = open_rotated(part)
            if file is None:
                continue
            with file:
                if current is None or not os.path.sameopenfile(file.fileno(), current.fileno()):
                    left = count - len(events)
                    events = [*_last_of_file(file, left, wanted, None, problems), *events]
    return events


def _last_of_file(
    file: BinaryIO,
    count: int,
    wanted: Callable[[Event], bool],
    before: int | None,
    problems: list[str],
) -> list[Event]:
    """The last events of one file, and what is wrong with lines before those of ``problems``."""
    if count <= 0:
        return []
    found: list[str] = []
    if is_gzip(file):
        events = list(deque(filter(wanted, _events_of(file, found)), maxlen=count))
        problems[:0] = found
        return events
    window, size = _WINDOW, file.seek(0, os.SEEK_END) if before is None else before
    while True:
        start = max(0, size - window)
        found.clear()
        between = _events_between(file, start, size, found)
        events = [event for event in between if wanted(event)]
        if len(events) >= count or start == 0:
            problems[:0] = found
            return events[-count:]
        window *= 4


def _open(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except FileNotFoundError as error:
        raise ReadError(f"{path}: there is no such log") from error
    except OSError as error:
        raise ReadError(f"{path}: cannot be read: {error.strerror or error}") from error


def _events_of(file: BinaryIO, problems: list[str]) -> Iterator[Event]:
    """All events of a file, as far as it can be read."""
    splitter = LineSplitter()
    try:
        for chunk in chunks_of(file):
            yield from _events_in(splitter.feed(chunk), problems)
        if splitter.has_rest:
            yield from _events_in([splitter.finish()], problems)
    except (EOFError, zlib.error, OSError) as error:
        problems.append(f"the file cannot be read any further: {error}")


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
