"""Files that appear under their name only when they are whole."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from hilt.core.exceptions import SinkError

__all__ = ["whole_file"]


@contextlib.contextmanager
def whole_file(destination: str | os.PathLike[str]) -> Iterator[Path]:
    """A path to write to, which becomes the destination at the end; an error leaves nothing.

    What was there before stays until then. The new file is readable by its owner only. A pipe or
    a device is written to as it is.

    Args:
        destination: The file to make.

    Raises:
        SinkError: If it cannot be made.
    """
    final = Path(destination).expanduser()
    try:
        final = final.resolve()  # a link goes on pointing to its file
        if final.exists() and not final.is_file() and not final.is_dir():
            yield final
            return
        if final.is_dir():
            raise SinkError(f"{destination}: cannot be made: it is a folder")
        handle, name = tempfile.mkstemp(prefix=f".{final.name[:100]}.", dir=final.parent)
    except OSError as error:
        raise SinkError(f"{destination}: cannot be made: {error.strerror or error}") from error
    os.close(handle)
    waiting = Path(name)
    try:
        yield waiting
        waiting.replace(final)
    except OSError as error:
        raise SinkError(f"{destination}: cannot be made: {error.strerror or error}") from error
    finally:
        waiting.unlink(missing_ok=True)
