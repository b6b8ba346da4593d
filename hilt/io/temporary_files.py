"""Files in temporary folders, which may be on another disk than the output."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from hilt.core.exceptions import SinkError

__all__ = ["cannot_hold", "temporary_file"]


@contextmanager
def temporary_file(path: Path) -> Iterator[BinaryIO]:
    """A new file to write to.

    Args:
        path: Its path, in a temporary folder.

    Raises:
        SinkError: If it cannot be written, as where the disk is full; it names the folder.
    """
    try:
        with path.open("wb") as file:
            yield file
    except OSError as error:
        if error.filename not in (None, str(path)):  # of another file, which was read meanwhile
            raise
        raise cannot_hold(str(error.strerror or error)) from error


def cannot_hold(problem: str) -> SinkError:
    """The error for a temporary folder that cannot hold its files.

    Args:
        problem: What is wrong, in one line.
    """
    return SinkError(
        f"{tempfile.gettempdir()}: cannot hold the temporary files: {problem}; "
        "TMPDIR can name another folder"
    )
