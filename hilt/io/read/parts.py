"""The files of a log in order of time: rotated ones, compressed or not, then the log itself."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
from collections.abc import Generator, Iterable
from pathlib import Path
from typing import BinaryIO

from hilt.core.exceptions import ReadError
from hilt.io.jsonl.rotation import foreign_files, rotated_files

__all__ = [
    "STDIN",
    "check_readable",
    "has_parts",
    "open_parts",
    "open_rotated",
    "parts_of_logs",
    "reads_once",
]

STDIN = Path("-")
"""The path that stands for standard input."""


def check_readable(path: Path, *, include_rotated: bool) -> None:
    """Refuse a log that cannot be read, before anything is read.

    Raises:
        ReadError: If there is no log, or it cannot be opened.
    """
    # Without opening it: the writer of a pipe would not survive a reader that closes it at once.
    try:
        if path.is_dir():
            raise ReadError(f"{path}: is a folder; name a log in it")
        if path.stat() and not os.access(path, os.R_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except FileNotFoundError:
        if not (include_rotated and rotated_files(path)):
            raise ReadError(f"{path}: there is no such log") from None
    except OSError as error:
        raise ReadError(f"{path}: cannot be read: {error.strerror or error}") from error


def reads_once(log: Path) -> bool:
    """Whether a log can be read only once: standard input, a pipe or a device."""
    if log == STDIN:
        return True
    try:
        mode = log.stat().st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def has_parts(path: Path) -> bool:
    """Whether there is a log, or rotated files of one, as in the middle of a rotation."""
    return path.exists() or bool(rotated_files(path))


def open_parts(
    path: Path, *, include_rotated: bool
) -> Generator[tuple[Path, BinaryIO], None, None]:
    """The files of a log, oldest first, each open while it is read."""
    with contextlib.ExitStack() as stack:
        # The log itself is opened first, so that it is read last even if it is rotated now.
        log: BinaryIO | None = None
        with contextlib.suppress(FileNotFoundError):
            log = stack.enter_context(path.open("rb"))
        # Files that another program has compressed are included, so that reading them fails.
        every = (*foreign_files(path), *rotated_files(path)) if include_rotated else ()
        for rotated in every:
            file = open_rotated(rotated)
            if file is None:
                continue
            with file:
                # If the log was rotated since it was opened, it is one of these, too.
                if log is None or not os.path.sameopenfile(file.fileno(), log.fileno()):
                    yield rotated, file
        if log is not None:
            yield path, log


def open_rotated(path: Path) -> BinaryIO | None:
    """Open a rotated file, which may have been compressed or deleted since it was listed."""
    for name in (path, path.with_name(f"{path.name}.gz")):
        try:
            return name.open("rb")
        except FileNotFoundError:
            continue
    return None


def parts_of_logs(logs: Iterable[Path]) -> Generator[tuple[Path, BinaryIO], None, None]:
    """The files of several logs, one log after the other; ``-`` is standard input."""
    for log in logs:
        if log == STDIN:
            yield log, sys.stdin.buffer
        else:
            yield from open_parts(log, include_rotated=True)
