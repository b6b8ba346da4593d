"""Archiving what rotation has closed, in a process of its own: ``hilt archive``.

The program's process imports no engine, and waits for nothing when it ends: an archiver that runs
then goes on. What one leaves undone, the next one does.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from pathlib import Path
from tempfile import TemporaryFile

from hilt.core import forks
from hilt.io.jsonl.rotation import rotated_files

__all__ = ["Archiver"]

logger = logging.getLogger(__name__)

_LOOK_S = 0.2


class Archiver:
    """Runs ``hilt archive --rotated`` after each rotation by this process.

    Args:
        path: The log.
        address: The archive: a folder, or an address such as ``s3://bucket/hilt``.
    """

    def __init__(self, path: str, address: str) -> None:
        self._path = path
        self._address = address
        self._process: subprocess.Popen[bytes] | None = None
        self._is_wanted = False
        self._given: frozenset[tuple[str, int]] = frozenset()  # to the process that runs
        self._archived: frozenset[tuple[str, int]] = frozenset()
        forks.on_fork(self._forget)

    def _forget(self) -> None:
        """Begin anew: a forked child has no such process."""
        self._process, self._is_wanted = None, False
        self._given = self._archived = frozenset()

    def rotated(self) -> None:
        """Take notice that the log was just renamed."""
        self._is_wanted = True

    def has(self, file: Path) -> bool:
        """Whether the archive has a rotated file as it is now, so that it may be deleted."""
        return _name_and_size(file) in self._archived

    def run(self, closing: threading.Event) -> None:
        """Archive if there is something new, and wait until it is done or the program ends.

        Raises:
            OSError: If no process can be started.
        """
        if self._process is None:
            if not self._is_wanted:
                return
            self._is_wanted = False
            self._given = frozenset(_name_and_size(file) for file in rotated_files(self._path))
            self._process = self._start()
        while self._process.poll() is None:
            if closing.wait(_LOOK_S):
                self._leave(self._process)
                return
        self._end(self._process)

    def _leave(self, process: subprocess.Popen[bytes]) -> None:
        """Let a process go on by itself: nobody will look how it ended."""
        process.returncode = 0  # or Python warns that it is still running
        self._messages.close()
        self._process = None

    def _start(self) -> subprocess.Popen[bytes]:
        # Not a pipe, which would break where nobody reads it.
        self._messages = TemporaryFile()  # noqa: SIM115 # closed when the process has ended
        options = ("archive", self._path, "--to", self._address, "--rotated")
        return subprocess.Popen(  # noqa: S603 # our own command
            [sys.executable, "-m", "hilt", *options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self._messages,
            # It goes on when the program is interrupted at its terminal.
            start_new_session=os.name == "posix",
        )

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        self._process = None
        with self._messages as file:
            file.seek(0)
            messages = file.read().decode(errors="replace").strip()
        if process.returncode == 0:
            self._archived = self._given
        else:
            logger.warning(
                "rotated files of %s were not archived in %s, and none is deleted: %s",
                self._path, self._address, messages.rpartition("\n")[2] or process.returncode,
            )  # fmt: skip


def _name_and_size(file: Path) -> tuple[str, int]:
    """What tells whether a file has changed: a process may still write to one that was renamed."""
    try:
        return file.name, file.stat().st_size
    except OSError:
        return file.name, -1
