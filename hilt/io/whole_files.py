"""Files that get their name only when they are complete."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from hilt.core.exceptions import SinkError

__all__ = ["whole_file"]


@contextlib.contextmanager
def whole_file(destination: str | os.PathLike[str]) -> Iterator[Path]:
    """A path to write to, which becomes the destination at the end; an error leaves nothing.

    An existing file stays until then. The new file is readable by its owner only. A pipe or a
    device is written to directly.

    Args:
        destination: The file to make.

    Raises:
        SinkError: If it cannot be made, or is a link that another user left in a folder for all.
    """
    final = Path(destination).expanduser()
    try:
        _check_place(final)
        if final.exists() and not final.is_file():  # /dev/stdout may be a link to no path
            yield final
            return
        final = final.resolve()  # a link stays, and its file is replaced
        handle, name = tempfile.mkstemp(prefix=f".{final.name[:100]}.", dir=final.parent)
    except SinkError:
        raise
    except OSError as error:
        raise SinkError(f"{destination}: cannot be made: {error.strerror or error}") from error
    except RuntimeError as error:  # in Python before 3.13
        raise SinkError(f"{destination}: cannot be made: it is a link to itself") from error
    os.close(handle)
    waiting = Path(name)
    try:
        yield waiting
        waiting.replace(final)
    except SinkError:  # from the writer, such as a sheet that cannot be read
        raise
    except OSError as error:
        raise SinkError(f"{destination}: cannot be made: {error.strerror or error}") from error
    finally:
        waiting.unlink(missing_ok=True)


def _check_place(path: Path) -> None:
    """Refuse a folder, and a link that another user has left in a folder such as /tmp.

    Raises:
        OSError: If it is one.
    """
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "it is a folder")
    if not path.is_symlink() or not hasattr(os, "geteuid"):
        return
    folder, owner = path.parent.stat(), path.lstat().st_uid
    if folder.st_mode & stat.S_IWOTH and owner not in (os.geteuid(), _owner_of(folder)):
        raise PermissionError(errno.EACCES, f"it is a link that belongs to user {owner}")


def _owner_of(folder: os.stat_result) -> int:
    return folder.st_uid
