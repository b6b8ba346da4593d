"""Cleaning up after rotation: rotated files are compressed, and old ones deleted.

A renamed log may still be open in another process, which holds a shared lock on it. It is
compressed or deleted only under an exclusive lock, when no process has it open any more. A
compressed file gets its name only when it is complete; if a process dies before it has deleted the
plain file, readers take the plain one, and it is compressed again.
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
    """Compress and delete rotated files; return False if one is in use, and has to wait.

    Args:
        path: The log.
        rotation: What to do with its rotated files.
        fsync: Whether a compressed file must be on the disk before the plain one is deleted.
        may_delete: Whether a surplus file may be deleted already; any may if None.
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
    """Cleans up in the background, so that nothing waits while a file is compressed."""

    def __init__(self, path: str, rotation: Rotation, *, fsync: bool = False) -> None:
        self._path = path
        self._rotation = rotation
        self._fsync = fsync
        archive = rotation.archive
        self._archiver = Archiver(path, archive) if archive is not None else None
        self._renew()
        forks.on_fork(self._renew)

    def _renew(self) -> None:
        """Start afresh in a forked child, which has no such thread."""
        # No Event: an interrupt within its `set()` would leave it locked, and later
        # events waiting.
        self._wanted = False
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    def rotated(self) -> None:
        """Note that this process has just renamed the log."""
        if self._archiver is not None:
            self._archiver.rotated()

    def start(self) -> None:
        """Clean up soon. Never raises."""
        self._wanted = True
        thread = self._thread
        if thread is not None and thread.is_alive():
            return
        thread = threading.Thread(target=self._run, name="hilt-cleanup", daemon=True)
        # No thread can be started while the interpreter shuts down; then the next run cleans up.
        with contextlib.suppress(RuntimeError):
            thread.start()
            self._thread = thread

    def finish(self) -> None:
        """Wait for the thread, and clean up once more."""
        self._closing.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()
        self._once()
        self._closing.clear()

    def _run(self) -> None:
        while self._wanted and not self._closing.is_set():
            self._wanted = False
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
    """Act on a file if no process has it open; return False if one has."""
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
