"""File descriptors that a forked child does not share, and locks on them.

A lock taken with ``flock`` belongs to the open file, not to the process: a child that kept the
parent's descriptor would keep the parent's lock. So every descriptor that HILT opens is closed in
the child, and opened anew there when it is needed.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from types import ModuleType
from weakref import WeakSet

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

__all__ = ["Descriptor", "lock_beside", "read_at"]

_BINARY = getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOINHERIT", 0)
_FAR = 1 << 62
_PRIVATE = 0o600
_open: WeakSet[Descriptor] = WeakSet()


class Descriptor:
    """An open file that closes itself when nobody refers to it any more.

    Threads that still write through it keep it open by holding a reference, so that its number
    cannot be given to another file under their hands.

    Raises:
        OSError: If it cannot be opened.
    """

    __slots__ = ("__weakref__", "fd")

    def __init__(self, path: str, flags: int, mode: int = _PRIVATE) -> None:
        self.fd = -1
        self.fd = os.open(path, flags | _BINARY, mode)
        _open.add(self)

    def lock(self, *, shared: bool = False) -> bool | None:
        """Whether the lock was free and is held now; None if there are no locks. Never waits."""
        try:
            if fcntl is not None:
                kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
                fcntl.flock(self.fd, kind | fcntl.LOCK_NB)
                return True
            if msvcrt is not None and not shared:
                # Windows locks bytes, and forbids reading them: take one that is never reached.
                os.lseek(self.fd, _FAR, os.SEEK_SET)
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
        self.close()


@contextlib.contextmanager
def lock_beside(path: str, patience: float = 1.0, mode: int = _PRIVATE) -> Iterator[bool]:
    """Take one's turn at a file by a lock on a file beside it; False if it was not free in time.

    Args:
        path: The file.
        patience: How long to wait, in seconds.
        mode: The permissions of the lock's file: those of the file itself, if others share it.

    Raises:
        OSError: If the lock's file cannot be opened.
    """
    with Descriptor(f"{os.path.realpath(path)}.lock", os.O_RDWR | os.O_CREAT, mode) as lock:
        if mode != _PRIVATE and hasattr(os, "fchmod"):
            with contextlib.suppress(PermissionError):  # another user's, who has done it
                os.fchmod(lock.fd, mode)
        until = time.monotonic() + patience
        while (taken := lock.lock()) is False and time.monotonic() < until:
            time.sleep(0.001)
        yield taken is not False


def read_at(fd: int, size: int, offset: int) -> bytes:
    """Up to so many bytes from a place in a file, wherever its position is."""
    if hasattr(os, "pread"):
        return os.pread(fd, size, offset)
    os.lseek(fd, offset, os.SEEK_SET)
    return os.read(fd, size)


def _close_inherited() -> None:
    for descriptor in list(_open):
        descriptor.close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_close_inherited)
