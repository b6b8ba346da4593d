"""Archiving rotated files in a process of its own, ``hilt archive``.

So the program itself imports no engine, and does not wait at its end: an archiver that is running
then goes on. What one leaves undone, the next one does. A file is in the archive if the process
names it on its output, whatever its exit code: another program than Python may have run.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO

from hilt.core import forks
from hilt.core.credentials import without_credentials
from hilt.core.exceptions import ConfigurationError
from hilt.io.jsonl.rotation import rotated_files

__all__ = ["Archiver", "check_interpreter"]

logger = logging.getLogger(__name__)

_LOOK_S = 0.2
_INTERPRETER = re.compile(r"(?i)(python|pypy|graalpy)[\w.-]*")
_COMMAND = "import sys; sys.path[:] = {}; from hilt.cli.main import main; main()"
"""Runs `hilt` with the program's own module path. ``-m`` would search the current folder first,
where others may have put modules."""


def check_interpreter() -> None:
    """Refuse to archive if ``hilt archive`` cannot be run.

    Raises:
        ConfigurationError: If this is a frozen program, which would only start itself again, or if
            its Python cannot be found.
    """
    if _interpreter() is None:
        raise ConfigurationError(
            f"archive: this program has no Python to run `hilt archive` with: sys.executable is "
            f"{sys.executable!r}; leave archive out, and run it from time to time by yourself"
        )


def _interpreter() -> str | None:
    """The Python interpreter of this program, which may run within a web server; None if frozen."""
    if getattr(sys, "frozen", False) or "__compiled__" in vars(sys.modules.get("__main__", sys)):
        return None
    files = [Path(sys.executable or "")]
    files += [Path(sys.exec_prefix, name) for name in ("bin/python3", "python.exe")]
    for file in files:
        if _INTERPRETER.fullmatch(file.name) and os.access(file, os.X_OK):
            return str(file)
    return None


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
        self._output: BinaryIO
        self._messages: BinaryIO
        self._is_wanted = False
        self._given: frozenset[tuple[str, int]] = frozenset()  # passed to the running process
        self._archived: frozenset[tuple[str, int]] = frozenset()
        forks.on_fork(self._forget)

    def _forget(self) -> None:
        """Start afresh in a forked child, which has no such process."""
        if self._process is not None:
            self._leave(self._process)
        self._is_wanted = False
        self._given = self._archived = frozenset()

    def rotated(self) -> None:
        """Note that the log was just renamed."""
        self._is_wanted = True

    def has(self, file: Path) -> bool:
        """Whether the archive has a rotated file as it is now, so that it may be deleted."""
        return _name_and_size(file) in self._archived

    def run(self, closing: threading.Event) -> None:
        """Archive if there is anything new, and wait until that is done or the program ends.

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
        """Let a process go on by itself; how it ends is not checked."""
        process.returncode = 0  # or Python warns that it is still running
        self._close()
        self._process = None

    def _close(self) -> None:
        for file in (self._output, self._messages):
            file.close()

    def _start(self) -> subprocess.Popen[bytes]:
        interpreter = _interpreter()
        if interpreter is None:
            raise OSError("there is no Python to run `hilt archive` with")
        command = _COMMAND.format(ascii(list(_module_folders())))
        options = (self._path, f"--to={self._address}", "--rotated", "--json")
        # Not pipes, which would break when nobody reads them; closed when the process has ended.
        self._output = TemporaryFile()  # noqa: SIM115
        self._messages = TemporaryFile()  # noqa: SIM115
        try:
            return subprocess.Popen(  # noqa: S603 # our own command
                [interpreter, "-c", command, "archive", *options],
                env={**os.environ, "PYTHONIOENCODING": "utf-8"},
                stdin=subprocess.DEVNULL,
                stdout=self._output,
                stderr=self._messages,
                # It goes on when the program is interrupted at its terminal.
                start_new_session=os.name == "posix",
            )
        except BaseException:
            self._close()
            raise

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        self._process = None
        output, messages = _text_of(self._output), _text_of(self._messages).strip()
        self._close()
        names = set(_archived_names(output))
        self._archived = frozenset(each for each in self._given if each[0] in names)
        if process.returncode != 0 or (self._given and not names):
            logger.warning(
                "rotated files of %s were not archived in %s, and none is deleted before: %s",
                self._path, without_credentials(self._address),
                without_credentials(messages.rpartition("\n")[2]) or process.returncode,
            )  # fmt: skip


def _module_folders() -> Iterator[str]:
    """The folders where this program finds modules, without the current one."""
    yield from filter(os.path.isabs, sys.path)
    yield str(Path(__file__).parents[3])


def _text_of(file: BinaryIO) -> str:
    file.seek(0)
    return file.read().decode(errors="replace")


def _archived_names(output: str) -> Iterator[str]:
    """The names of the files that `hilt archive --json` has archived."""
    for line in output.splitlines():
        with contextlib.suppress(ValueError, TypeError, KeyError, AttributeError):
            file = json.loads(line)
            if file.get("name") != "":  # a file without events is not in the archive
                yield Path(file["path"]).name


def _name_and_size(file: Path) -> tuple[str, int]:
    """Shows whether a file has changed: a process may still write to a renamed file."""
    try:
        return file.name, file.stat().st_size
    except OSError:
        return file.name, -1
