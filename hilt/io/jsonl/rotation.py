"""When a log is rotated, and the names that rotated files have.

`hilt.io.jsonl.rotator` renames a log, `hilt.io.jsonl.cleanup` compresses and deletes old ones.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from hilt.core import clock
from hilt.core.ids_and_times import format_nanos, to_nanos

__all__ = ["Rotation", "foreign_files", "log_of_rotated", "name_after_rotation", "rotated_files"]

_FOREIGN = (".zst", ".xz", ".bz2", ".lz4")
_NO_PUNCTUATION = str.maketrans("", "", "-:.")
_STAMPED = re.compile(r"\.(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{6})Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Rotation:
    """When a log is rotated, and what happens to rotated files.

    Args:
        max_bytes: Rotate before it grows beyond so many bytes; None for any size.
        daily: Rotate at midnight, UTC.
        keep: How many rotated files to keep; older ones are deleted. None keeps all.
        compress: Whether rotated files are compressed with gzip.
        archive: Where rotated files are archived, before any is deleted; None for nowhere.
    """

    max_bytes: int | None = None
    daily: bool = False
    keep: int | None = None
    compress: bool = True
    archive: str | None = None

    def is_on(self) -> bool:
        """Whether anything is ever rotated."""
        return self.max_bytes is not None or self.daily

    def is_due(self, size: int, adding: int, day_ends: int) -> bool:
        """Whether a log is to be rotated before it grows.

        Args:
            size: Its size.
            adding: By how many bytes it would grow.
            day_ends: The end of the day on which it began, in nanoseconds since the epoch.
        """
        if size == 0:
            return False
        full = self.max_bytes is not None and size + adding > self.max_bytes
        return full or (self.daily and clock.unix_nanos() >= day_ends)


def rotated_files(path: str | Path) -> list[Path]:
    """The rotated files of a log, oldest first; if one is there plain and compressed, the plain."""
    files = _stamped_files(path, "", ".gz")
    plain = {f"{file.name}.gz" for file in files}
    return [file for file in files if file.name not in plain]


def foreign_files(path: str | Path) -> list[Path]:
    """The rotated files of a log that exist only as another program has compressed them."""
    known = {file.name.removesuffix(".gz") for file in rotated_files(path)}
    return [file for file in _stamped_files(path, *_FOREIGN) if file.stem not in known]


def log_of_rotated(path: str) -> str | None:
    """The log that a rotated file, plain or compressed, was by its name; None for another name."""
    folder, name = os.path.split(path.removesuffix(".gz"))
    stamp = _STAMPED.search(name)
    return os.path.join(folder, _STAMPED.sub("", name, count=1)) if stamp else None


def _stamped_files(path: str | Path, *endings: str) -> list[Path]:
    """The files named like a log with a time in the name, and with one of some endings."""
    try:
        real = Path(os.path.realpath(path))
    except FileNotFoundError:  # the current folder was deleted
        return []
    shape = re.compile(
        re.escape(real.stem)
        + _STAMPED.pattern
        + re.escape(real.suffix)
        + f"(?:{'|'.join(map(re.escape, endings))})"
    )
    try:
        names = sorted(name for name in os.listdir(real.parent) if shape.fullmatch(name))
    except OSError:
        return []
    return [real.parent / name for name in names]


def name_after_rotation(real: str) -> str:
    """A free name for a log, which sorts after those of all its rotated files.

    Args:
        real: The log's path, without symbolic links.
    """
    stem, suffix = os.path.splitext(real)
    moment = clock.unix_nanos()
    files = rotated_files(real)
    if files:
        moment = max(moment, _moment(files[-1].name[len(os.path.basename(stem)) :]) + 1000)
    stamp = format_nanos(moment).translate(_NO_PUNCTUATION)
    return f"{stem}.{stamp}{suffix}"


def _moment(ending: str) -> int:
    """The time in the name of a rotated file, in nanoseconds since the epoch; 0 for none."""
    # Not strptime: it imports a module when it is first called, and a fork at that moment would
    # leave the child waiting for the import for ever.
    parts = _STAMPED.match(ending)
    return to_nanos("{}-{}-{}T{}:{}:{}.{}Z".format(*parts.groups())) if parts else 0
