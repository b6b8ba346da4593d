"""Following a log as it grows, like ``tail -f``, through rotations and truncations."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator
from pathlib import Path

from hilt.core.event import Event
from hilt.core.exceptions import EventError
from hilt.io.descriptors import Descriptor, read_at
from hilt.io.jsonl.rotation import rotated_files
from hilt.io.read.events import read_events
from hilt.io.read.lines import LineSplitter

__all__ = ["follow_events"]

logger = logging.getLogger(__name__)

_CHUNK = 1 << 18


def follow_events(
    path: str | os.PathLike[str],
    *,
    poll_seconds: float = 0.25,
    stop: threading.Event | None = None,
    from_end: bool = False,
    start: int | None = None,
) -> Iterator[Event]:
    """The events of a log, and then each new one as it is written.

    A log that does not exist yet is waited for, a rotated one is followed to the new file, and one
    that was emptied is read from its beginning. Bad lines are skipped.

    Args:
        path: The log.
        poll_seconds: How often to look for more.
        stop: Set this to end, after the events that are in the log by then.
        from_end: Whether to skip the events that are in the log already.
        start: The offset to begin at, as `hilt.io.read.newest.end_of` returns it.
    """
    name = str(Path(path).expanduser())
    stop = stop or threading.Event()
    tail: _Tail | None = _Tail.of(name, from_end=from_end)
    if tail is not None and start is not None:
        tail.position = start
    while True:
        last_round = stop.is_set()
        if tail is not None:
            # Ask before reading: what is written to the old file after that is read below.
            moved = not tail.is_at(name)
            yield from tail.new_events()
            if moved:
                stop.wait(poll_seconds)
                yield from tail.new_events()
                yield from _between(tail, name)
                tail.close()
                tail = None
        if tail is None:
            tail = _Tail.of(name, from_end=False)
            if tail is not None:
                continue
        if last_round:
            break
        stop.wait(poll_seconds)
    if tail is not None:
        tail.close()


class _Tail(Descriptor):
    """A log that is read as it grows, and locked so that it is not compressed meanwhile."""

    __slots__ = ("inode", "path", "position", "splitter")

    def __init__(self, path: str) -> None:
        super().__init__(path, os.O_RDONLY)
        self.lock(shared=True)
        self.path = path
        self.position = 0
        self.splitter = LineSplitter()
        self.inode = self.identity(os.fstat(self.fd))

    @classmethod
    def of(cls, path: str, *, from_end: bool) -> _Tail | None:
        """The log at a path, or None if there is none."""
        try:
            tail = cls(path)
        except OSError:
            return None
        if from_end:
            tail.position = os.fstat(tail.fd).st_size
        return tail

    @staticmethod
    def identity(status: os.stat_result) -> tuple[int, int]:
        """What distinguishes one file from another."""
        return status.st_dev, status.st_ino

    def is_at(self, path: str | Path) -> bool:
        """Whether the path leads to this file."""
        try:
            return self.identity(os.stat(path)) == self.inode
        except OSError:
            return False

    def new_events(self) -> Iterator[Event]:
        """The events that were added since it was called last."""
        if os.fstat(self.fd).st_size < self.position:
            self.position = 0
            self.splitter = LineSplitter()
        while chunk := read_at(self.fd, _CHUNK, self.position):
            self.position += len(chunk)
            for line in self.splitter.feed(chunk):
                if line == b"":
                    continue
                try:
                    yield Event.from_json(line or b"")
                except EventError:
                    logger.debug("skipped line %d of %s", self.splitter.number, self.path)


def _between(tail: _Tail, path: str) -> Iterator[Event]:
    """The events of files that came and went since the one that was followed was renamed."""
    rotated = rotated_files(path)
    followed = [index for index, file in enumerate(rotated) if tail.is_at(file)]
    for file in rotated[followed[0] + 1 :] if followed else ():
        yield from read_events(file)
