"""One log file, open for appending: whole lines at its end, whoever else writes to it.

``O_APPEND`` makes the kernel put each write at the end, as one piece, so lines of threads and
processes never mix. What it cannot prevent is a torn line: the first part of a write that met a
full disk, or whose process was killed on the way. Whoever writes next finds it, either before
(the file does not end in a line end) or, where it happened in the same instant, after.
"""

from __future__ import annotations

import os
import stat
import time
from collections import deque

from hilt.io.descriptors import Descriptor, read_at

__all__ = ["LogFile", "make_folders", "open_log"]

_OPENINGS = 100
_LOOK_S = 0.001
_PATIENCE_S = 0.1
_CHECKED_BYTES = 1 << 22


class LogFile(Descriptor):
    """A log that is open for appending.

    While it is open it is locked (shared), which tells whoever rotates that lines may still come.
    """

    __slots__ = (
        "_torn_at",
        "ahead",
        "clean_end",
        "device",
        "inode",
        "locked",
        "look_from",
        "regular",
        "unchecked",
        "writer",
    )

    def __init__(self, path: str, flags: int, mode: int) -> None:
        super().__init__(path, flags, mode)
        status = os.fstat(self.fd)
        self.inode = status.st_ino
        self.device = status.st_dev
        self.regular = stat.S_ISREG(status.st_mode)
        self.clean_end = -1
        """A place at which a line surely ends; -1 if none is known, or the last line is torn."""
        self._torn_at = -1
        self.look_from = 0.0
        """When to look again whether the path leads here, on the monotonic clock."""
        self.writer = 0
        """The thread that wrote last, if it is the only one that writes just now."""
        self.unchecked: deque[tuple[int, bytes]] = deque()
        """What was written since `check`, each with a place before it where a line ends."""
        self.ahead = 0
        """How many bytes this process wrote after ``clean_end``, if it wrote alone."""
        self.locked: bool | None = None
        if self.regular:
            self.locked = self.lock(shared=True)

    def is_at(self, path: str) -> bool:
        """Whether the path still leads to this file."""
        try:
            status = os.stat(path)
        except OSError:
            return False
        return status.st_ino == self.inode and status.st_dev == self.device

    def ends_whole(self) -> bool:
        """Whether the file ends in a line end; where it does is then in ``clean_end``.

        A line that another process is writing looks like a torn one for as long as that process
        waits for a processor: look again until the file has not grown for a while.
        """
        until = 0.0
        last = -1
        while True:
            size = os.fstat(self.fd).st_size
            if size in (0, self.clean_end) or read_at(self.fd, 1, size - 1) == b"\n":
                self.clean_end, self.ahead = size, 0
                return True
            now = time.monotonic()
            if size != last:
                last, until = size, now + _PATIENCE_S
            if size == self._torn_at or now >= until:
                self.clean_end = -1
                self._torn_at = size
                return False
            time.sleep(_LOOK_S)

    def mark_torn(self) -> None:
        """Note that the file ends in a torn line, which is our own: the disk took a part."""
        self.clean_end = -1
        self._torn_at = os.fstat(self.fd).st_size

    def append(self, lines: bytes) -> tuple[int, bytes]:
        """Write lines at the end.

        Returns:
            How many bytes of whole lines are there now, which is less than given only where
            there is no room for more; and a line that must be written again (see `check_place`).

        Raises:
            OSError: If nothing can be written.
        """
        if not self.regular:
            return os.write(self.fd, lines), b""
        data = lines if self.ends_whole() else b"\n" + lines
        before = self.clean_end
        written = os.write(self.fd, data)
        if written == len(data):
            return len(lines), self.check_place(data, before)
        self.mark_torn()
        return max(0, data.rfind(b"\n", 0, written) + 1 - len(data) + len(lines)), b""

    def check_place(self, data: bytes, before: int) -> bytes:
        """Find out where a write landed: a torn line may have come since the last look.

        Args:
            data: What was just written.
            before: A place at which a line ended before, or -1.

        Returns:
            The first line, if it continues a torn one: it is to be written again. The others
            are whole.
        """
        end = os.lseek(self.fd, 0, os.SEEK_CUR)
        if end == before + len(data):
            # Nobody else wrote since, so what ends here is our own line.
            self.clean_end, self.ahead = end, 0
            return b""
        around, place = self._find(data, before, end)
        if around.endswith(b"\n"):
            self.clean_end, self.ahead = end, 0
        if place > 0 and data[:1] != b"\n" and around[place - 1 : place] != b"\n":
            return data[: data.index(b"\n") + 1]
        return b""

    def check(self) -> bytes:
        """Find out what became of what was written without a look: see ``unchecked``.

        Returns:
            The lines to write again: those that continue a torn one; all, if the file was deleted.
        """
        written = []
        while self.unchecked:
            try:
                written.append(self.unchecked.popleft())
            except IndexError:
                break  # another thread looks after it
        if not written:
            return b""
        start = max(0, min(place for place, _ in written) - 1)
        try:
            status = os.fstat(self.fd)
            around = read_at(self.fd, min(_CHECKED_BYTES, max(0, status.st_size - start)), start)
        except OSError:
            return b""
        if not status.st_nlink:
            return b"".join([data for _, data in written])
        if around.endswith(b"\n"):
            self.clean_end, self.ahead = start + len(around), 0
        return b"".join(
            [data[: data.index(b"\n") + 1] for _, data in written if _is_torn(around, data)]
        )

    def _find(self, data: bytes, before: int, end: int) -> tuple[bytes, int]:
        """The end of the file, with what was just written and one byte before it; and where."""
        window = len(data) + 1
        while True:
            start = max(0, end - window)
            around = read_at(self.fd, end - start, start)
            place = around.rfind(data)
            # Not there at all: the file was cut off in this instant.
            if place > 0 or start <= max(0, before - 1):
                return around, place
            window *= 4


def _is_torn(around: bytes, data: bytes) -> bool:
    """Whether a part of a file has lines that stand behind a torn one."""
    place = around.find(data)
    return place > 0 and around[place - 1 : place] != b"\n"


def open_log(path: str, file_mode: int | None = None) -> LogFile:
    """Open a log for appending, and make it, for its owner's eyes only, if it is not there.

    Args:
        path: The file; its folder must be there.
        file_mode: The permissions of a new file, 0600 if None; an existing one keeps its own.

    Raises:
        OSError: If it cannot be opened.
    """
    for _ in range(_OPENINGS):
        log = _open_existing(path) or _make(path, file_mode)
        # It may have been rotated away before it was locked; then it may be compressed by now.
        if log is not None and (not log.regular or log.is_at(path)):
            log.ends_whole()
            return log
    return LogFile(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, file_mode or 0o600)


def make_folders(path: str, folder_mode: int | None = None) -> None:
    """Make a folder and those above it, each for its owner's eyes only.

    Raises:
        OSError: If one cannot be made.
    """
    if os.path.isdir(path):
        return
    parent = os.path.dirname(path)
    if parent != path:
        make_folders(parent, folder_mode)
    try:
        os.mkdir(path, folder_mode or 0o700)
    except FileExistsError:
        return
    if folder_mode is not None:
        os.chmod(path, folder_mode)


def _open_existing(path: str) -> LogFile | None:
    try:
        return LogFile(path, os.O_RDWR | os.O_APPEND, 0)
    except FileNotFoundError:
        return None


def _make(path: str, file_mode: int | None) -> LogFile | None:
    try:
        log = LogFile(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_EXCL, file_mode or 0o600)
    except FileExistsError:
        return None
    if file_mode is not None and hasattr(os, "fchmod"):
        os.fchmod(log.fd, file_mode)
    return log
