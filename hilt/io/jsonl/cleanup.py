"""Cleaning up after rotation: rotated files are compressed, and old ones deleted.

A renamed log may still be open in another process, which holds a shared lock on it. It is
compressed or deleted only by someone who gets an exclusive lock, when nobody has it open any more.
A compressed file appears by a rename, whole; if its maker dies before the plain one is deleted,
the next one does it again, and readers take the plain one.
"""

from __future__ import annotations

import contextlib
import functools
import gzip
import logging
import os
import threading
from collections.abc import Callable
from pathlib import Path

from hilt.core import forks
from hilt.core.whole_writes import sync_folder
from hilt.io.descriptors import Descriptor
from hilt.io.jsonl.archiver import Archiver
from hilt.io.jsonl.rotation import Rotation, rotated_files

__all__ = ["Cleanup", "clean_up"]

logger = logging.getLogger(__name__)

_BLOCK = 1 << 20
_PATIENCE_S = (0.01, 0.05, 0.2, 0.5, 1.0)


def clean_up(
    path: str | Path,
    rotation: Rotation,
    *,
    fsync: bool = False,
    may_delete: Callable[[Path], bool] | None = None,
) -> bool:
    """Compress and delete rotated files; False if one is in use, so that it is to be done again.

    Args:
        path: The log.
        rotation: What becomes of its rotated files.
        fsync: Whether the disk must have a compressed file before the plain one is deleted.
        may_delete: Whether a file that is too many may be deleted already; None for any.
    """
    done = True
    files = rotated_files(path)
    if rotation.keep is not None:
        surplus = files[: max(0, len(files) - rotation.keep)]
        surplus = [file for file in surplus if may_delete is None or may_delete(file)]
        for file in surplus:
            done &= _unused(file, functools.partial(_delete_surplus, rotation.keep))
        files = [file for file in files if file not in surplus]
    if rotation.compress:
        for file in files:
            if file.name.endswith(".gz"):
                continue
            done &= _unused(file, functools.partial(_compress, fsync=fsync))
    return done


class Cleanup:
    """Cleaning up in the background, so that nobody waits while a file is compressed."""

    def __init__(self, path: str, rotation: Rotation, *, fsync: bool = False) -> None:
        self._path = path
        self._rotation = rotation
        self._fsync = fsync
        archive = rotation.archive
        self._archiver = Archiver(path, archive) if archive is not None else None
        self._renew()
        forks.on_fork(self._renew)

    def _renew(self) -> None:
        """Begin anew: a forked child has no such thread."""
        self._wanted = threading.Event()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    def rotated(self) -> None:
        """Take notice that this process has just renamed the log."""
        if self._archiver is not None:
            self._archiver.rotated()

    def start(self) -> None:
        """Clean up soon. Never raises."""
        self._wanted.set()
        thread = self._thread
        if thread is not None and thread.is_alive():
            return
        thread = threading.Thread(target=self._run, name="hilt-cleanup", daemon=True)
        # A thread cannot be started while the interpreter ends; then the next run cleans up.
        with contextlib.suppress(RuntimeError):
            thread.start()
            self._thread = thread

    def finish(self) -> None:
        """Wait for the thread, and do what is left to do."""
        self._closing.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()
        self._once()
        self._closing.clear()

    def _run(self) -> None:
        while self._wanted.is_set() and not self._closing.is_set():
            self._wanted.clear()
            for pause in _PATIENCE_S:
                if self._once() or self._closing.wait(pause):
                    break

    def _once(self) -> bool:
        clean = functools.partial(clean_up, self._path, self._rotation, fsync=self._fsync)
        try:
            if self._archiver is None:
                return clean()
            clean(may_delete=self._archiver.has)
            self._archiver.run(self._closing)
            return clean(may_delete=self._archiver.has)
        except (OSError, RuntimeError) as error:  # no process can be started as Python ends
            logger.warning(
                "rotated files of %s cannot be compressed, archived or deleted: %s",
                self._path,
                error,
            )
            return True


def _unused(file: Path, act: Callable[[Path, Descriptor], None]) -> bool:
    """Do something to a file if nobody has it open; False if somebody has."""
    try:
        with Descriptor(str(file), os.O_RDWR) as descriptor:
            if descriptor.lock() is not True:
                return False
            status = os.fstat(descriptor.fd)
            # Another process may have done it while the lock was being taken.
            if os.path.samestat(status, os.stat(file)):
                act(file, descriptor)
    except FileNotFoundError:
        pass
    return True


def _delete(file: Path, descriptor: Descriptor) -> None:
    if os.name == "nt":
        descriptor.close()
    file.unlink()


def _delete_surplus(keep: int, file: Path, descriptor: Descriptor) -> None:
    _delete(file, descriptor)
    logger.info("deleted the rotated file %s: keep is %d", file, keep)


def _compress(file: Path, descriptor: Descriptor, *, fsync: bool) -> None:
    packed = file.with_name(f"{file.name}.gz")
    fresh = file.with_name(f"{file.name}.gz.tmp")
    status = os.fstat(descriptor.fd)
    with contextlib.suppress(FileNotFoundError):
        fresh.unlink()
    try:
        with Descriptor(str(fresh), os.O_WRONLY | os.O_CREAT | os.O_EXCL) as target:
            with (
                open(descriptor.fd, "rb", closefd=False) as plain,
                open(target.fd, "wb", closefd=False) as out,
                gzip.GzipFile(file.name, "wb", 6, out, status.st_mtime) as packing,
            ):
                while block := plain.read(_BLOCK):
                    packing.write(block)
            if fsync:
                os.fsync(target.fd)
        fresh.chmod(status.st_mode & 0o777)
        os.utime(fresh, ns=(status.st_atime_ns, status.st_mtime_ns))
    except OSError:
        with contextlib.suppress(OSError):
            fresh.unlink()
        raise
    os.replace(fresh, packed)
    if fsync:
        sync_folder(str(packed.parent))
    _delete(file, descriptor)
