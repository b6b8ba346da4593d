"""Writes that take place as a whole or fail: a disk that gets full takes part of one at first."""

from __future__ import annotations

import os

__all__ = ["append_all", "sync_folder", "write_all"]


def write_all(fd: int, data: bytes) -> None:
    """Write all of it.

    Raises:
        OSError: If it cannot be written, or only in part.
    """
    while data:
        data = data[os.write(fd, data) :]


def append_all(fd: int, data: bytes) -> None:
    """Write all of it to the end of a file that nobody else writes to now, or nothing.

    Raises:
        OSError: If it cannot be written; no part of it is there then.
    """
    size = os.fstat(fd).st_size
    try:
        write_all(fd, data)
    except OSError:
        os.ftruncate(fd, size)
        raise


def sync_folder(path: str) -> None:
    """Wait until the disk has the names of a folder's files, where the system can do that.

    Raises:
        OSError: If the disk fails.
    """
    if os.name == "nt":
        return
    folder = os.open(path, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
