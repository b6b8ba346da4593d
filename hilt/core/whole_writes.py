"""Writes that succeed as a whole or fail: a disk that gets full first takes only a part."""

from __future__ import annotations

import os

__all__ = ["append_all", "sync_folder", "write_all"]


def write_all(fd: int, data: bytes) -> None:
    """Write all of the data.

    Raises:
        OSError: If it cannot be written, or only in part.
    """
    while data:
        data = data[os.write(fd, data) :]


def append_all(fd: int, data: bytes) -> None:
    """Append all of the data, or nothing, to a file that nothing else writes to at the moment.

    Raises:
        OSError: If it cannot be written; then no part of it is in the file.
    """
    size = os.fstat(fd).st_size
    try:
        write_all(fd, data)
    except OSError:
        os.ftruncate(fd, size)
        raise


def sync_folder(path: str) -> None:
    """Wait until the names of a folder's files are on the disk, if the system supports that.

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
