"""One log file, open for appending whole lines, while others append to it too.

``O_APPEND`` makes the kernel put each write at the end, in one piece, so the lines of threads and
processes never mix. What it cannot prevent is a torn line: the first part of a write that met a
full disk, or whose process was killed on the way. The next line would continue it, and both would
be lost. So each writer makes sure that its lines begin a line:

- `LogFile.append` writes at once, without a lock, and checks afterwards where its lines landed;
- `LogFile.append_unchecked` leaves that check to a later `append`, or to `LogFile.check`;
- `LogFile.append_carefully` checks before it writes as well, and is for everything unusual.

A program that replaces the log (an editor, ``sed -i``) writes a copy and renames it. So each writer
checks before each write whether its file was deleted, and every 20 ms where the path leads; lines
that went to a replaced file in between are written again.

All three methods return the lines that still have to be written, almost always none. Only this
class knows where lines end; its owner opens it (`open_log`) and decides what to do with the rest.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import select
import stat
import sys
import threading
import time
from collections import deque

from hilt.core import clock
from hilt.io.descriptors import Descriptor, lock_beside, read_at

__all__ = ["LogFile", "open_log"]

logger = logging.getLogger(__name__)

_OPENINGS = 100
_RETRY_S = 0.001
_GROWING_LOOKS = 100
_STUCK_S = 0.25
_CHECKED_BYTES = 1 << 22
_MOST_UNCHECKED = 1024
_LOOK_S = 0.02
_fstat = os.fstat
_monotonic = time.monotonic
_write = os.write
_seek = os.lseek
_thread = threading.get_ident
# Windows emulates O_APPEND, and cannot read at an offset.
_APPENDS = hasattr(os, "pread")


class LogFile(Descriptor):
    """A log that is open for appending.

    While it is open, it holds a shared lock, so that a rotated file is not compressed or deleted as
    long as a process may still write to it.

    Args:
        path: The file.
        flags: As for `os.open`.
        mode: The permissions of a file that is made.
        fsync: Whether each append waits until the lines are on the disk.
    """

    __slots__ = (
        "_clean_end",
        "_defers_checks",
        "_ends_at",
        "_fsync",
        "_fsync_failed",
        "_is_stuck",
        "_look_from",
        "_max_bytes",
        "_since_clean_end",
        "_torn_at",
        "_unchecked",
        "_writer",
        "device",
        "inode",
        "is_direct",
        "path",
        "regular",
    )

    def __init__(self, path: str, flags: int, mode: int, *, fsync: bool = False) -> None:
        # A pipe that nobody reads must not stop the program.
        super().__init__(path, flags | getattr(os, "O_NONBLOCK", 0), mode)
        status = os.fstat(self.fd)
        self.path = path
        self.inode = status.st_ino
        self.device = status.st_dev
        self.regular = stat.S_ISREG(status.st_mode)
        """Whether it is a file, not a pipe or a device."""
        self.is_direct = _APPENDS and self.regular
        """Whether `append` and `append_unchecked` may be used, not only `append_carefully`."""
        self._clean_end = -1  # an offset where a line certainly ends, or -1
        self._since_clean_end = 0  # how many bytes this process has written after it
        self._torn_at = -1  # the size of the file when its last line was found torn
        self._unchecked: deque[tuple[int, bytes]] = deque()  # lines, each with a clean end before
        self._is_stuck = False  # whether a pipe's reader takes nothing
        self._look_from = 0.0  # when to check again if the path leads here, on `_monotonic`
        self._writer = 0  # the thread that wrote last, if it is the only one at the moment
        self._max_bytes = sys.maxsize
        self._ends_at = 0
        self._fsync = fsync
        self._fsync_failed = False
        self._defers_checks = not fsync
        if self.regular:
            self.lock(shared=True)

    def limit(self, max_bytes: int | None, ends_at: int) -> None:
        """Make `append` return lines that come too late, or would make the file too large.

        Args:
            max_bytes: How large the file may become; None for any size.
            ends_at: Until when lines are taken, in nanoseconds since the epoch; 0 for ever.
        """
        self._max_bytes = sys.maxsize if max_bytes is None else max_bytes
        self._ends_at = ends_at
        self._defers_checks = False

    def append(self, lines: bytes) -> bytes:
        """Write lines at the end, and check where they landed.

        While several threads write, one of them checks for all, every 20 ms: every system call
        releases the interpreter lock, which is slow to get back while other threads want it.

        Returns:
            The lines that still have to be written, by `append_carefully`.
        """
        now, thread = _monotonic(), _thread()
        if self._writer != thread:
            if self._defers_checks and now < self._look_from and self._clean_end >= 0:
                return self.append_unchecked(lines)
            self._writer = thread
        is_look_due = now >= self._look_from
        if is_look_due:
            self._look_from = now + _LOOK_S
        if not self.is_current() if is_look_due else self._has_moved():
            return self.check() + lines
        if is_look_due and self._unchecked:
            lines = self.check() + lines
        before, size = self._clean_end, len(lines)
        if (
            before < 0
            or before + size > self._max_bytes
            or (self._ends_at and clock.unix_nanos() >= self._ends_at)
        ):
            return lines
        try:
            written = _write(self.fd, lines)
        except OSError:  # nothing was written; `append_carefully` raises the same error
            return lines
        if written != size:
            return self._rest(lines, written)
        if _position(self.fd) == (end := before + self._since_clean_end + written):
            # Nobody else wrote in between: no line is torn.
            self._clean_end, self._since_clean_end = end, 0
            if self._unchecked:
                self._forget_unchecked_since(before)
            rest = b""
        else:
            rest = self._spoiled(lines, before)
        if self._fsync:
            self._sync()
        return rest

    def append_unchecked(self, lines: bytes) -> bytes:
        """Write lines with one system call; others follow soon, and their `append` checks both.

        Returns:
            The lines that still have to be written, by `append_carefully`.
        """
        before = self._clean_end
        if before < 0 or not self._defers_checks or _monotonic() >= self._look_from:
            return self.append(lines)
        if self._writer != _thread():
            self._writer = 0
        try:
            written = _write(self.fd, lines)
        except OSError:
            return lines
        if written != len(lines):
            return self._rest(lines, written)
        self._unchecked.append((before, lines))
        self._since_clean_end += written
        return b""

    def append_carefully(self, lines: bytes) -> bytes:
        """Write lines at the end, on a line of their own even if the last line is torn.

        May be called by one thread at a time.

        Returns:
            The lines that still have to be written: what the disk did not take, or a first line
            that continues a torn one.

        Raises:
            OSError: If nothing can be written.
        """
        if not self.regular:
            return self._append_to_pipe(lines)
        with contextlib.nullcontext() if _APPENDS else lock_beside(self.path):
            data = lines if self.ends_in_line_end() else b"\n" + lines
            before = self._clean_end
            written = _write(self.fd, data)
            if written == len(data):
                rest = self._spoiled(data, before)
            else:
                rest = self._rest(data, written).removeprefix(b"\n")
        if self._fsync:
            self._sync()
        return rest

    def check(self) -> bytes:
        """Check the lines that were written unchecked, and whether the file was deleted.

        Returns:
            The lines that have to be written again: those that continue a torn line and, if the
            file was deleted or replaced, those that came too late for it.
        """
        written = self._take_unchecked()
        if not written:
            return b""
        start = max(0, min(before for before, _ in written) - 1)
        try:
            status = os.fstat(self.fd)
            if not status.st_nlink:
                return self._too_late([lines for _, lines in written], status)
            around = read_at(self.fd, min(_CHECKED_BYTES, max(0, status.st_size - start)), start)
        except OSError:
            self._unchecked.extendleft(reversed(written[-_MOST_UNCHECKED:]))
            return b""
        if around.endswith(b"\n"):
            self._clean_end, self._since_clean_end = start + len(around), 0
        return b"".join([_first_line(data) for _, data in written if _is_spoiled(around, data)])

    def _take_unchecked(self) -> list[tuple[int, bytes]]:
        written = []
        while self._unchecked:
            try:
                written.append(self._unchecked.popleft())
            except IndexError:
                break  # another thread is checking them
        return written

    def _forget_unchecked_since(self, clean: int) -> None:
        """Forget the unchecked lines since a clean end; others may have continued a torn line."""
        for each in self._take_unchecked():
            if each[0] != clean:
                self._unchecked.append(each)

    def _too_late(self, steps: list[bytes], deleted: os.stat_result) -> bytes:
        """The steps that were written to a deleted file, and are not in what replaced it."""
        try:
            with Descriptor(self.path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)) as other:
                # Deleting a file changes only its ctime, writing to it also its mtime. So nothing
                # was written since the deletion: what the new file lacks was left out on purpose.
                if deleted.st_ctime_ns > deleted.st_mtime_ns:
                    return b""
                size = os.fstat(other.fd).st_size
                tail = read_at(other.fd, _CHECKED_BYTES, max(0, size - _CHECKED_BYTES))
        except OSError:
            tail = b""
        return b"".join([lines for lines in steps if lines not in tail])

    def tail(self) -> bytes:
        """The end of the file, 4 MB at most; empty if it cannot be read. Never raises."""
        try:
            size = os.fstat(self.fd).st_size if self.regular else 0
            return read_at(self.fd, min(size, _CHECKED_BYTES), max(0, size - _CHECKED_BYTES))
        except OSError:
            return b""

    def is_current(self) -> bool:
        """Whether it is open, and the path still leads to it.

        The program may have closed it, as daemons close all open files. Then its number may belong
        to another file by now, which must be neither written to nor closed.
        """
        try:
            is_open = self._is_this(_fstat(self.fd))
        except OSError as error:
            is_open = error.errno != errno.EBADF
        if not is_open:
            self.fd = -1
            return False
        try:
            return self._is_this(os.stat(self.path))
        except OSError:
            return False

    def _is_this(self, status: os.stat_result) -> bool:
        return status.st_ino == self.inode and status.st_dev == self.device

    def _has_moved(self) -> bool:
        """Whether the file was deleted, renamed or replaced, judging by its own status.

        Any of these changes its ctime but not its mtime, while a write changes both: so the two
        times differ. This costs less than to check where the path leads.
        """
        try:
            status = _fstat(self.fd)
        except OSError:
            return not self.is_current()
        is_same = status.st_nlink and status.st_ctime_ns == status.st_mtime_ns
        if is_same and status.st_ino == self.inode:
            return False
        return not self.is_current() or not status.st_nlink

    def ends_in_line_end(self) -> bool:
        """Whether the last line is whole.

        A line that another process is writing looks torn until that process has written the rest,
        so this looks again until the file has not grown for a while.
        """
        looks = 0  # counted, not timed: a test may have stopped the clock
        last = -1
        while True:
            size = os.fstat(self.fd).st_size
            if size in (0, self._clean_end) or read_at(self.fd, 1, size - 1) == b"\n":
                self._clean_end, self._since_clean_end = size, 0
                return True
            looks = looks + 1 if size == last else 0
            last = size
            if size == self._torn_at or looks >= _GROWING_LOOKS:
                self._clean_end = -1
                self._torn_at = size
                return False
            time.sleep(_RETRY_S)

    def empty(self) -> None:
        """Truncate the file.

        Raises:
            OSError: If it cannot be emptied.
        """
        os.ftruncate(self.fd, 0)
        self._clean_end, self._since_clean_end = 0, 0

    def _append_to_pipe(self, lines: bytes) -> bytes:
        """Write to a pipe or a device; wait at most a quarter of a second until it has room.

        Raises:
            OSError: If it takes nothing; until it does, later calls do not wait for it.
        """
        while True:
            try:
                written = os.write(self.fd, lines)
                self._is_stuck = False
                return lines[written:]
            except BlockingIOError as error:
                if self._is_stuck or not _has_room_soon(self.fd):
                    self._is_stuck = True
                    raise OSError(errno.EAGAIN, "nobody reads from it") from error

    def _rest(self, lines: bytes, written: int) -> bytes:
        """The lines that are left after the disk took only a part; a torn one is among them."""
        self._clean_end = -1
        try:
            self._torn_at = os.fstat(self.fd).st_size
        except OSError:
            self._torn_at = -1
        return lines[lines.rfind(b"\n", 0, written) + 1 :]

    def _spoiled(self, lines: bytes, before: int) -> bytes:
        """The first of the lines just written if it continues a torn one; else nothing.

        Args:
            lines: What was written.
            before: An offset at which a line ended before that, or -1.
        """
        try:
            return self._spoiled_if_readable(lines, before)
        except OSError:  # they are in the file: `check` sees whether they have to be written again
            if before >= 0:
                self._unchecked.append((before, lines))
            self._clean_end = -1
            return b""

    def _spoiled_if_readable(self, lines: bytes, before: int) -> bytes:
        end = _seek(self.fd, 0, os.SEEK_CUR)
        if end == before + len(lines):
            # No other process has written since, so the last line is this one's own.
            self._clean_end, self._since_clean_end = end, 0
            return b""
        around, offset = self._find(lines, before, end)
        if around.endswith(b"\n"):
            self._clean_end, self._since_clean_end = end, 0
        if offset > 0 and lines[:1] != b"\n" and around[offset - 1 : offset] != b"\n":
            return _first_line(lines)
        return b""

    def _find(self, lines: bytes, before: int, end: int) -> tuple[bytes, int]:
        """The end of the file from a byte before the lines just written; and where they begin."""
        window = len(lines) + 1
        while True:
            start = max(0, end - window)
            around = read_at(self.fd, end - start, start)
            offset = around.rfind(lines)
            # If they are not there at all, the file has just been truncated.
            if offset > 0 or start <= max(0, before - 1):
                return around, offset
            window *= 4

    def _sync(self) -> None:
        try:
            os.fsync(self.fd)
        except OSError as error:
            # The lines are in the file; to write them again would not make them safer.
            if not self._fsync_failed:
                logger.warning("%s is written, but fsync fails: %s", self.path, error)
            self._fsync_failed = True


def _position(fd: int) -> int:
    """Where the last write ended, or -1: nothing that fails after a write may have it repeated."""
    try:
        return _seek(fd, 0, os.SEEK_CUR)
    except OSError:
        return -1


def open_log(path: str, file_mode: int | None = None, *, fsync: bool = False) -> LogFile:
    """Open a log for appending, and make it if it is not there.

    Args:
        path: The file; its folder must exist.
        file_mode: The permissions of a file that is made, 0600 if None; an existing one keeps its
            own.
        fsync: Whether each append waits until the lines are on the disk.

    Raises:
        OSError: If it cannot be opened.
    """
    for _ in range(_OPENINGS):
        log = _open_existing(path, fsync) or _make(path, file_mode, fsync)
        # If it was rotated before it was locked, it may be compressed by now.
        if log is not None and (not log.regular or log.is_current()):
            log.ends_in_line_end()
            return log
    return LogFile(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, file_mode or 0o600, fsync=fsync)


def _open_existing(path: str, fsync: bool) -> LogFile | None:
    try:
        return LogFile(path, os.O_RDWR | os.O_APPEND, 0, fsync=fsync)
    except FileNotFoundError:
        return None


def _make(path: str, file_mode: int | None, fsync: bool) -> LogFile | None:
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_EXCL
    try:
        log = LogFile(path, flags, file_mode or 0o600, fsync=fsync)
    except FileExistsError:
        return None
    if file_mode is not None and hasattr(os, "fchmod"):
        os.fchmod(log.fd, file_mode)
    return log


def _has_room_soon(fd: int) -> bool:
    poll = select.poll()
    poll.register(fd, select.POLLOUT)
    return bool(poll.poll(_STUCK_S * 1000))


def _first_line(lines: bytes) -> bytes:
    return lines[: lines.index(b"\n") + 1]


def _is_spoiled(around: bytes, lines: bytes) -> bool:
    """Whether, in a part of a file, some lines continue a torn one."""
    offset = around.find(lines)
    return offset > 0 and around[offset - 1 : offset] != b"\n"
