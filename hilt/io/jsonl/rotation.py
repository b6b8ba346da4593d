"""Rotation: a full or old log gets a new name, is compressed, and in time deleted.

How several processes do this safely:

- A log is renamed under a lock on a file beside it (``hilt.jsonl.lock``), by whoever first finds
  it full. The lock is never waited for: who does not get it writes on, and looks again.
- Everyone who has a log open holds a shared lock on it, and looks before each write whether the
  path still leads there. A line that is late goes to the renamed file, and is not lost: a
  renamed file is compressed or deleted by someone who gets an exclusive lock on it, when
  nobody has it open any more.
- A compressed file appears by a rename, whole. If its maker dies before the plain one is deleted,
  the next one does it again; readers take the plain one.
"""

from __future__ import annotations

import contextlib
import gzip
import logging
import os
import re
import stat
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hilt.core import clock
from hilt.core.timestamps import format_nanos, to_nanos
from hilt.io.descriptors import Descriptor, lock_beside, read_at
from hilt.io.jsonl.log_file import LogFile

__all__ = ["Rotation", "Tidying", "day_end", "first_moment", "rotated_files", "tidy"]

logger = logging.getLogger(__name__)

_DAY = 86_400 * 1_000_000_000
_NO_PUNCTUATION = str.maketrans("", "", "-:.")
_STAMPED = re.compile(r"\.(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{6})Z", re.ASCII)
_TIMESTAMP = re.compile(rb'"timestamp": ?"([^"\\]{20,40})"')
_BLOCK = 1 << 20
_PATIENCE = (0.01, 0.05, 0.2, 0.5, 1.0)


@dataclass(frozen=True, slots=True)
class Rotation:
    """When a log is rotated, and what becomes of it then.

    Args:
        max_bytes: Rotate before it grows beyond so many bytes; None for any size.
        daily: Rotate at midnight, UTC.
        keep: Keep so many rotated files, and delete older ones; None keeps all.
        compress: Whether rotated files are compressed with gzip.
    """

    max_bytes: int | None = None
    daily: bool = False
    keep: int | None = None
    compress: bool = True

    def is_on(self) -> bool:
        """Whether anything is ever rotated."""
        return self.max_bytes is not None or self.daily

    def is_due(self, size: int, adding: int, day_ends: int) -> bool:
        """Whether a log of this size, which began on the day that ends then, is to be rotated."""
        if size == 0:
            return False
        full = self.max_bytes is not None and size + adding > self.max_bytes
        return full or (self.daily and clock.unix_nanos() >= day_ends)

    def rotate(self, path: str, log: LogFile, adding: int) -> bool:
        """Rename the log if it is still there and still due; whether it was renamed.

        Raises:
            OSError: If it cannot be renamed.
        """
        real = os.path.realpath(path)
        status = os.fstat(log.fd)
        with lock_beside(real, patience=0, mode=stat.S_IMODE(status.st_mode)) as taken:
            if not taken or not log.is_at(path):
                return False
            size = os.fstat(log.fd).st_size
            if not self.is_due(size, adding, day_end(first_moment(log))):
                return False
            if os.name == "nt":
                log.close()  # Windows does not rename what is open.
            os.rename(real, _new_name(real))
            return True


def first_moment(log: LogFile) -> int:
    """When a log began, in nanoseconds since the epoch: its first event's time, or now."""
    found = _TIMESTAMP.search(read_at(log.fd, 65_536, 0)) if log.regular else None
    if found is not None:
        with contextlib.suppress(ValueError):
            return to_nanos(found[1].decode("ascii", "replace"))
    return clock.unix_nanos()


def day_end(unix_nanos: int) -> int:
    """The midnight, UTC, that ends the day of a moment."""
    return (unix_nanos // _DAY + 1) * _DAY


def rotated_files(path: str | Path) -> list[Path]:
    """The rotated files of a log, oldest first; of a plain and a compressed one, the plain one."""
    real = Path(os.path.realpath(path))
    shape = re.compile(
        re.escape(real.stem) + _STAMPED.pattern + re.escape(real.suffix) + r"(?:\.gz)?"
    )
    try:
        names = sorted(name for name in os.listdir(real.parent) if shape.fullmatch(name))
    except OSError:
        return []
    plain = {f"{name}.gz" for name in names}
    return [real.parent / name for name in names if name not in plain]


def tidy(path: str | Path, rotation: Rotation) -> bool:
    """Compress and delete what is due; False if a file is still in use, and to be tried again."""
    done = True
    files = rotated_files(path)
    if rotation.keep is not None:
        surplus = files[: max(0, len(files) - rotation.keep)]
        files = files[len(surplus) :]
        for file in surplus:
            done &= _unused(file, _delete)
    if rotation.compress:
        for file in files:
            if file.name.endswith(".gz"):
                continue
            done &= _unused(file, _compress)
    return done


class Tidying:
    """Tidying in the background, so that nobody waits while a file is compressed."""

    def __init__(self, path: str, rotation: Rotation) -> None:
        self._path = path
        self._rotation = rotation
        self.reset()

    def reset(self) -> None:
        """Begin anew in a forked child, which has no thread."""
        self._wanted = threading.Event()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Tidy soon. Never raises."""
        self._wanted.set()
        thread = self._thread
        if thread is not None and thread.is_alive():
            return
        thread = threading.Thread(target=self._run, name="hilt-tidy", daemon=True)
        # A thread cannot be started while the interpreter ends; then the next run tidies.
        with contextlib.suppress(RuntimeError):
            thread.start()
            self._thread = thread

    def finish(self) -> None:
        """Wait for the thread, and do what it had to leave."""
        self._closing.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()
        self._thread = None
        self._closing.clear()
        self._once()

    def _run(self) -> None:
        while self._wanted.is_set() and not self._closing.is_set():
            self._wanted.clear()
            for pause in _PATIENCE:
                if self._once() or self._closing.wait(pause):
                    break

    def _once(self) -> bool:
        try:
            return tidy(self._path, self._rotation)
        except OSError as error:
            logger.warning("rotated files of %s cannot be tidied: %s", self._path, error)
            return True


def _new_name(real: str) -> str:
    """A name that is free, and sorts after all rotated files that are there."""
    stem, suffix = os.path.splitext(real)
    moment = clock.unix_nanos()
    files = rotated_files(real)
    if files:
        moment = max(moment, _moment(files[-1].name[len(os.path.basename(stem)) :]) + 1000)
    stamp = format_nanos(moment).translate(_NO_PUNCTUATION)
    return f"{stem}.{stamp}{suffix}"


def _moment(ending: str) -> int:
    """The moment that a rotated file's name tells, in nanoseconds since the epoch."""
    # Not strptime: it imports a module at its first call, and a fork in that instant would leave
    # the child waiting for that import for ever.
    parts = _STAMPED.match(ending)
    return to_nanos("{}-{}-{}T{}:{}:{}.{}Z".format(*parts.groups())) if parts else 0


def _unused(file: Path, act: Callable[[Path, Descriptor], None]) -> bool:
    """Do something to a file that nobody has open; False if somebody has."""
    try:
        with Descriptor(str(file), os.O_RDWR) as descriptor:
            if descriptor.lock() is not True:
                return False
            status = os.fstat(descriptor.fd)
            # Somebody else may have done it while the lock was being taken.
            if os.path.samestat(status, os.stat(file)):
                act(file, descriptor)
    except FileNotFoundError:
        pass
    return True


def _delete(file: Path, descriptor: Descriptor) -> None:
    if os.name == "nt":
        descriptor.close()
    file.unlink()


def _compress(file: Path, descriptor: Descriptor) -> None:
    packed = file.with_name(f"{file.name}.gz")
    fresh = file.with_name(f"{file.name}.gz.tmp")
    status = os.fstat(descriptor.fd)
    with contextlib.suppress(FileNotFoundError):
        fresh.unlink()
    try:
        with (
            Descriptor(str(fresh), os.O_WRONLY | os.O_CREAT | os.O_EXCL) as target,
            open(descriptor.fd, "rb", closefd=False) as plain,
            open(target.fd, "wb", closefd=False) as out,
            gzip.GzipFile(file.name, "wb", 6, out, status.st_mtime) as packing,
        ):
            while block := plain.read(_BLOCK):
                packing.write(block)
        fresh.chmod(status.st_mode & 0o777)
        os.utime(fresh, ns=(status.st_atime_ns, status.st_mtime_ns))
    except OSError:
        with contextlib.suppress(OSError):
            fresh.unlink()
        raise
    os.replace(fresh, packed)
    _delete(file, descriptor)
