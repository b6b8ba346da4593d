"""Following a log as it grows, like ``tail -f``, through rotations and truncations."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from hilt.core.event import Event
from hilt.core.exceptions import EventError, ReadError
from hilt.io.descriptors import Descriptor, read_at
from hilt.io.jsonl.rotation import rotated_files
from hilt.io.read.events import rotated_events
from hilt.io.read.lines import LineSplitter
from hilt.io.read.newest import start_of_last_line

__all__ = ["LogFollower", "follow_events"]

logger = logging.getLogger(__name__)

_CHUNK = 1 << 18
_BATCH = 1000
_MOST_COMPRESSED = 100
"""How many files in a row may be rotated and compressed while the log is being opened."""


def follow_events(
    path: str | os.PathLike[str],
    *,
    poll_seconds: float = 0.25,
    stop: threading.Event | None = None,
) -> Iterator[Event]:
    """The events of a log, and then each new one as it is written; see `LogFollower`.

    Args:
        path: The log.
        poll_seconds: How often to look for more.
        stop: Set this to end, after the events that are in the log by then.
    """
    return LogFollower(path).events(poll_seconds=poll_seconds, stop=stop)


class LogFollower:
    """Reads a log as it grows, beginning with the file that is the log when this is made.

    It waits for a log that does not exist yet, follows a rotated one through all of its files, and
    reads one that was emptied from its beginning. Bad lines are skipped.

    Args:
        path: The log.
        from_end: Whether to begin after its last whole line.

    Raises:
        ReadError: If it is a pipe, a device or a folder.
    """

    def __init__(self, path: str | os.PathLike[str], *, from_end: bool = False) -> None:
        self._path = str(Path(path).expanduser())
        if os.path.exists(self._path) and not os.path.isfile(self._path):
            raise ReadError(f"{path}: is no regular file, so it cannot be followed as it grows")
        self._passed: set[str] = set()
        """The names of rotated files that were read, or that are older than what is read."""
        self._tail, _ = self._open()
        if from_end and self._tail is not None:
            self._tail.skip_to_end()

    @property
    def path(self) -> str:
        """The path of the log."""
        return self._path

    @property
    def position(self) -> int:
        """The offset in the log at which reading goes on; 0 if there is no log yet."""
        return self._tail.position if self._tail is not None else 0

    def is_current(self) -> bool:
        """Whether the file that is read is still the log, or there is no log yet."""
        return self._tail.is_at(self._path) if self._tail is not None else not self._exists()

    def close(self) -> None:
        """Stop reading."""
        if self._tail is not None:
            self._tail.close()
            self._tail = None

    def events(
        self, *, poll_seconds: float = 0.25, stop: threading.Event | None = None
    ) -> Iterator[Event]:
        """Each event as it is written.

        Args:
            poll_seconds: How often to look for more.
            stop: Set this to end, after the events that are in the log by then.
        """
        for batch in self.batches(poll_seconds=poll_seconds, stop=stop):
            yield from batch

    def batches(
        self, *, poll_seconds: float = 0.25, stop: threading.Event | None = None
    ) -> Iterator[list[Event]]:
        """The events as they are written, those together that were written at once.

        Args:
            poll_seconds: How often to look for more.
            stop: Set this to end, after the events that are in the log by then.
        """
        stop = stop or threading.Event()
        while True:
            last_round = stop.is_set()
            if self._tail is not None:
                # Check before reading, so that what is then written to the old file is read below.
                moved = not self.is_current()
                yield from self._tail.new_events()
                if moved:
                    stop.wait(poll_seconds)
                    yield from self._tail.new_events()
                    self._leave(self._tail)
            if self._tail is None:
                self._tail, files = self._open()
                for file in files:
                    yield from _batched(rotated_events(file))
                if self._tail is not None:
                    continue
            if last_round:
                break
            stop.wait(poll_seconds)
        self.close()

    def _exists(self) -> bool:
        return os.path.exists(self._path)

    def _open(self) -> tuple[_Tail | None, list[Path]]:
        """The log as it is now, and the rotated files that come before it and were not read.

        The log is opened before these are listed, so that a file rotated in between is listed.
        """
        tail = _Tail.of(self._path)
        files = [each for each in rotated_files(self._path) if _name(each) not in self._passed]
        if tail is not None:
            places = [index for index, each in enumerate(files) if tail.is_at(each)]
            del files[places[0] if places else len(files) :]  # what is newer comes after it
        self._passed.update(map(_name, files))
        return tail, files

    def _leave(self, tail: _Tail) -> None:
        self._passed.update(_name(each) for each in rotated_files(self._path) if tail.is_at(each))
        self.close()


class _Tail(Descriptor):
    """A log that is read as it grows, and locked so that it is not compressed meanwhile."""

    __slots__ = ("inode", "locked", "path", "position", "splitter")

    def __init__(self, path: str) -> None:
        super().__init__(path, os.O_RDONLY)
        self.locked = self.lock(shared=True)
        self.path = path
        self.position = 0
        self.splitter = LineSplitter()
        self.inode = self.identity(os.fstat(self.fd))

    @classmethod
    def of(cls, path: str) -> _Tail | None:
        """The log at a path, or None if there is none."""
        try:
            tail = cls(path)
            for _ in range(_MOST_COMPRESSED):
                if tail.locked is not False:
                    break
                tail.close()  # it was rotated just now, and is being compressed
                tail = cls(path)
        except OSError:
            return None
        return tail

    def skip_to_end(self) -> None:
        """Go on after the last whole line; one that is being written is read when it is whole."""
        with open(self.fd, "rb", closefd=False) as file:
            self.position = start_of_last_line(file)

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

    def new_events(self) -> Iterator[list[Event]]:
        """The events that were added since the last call, in batches."""
        if os.fstat(self.fd).st_size < self.position:
            self.position = 0
            self.splitter = LineSplitter()
        while chunk := read_at(self.fd, _CHUNK, self.position):
            self.position += len(chunk)
            yield [*self._events_in(chunk)]

    def _events_in(self, chunk: bytes) -> Iterator[Event]:
        for line in self.splitter.feed(chunk):
            if line == b"":
                continue
            try:
                yield Event.from_json(line or b"")
            except EventError:
                logger.debug("skipped line %d of %s", self.splitter.number, self.path)


def _batched(events: Iterator[Event]) -> Iterator[list[Event]]:
    while batch := [*islice(events, _BATCH)]:
        yield batch


def _name(file: Path) -> str:
    """The name of a rotated file, the same whether it is compressed or not."""
    return file.name.removesuffix(".gz")
