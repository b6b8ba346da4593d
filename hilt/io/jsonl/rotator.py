"""Rotating an open log: when it is full or old, it is renamed, and a new one is begun.

This is safe with several processes:

- A log is renamed by the first process that finds it full, under a lock on a file beside it
  (``hilt.jsonl.lock``). No process waits for that lock: one that does not get it writes on, and
  tries again with its next lines.
- Every process that has a log open holds a shared lock on it, and checks before each write whether
  it was renamed. A line that comes late goes to the renamed file, and is not lost: see
  `hilt.io.jsonl.cleanup`.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import stat

from hilt.core import clock
from hilt.core.ids_and_times import to_nanos
from hilt.io.descriptors import lock_beside, read_at
from hilt.io.jsonl.cleanup import Cleanup
from hilt.io.jsonl.log_file import LogFile
from hilt.io.jsonl.rotation import Rotation, name_after_rotation

__all__ = ["Rotator"]

logger = logging.getLogger(__name__)

_DAY = 86_400 * 1_000_000_000
_RETRY = 10_000_000_000
_TIMESTAMP = re.compile(rb'"timestamp": ?"([^"\\]{20,40})"')


class Rotator:
    """Rotates the log at a path whenever that is due.

    Args:
        path: The log.
        rotation: When that is.
        fsync: Whether a compressed file must be on the disk before the plain one is deleted.
    """

    def __init__(self, path: str, rotation: Rotation, *, fsync: bool = False) -> None:
        self._path = path
        self._rotation = rotation
        self._day_ends = 0
        self._retry_from = 0
        self.cleanup = Cleanup(path, rotation, fsync=fsync)
        """Compresses and deletes rotated files."""

    def watch(self, log: LogFile) -> None:
        """Make a newly opened log refuse lines as soon as it must be rotated."""
        if self._rotation.daily:
            self._day_ends = _day_end(_first_moment(log))
        log.limit(self._rotation.max_bytes, self._day_ends)

    def rotate_if_due(self, log: LogFile, adding: int) -> bool:
        """Rotate a log if that is due before it grows by so many bytes; return whether it was due.

        It is not renamed if another process is doing that, or if it cannot be.
        """
        now = clock.monotonic_nanos()
        size = os.fstat(log.fd).st_size
        if now < self._retry_from or not self._rotation.is_due(size, adding, self._day_ends):
            return False
        try:
            self._rotate(log, adding)
        except OSError as error:
            if not self._retry_from:
                logger.warning("%s cannot be rotated, and grows on: %s", self._path, error)
            self._retry_from = now + _RETRY
        if self._rotation.daily and log.fd >= 0:
            # When it was opened, it may have been empty, and so without a day of its own.
            self.watch(log)
        return True

    def _rotate(self, log: LogFile, adding: int) -> None:
        """Rename the log, if it is still current and still due.

        Raises:
            OSError: If it cannot be renamed.
        """
        real = os.path.realpath(self._path)
        status = os.fstat(log.fd)
        with lock_beside(real, patience=0, mode=stat.S_IMODE(status.st_mode)) as locked:
            if not locked or not log.is_current():
                return
            size = os.fstat(log.fd).st_size
            if self._rotation.is_due(size, adding, _day_end(_first_moment(log))):
                if os.name == "nt":
                    log.close()  # Windows does not rename what is open.
                os.rename(real, name_after_rotation(real))
                self.cleanup.rotated()


def _first_moment(log: LogFile) -> int:
    """When a log began, in nanoseconds since the epoch: its first event's time, or now."""
    match = _TIMESTAMP.search(read_at(log.fd, 65_536, 0)) if log.regular else None
    if match is not None:
        with contextlib.suppress(ValueError):
            return to_nanos(match[1].decode("ascii", "replace"))
    return clock.unix_nanos()


def _day_end(unix_nanos: int) -> int:
    """The midnight, UTC, that ends the day of a moment."""
    return (unix_nanos // _DAY + 1) * _DAY
