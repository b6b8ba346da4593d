"""Writes that take place as a whole or fail: a disk that gets full takes part of one at first."""

from __future__ import annotations

import os

__all__ = ["append_all", "write_all"]


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
