"""The writing end of an outbox: the segments of one process, one after the other.

If somebody deletes the folder while a program runs, the process that writes still has its file
open, and puts it back under its name, so that the outbox's state stays true.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import threading
import time
from pathlib import Path

from hilt.core import forks
from hilt.core.whole_writes import write_all
from hilt.io.descriptors import Descriptor, read_at
from hilt.io.folders import make_folders

__all__ = ["SegmentWriter"]


class SegmentWriter:
    """Appends lines to segments that no other process writes to, and keeps them locked.

    After a fork the child goes on with a segment of its own.

    Args:
        folder: Where the segments are.
        segment_bytes: When to go on to a new one.
    """

    def __init__(self, folder: Path, segment_bytes: int) -> None:
        self.folder = folder
        self.segment_bytes = segment_bytes
        self._segment: Descriptor | None = None
        self._name = ""
        self._size = 0
        self._clean_end = 0
        self._writer = ""
        self._count = 0
        self._closed: dict[str, int] = {}  # how many lines are in earlier segments
        self._lines = 0
        self.lost = 0
        """How many lines of closed segments were deleted with the folder."""
        # Reentrant: a finalizer may write while the same thread is inside.
        self._lock = threading.RLock()
        forks.on_fork(self._after_fork)

    def append(self, lines: bytes) -> None:
        """Hand whole lines to the kernel.

        Raises:
            OSError: If they cannot be written, or only in part; readers skip such a part.
        """
        with self._lock:
            segment = self._segment
            if segment is not None and _is_deleted(segment):
                segment = self._put_back(segment)
            if segment is None or segment.fd < 0 or self._clean_end >= self.segment_bytes:
                segment = self._next()
            torn = self._size != self._clean_end
            data = b"\n" + lines if torn else lines
            while data:
                written = os.write(segment.fd, data)
                self._size += written
                data = data[written:]
            self._clean_end = self._size
            self._lines += lines.count(b"\n")

    def mark(self) -> tuple[str, int]:
        """The segment, and how much of it is whole lines."""
        with self._lock:
            segment = self._segment
            if segment is not None and _is_deleted(segment):
                with contextlib.suppress(OSError):  # the next line is told why
                    self._put_back(segment)
            return self._name, self._clean_end

    def note_deleted(self) -> None:
        """Forget the closed segments that were deleted because they had been delivered."""
        for name in list(self._closed):
            if not (self.folder / name).exists():
                self._closed.pop(name, None)

    def close(self) -> None:
        """Close the segment; the next line begins a new one."""
        with self._lock:
            if self._segment is not None:
                self._segment.close()
                self._segment = None

    def _next(self) -> Descriptor:
        pid = os.getpid()
        if not self._writer.endswith(f"-{pid}"):
            self._writer = f"{time.time_ns():020d}-{secrets.token_hex(4)}-{pid}"
            self._count = 0
        self._count += 1
        name = f"{self._writer}.{self._count:06d}.jsonl"
        segment = self._open(name)
        old, self._segment = self._segment, segment
        if self._lines:
            self._closed[self._name] = self._lines
        self._name, self._size, self._clean_end, self._lines = name, 0, 0, 0
        if old is not None:
            old.close()
        return segment

    def _open(self, name: str, content: bytes = b"") -> Descriptor:
        """Open a new segment; its folder is made again if it is gone."""
        try:
            return _open_locked(self.folder / name, content)
        except FileNotFoundError:
            make_folders(os.path.abspath(self.folder))
            self._count_lost()
            return _open_locked(self.folder / name, content)

    def _put_back(self, deleted: Descriptor) -> Descriptor:
        """Write a deleted segment again under its name, with all that was in it.

        Raises:
            OSError: If it cannot be written.
        """
        self._count_lost()
        segment = self._open(self._name, read_at(deleted.fd, self._size, 0))
        self._segment = segment
        deleted.close()
        return segment

    def _count_lost(self) -> None:
        """Count the lines of closed segments that are gone and cannot be put back."""
        for name in list(self._closed):
            if not (self.folder / name).exists():
                self.lost += self._closed.pop(name, 0)

    def _after_fork(self) -> None:
        # The child has its own lock, as nobody in it can release one held by a thread of the
        # parent; `Descriptor` has closed the parent's segment here.
        self._lock = threading.RLock()
        self._segment = None
        self._name, self._size, self._clean_end, self._lines = "", 0, 0, 0
        self._closed, self.lost = {}, 0


def _is_deleted(segment: Descriptor) -> bool:
    return segment.fd >= 0 and os.fstat(segment.fd).st_nlink == 0


def _open_locked(path: Path, content: bytes) -> Descriptor:
    """Make a file that is locked before other processes can see it.

    An unlocked segment is taken for one whose process has ended, and is deleted when it is read to
    its end.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_TRUNC
    # Windows cannot rename an open file, so there it can be seen a moment too early.
    fresh = path if os.name == "nt" else path.with_name(f"{path.name}.new")
    segment = Descriptor(str(fresh), flags)
    segment.lock()
    write_all(segment.fd, content)
    if fresh != path:
        fresh.rename(path)
    return segment
