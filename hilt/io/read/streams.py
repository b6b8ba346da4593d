"""Logs that can be read only once (standard input, pipes): copied if they are needed again."""

from __future__ import annotations

import io
import shutil
import sys
import tempfile
import weakref
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

from hilt.core.exceptions import ReadError
from hilt.io.read.parts import STDIN, reads_once

__all__ = ["Streams"]


class Streams:
    """The logs, among several, that can be read only once.

    A copy is a temporary file without a name, so that nothing is left of it, whatever happens.

    Args:
        logs: The logs.
    """

    def __init__(self, logs: list[Path]) -> None:
        self._logs = [log for log in logs if reads_once(log)]
        self._copies: dict[Path, BinaryIO] = {}
        self._are_read: set[Path] = set()

    def __contains__(self, log: Path) -> bool:
        return log in self._logs

    def keep(self) -> None:
        """Copy the logs that are not copied yet, so that they can be read any number of times.

        Raises:
            ReadError: If one cannot be copied, or was read before.
        """
        for log in self._logs:
            if log not in self._copies:
                with self._opened_once(log) as stream:
                    self._copies[log] = copy = _copied(log, stream)
                weakref.finalize(self, copy.close)

    @contextmanager
    def opened(self, log: Path) -> Iterator[BinaryIO]:
        """The log from its beginning.

        Raises:
            ReadError: If it was read before, and not copied.
        """
        if log in self._copies:
            yield io.BufferedReader(_Copy(self._copies[log]), _BUFFER)
            return
        with self._opened_once(log) as stream:
            yield stream

    @contextmanager
    def _opened_once(self, log: Path) -> Iterator[BinaryIO]:
        if log in self._are_read:
            raise ReadError(f"{log}: can be read once, and was read; name a file")
        self._are_read.add(log)
        if log == STDIN:
            yield sys.stdin.buffer
        else:
            with log.open("rb") as stream:
                yield stream


_BUFFER = 1 << 17


class _Copy(io.RawIOBase):
    """Reads a copy from its beginning; several may read the same copy in turns."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._file.seek(self._position)
        self._position = self._file.seek(offset, whence)
        return self._position

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override] # of any buffer
        self._file.seek(self._position)
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)


def _copied(log: Path, stream: BinaryIO) -> BinaryIO:
    try:
        with ExitStack() as stack:
            copy = stack.enter_context(tempfile.TemporaryFile(prefix="hilt-"))
            shutil.copyfileobj(stream, copy, _BUFFER)
            copy.flush()
            stack.pop_all()  # the copy is complete
    except OSError as error:
        folder = tempfile.gettempdir()
        problem = error.strerror or error
        raise ReadError(
            f"{log}: cannot be copied to {folder}, to read it twice: {problem}"
        ) from error
    return copy
