"""File descriptors that a forked child does not inherit, and locks on them.

A lock taken with ``flock`` belongs to the open file, not to the process: a child that kept its
parent's descriptor would keep its parent's lock. So every descriptor that HILT opens is closed in
the child, which opens its own when it needs one.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import time
from collections.abc import Iterator
from types import ModuleType

from hilt.core import forks

fcntl: ModuleType | None
msvcrt: ModuleType | None
try:
    import fcntl
except ImportError:  # Windows
    fcntl = None
try:
    import msvcrt
except ImportError:  # anything but Windows
    msvcrt = None

__all__ = ["Descriptor", "lock_beside", "lock_of_folder", "read_at"]

_BINARY = getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOINHERIT", 0)
_LOCKED_OFFSET = 1 << 62
_NO_LINK = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
_RETRY_S = 0.001
_LONG_RETRY_S = 0.05
_PRIVATE = 0o600


class Descriptor:
    """An open file that is closed when nothing refers to it any more.

    A thread that still writes through it holds a reference, which keeps it open; otherwise the
    operating system might give its number to another file in the middle of a write.

    Raises:
        OSError: If it cannot be opened.
    """

    __slots__ = ("__weakref__", "fd")

    def __init__(self, path: str, flags: int, mode: int = _PRIVATE) -> None:
        self.fd = -1
        self.fd = os.open(path, flags | _BINARY, mode)
        forks.on_fork(self.close)

    def lock(self, *, shared: bool = False) -> bool | None:
        """Try to lock the file, without waiting.

        Returns:
            Whether the lock is held now; None if the file system has no locks.
        """
        try:
            if fcntl is not None:
                kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
                fcntl.flock(self.fd, kind | fcntl.LOCK_NB)
                return True
            if msvcrt is not None and not shared:
                # Windows locks bytes, and forbids reading them: lock one that no file reaches.
                os.lseek(self.fd, _LOCKED_OFFSET, os.SEEK_SET)
                msvcrt.locking(self.fd, msvcrt.LK_NBLCK, 1)
                return True
        except (BlockingIOError, PermissionError):
            return False
        except OSError:  # a file system without locks
            return None
        return None

    def close(self) -> None:
        """Close it, and drop its lock."""
        fd, self.fd = self.fd, -1
        if fd >= 0:
            with contextlib.suppress(OSError):
                os.close(fd)

    def __enter__(self) -> Descriptor:  # typing.Self needs Python 3.11
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        # Modules may be gone at the end of the program; an interrupted `__init__` leaves no `fd`.
        if contextlib is not None and hasattr(self, "fd"):
            self.close()


@contextlib.contextmanager
def lock_beside(path: str, patience: float = 1.0, mode: int = _PRIVATE) -> Iterator[bool]:
    """Hold the lock of a path, which is on a file beside it: ``hilt.jsonl.lock``.

    Args:
        path: What the lock is for.
        patience: How long to wait for it, in seconds.
        mode: The permissions of the lock's file if it is made; those of the file itself if users
            share that.

    Yields:
        Whether the lock is held; False if it was not free in time.

    Raises:
        OSError: If the lock's file cannot be opened.
    """
    with _open_lock(f"{os.path.realpath(path)}.lock", mode) as lock:
        # Counted, not timed: a test may have stopped the clock.
        looks = round(patience / _RETRY_S)
        while (locked := lock.lock()) is False and looks > 0:
            looks -= 1
            time.sleep(_RETRY_S)
        yield locked is not False


@contextlib.contextmanager
def lock_of_folder(path: str) -> Iterator[None]:
    """Hold the lock of the folder that a file is in, or will be in; it leaves no file behind.

    It is for what only one process at a time may do, and waits as long as that takes. Where folders
    have no locks, as on Windows, it holds none.

    Args:
        path: The file; if its folder is missing, the nearest one above is locked.
    """
    folder = os.path.dirname(os.path.realpath(path))
    while not os.path.isdir(folder) and folder != os.path.dirname(folder):
        folder = os.path.dirname(folder)
    try:
        lock = Descriptor(folder, os.O_RDONLY)
    except OSError:
        yield
        return
    with lock:
        while lock.lock() is False:
            time.sleep(_LONG_RETRY_S)
        yield


def _open_lock(path: str, mode: int) -> Descriptor:
    """Open the file of a lock, and make it if it is missing; never follow a link.

    Raises:
        OSError: If it cannot be opened, or is not a plain file.
    """
    try:
        lock = Descriptor(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError:
        lock = Descriptor(path, os.O_RDWR | _NO_LINK)
        if not stat.S_ISREG(os.fstat(lock.fd).st_mode):
            raise OSError(errno.EINVAL, "is not a plain file", path) from None
        return lock
    if mode != _PRIVATE and hasattr(os, "fchmod"):  # the umask may have removed permissions
        os.fchmod(lock.fd, mode)
    return lock


def read_at(fd: int, size: int, offset: int) -> bytes:
    """Up to `size` bytes of a file from an offset, regardless of its position."""
    if hasattr(os, "pread"):
        return os.pread(fd, size, offset)
    os.lseek(fd, offset, os.SEEK_SET)
    return os.read(fd, size)
