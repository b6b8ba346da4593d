"""Changing the lines of a log that others may be writing to.

The current log is first renamed as in a rotation (see `hilt.io.jsonl.rotator`), so that writers
go on in a new one; then each file that changes is written anew beside itself and renamed into
place. What a writer that was in the middle of a write still puts into the old file is carried over.
If nobody has begun a new log meanwhile, the changed one becomes the log again.

At any moment, every event is in exactly one file that readers look at. If the tool is killed, the
files that it has reached are new and the others old; running it again does the rest. If it only
fails or is interrupted, the log gets its name back.
"""

from __future__ import annotations

import contextlib
import gzip
import os
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from hilt.core import clock
from hilt.core.exceptions import ReadError, SinkError
from hilt.core.whole_writes import sync_folder
from hilt.io.descriptors import Descriptor, lock_beside, read_at
from hilt.io.jsonl.log_file import open_log
from hilt.io.jsonl.rotation import foreign_files, name_after_rotation, rotated_files
from hilt.io.read.lines import is_gzip, line_blocks, stripped
from hilt.io.read.parts import open_parts

__all__ = [
    "Before",
    "ChangeLines",
    "LogChange",
    "append_event",
    "change_log",
    "log_blocks",
    "log_lines",
    "nothing",
]

ChangeLines = Callable[[bytes], bytes | None]
"""Gets a line without its line end; returns what takes its place, or None to remove it."""

Before = Callable[[], None]
"""Called before anything is changed."""


def nothing() -> None:
    """Do nothing before a change; a default for `Before`."""


_PATIENCE_S = 30.0
"""How long to wait for a lock: on a busy machine, writers that rotate often hold it for long."""
_LATE_S = 0.05
_LATE_WRITERS_S = 2.0
_WAITING = ".erasing.tmp"
_TAIL = 1 << 22
_BOM = b"\xef\xbb\xbf"


@dataclass(slots=True)
class LogChange:
    """What `change_log` did.

    Args:
        lines: How many lines the log had.
        changed: How many of them are different now.
        removed: How many are gone.
        files: How many files were written anew.
        unreadable: How many different lines are no events, and stay as they are.
    """

    lines: int = 0
    changed: int = 0
    removed: int = 0
    files: int = 0
    unreadable: int = 0

    def add(self, other: LogChange) -> None:
        """Add what was counted elsewhere."""
        self.lines += other.lines
        self.changed += other.changed
        self.removed += other.removed
        self.files += other.files


def log_lines(path: Path, on_bytes: Callable[[int], None] | None = None) -> Iterator[bytes]:
    """All lines of a log with its rotated files, oldest first; without those that are too long.

    Args:
        path: The log.
        on_bytes: Called with the number of bytes read since the last call.
    """
    for block in log_blocks(path, on_bytes):
        yield from block.split(b"\n")


def log_blocks(path: Path, on_bytes: Callable[[int], None] | None = None) -> Iterator[bytes]:
    """All lines of a log, many at a time; see `log_lines`."""
    for part, file in open_parts(path, include_rotated=True):
        yield from _blocks(part, file, on_bytes)


def change_log(
    path: Path,
    change: ChangeLines,
    *,
    may_change: Callable[[bytes], bool] | None = None,
    before: Before = nothing,
    on_bytes: Callable[[int], None] | None = None,
) -> LogChange:
    """Change the lines of a log and of its rotated files, safely while others write to it.

    Args:
        path: The log.
        change: Called with every line.
        may_change: Whether a block of lines has any that would change; None: look at each line.
        before: Called before each replacement of a file.
        on_bytes: Called with the number of bytes read since the last call.

    Raises:
        SinkError: If a file cannot be written; files that come after it stay as they were. If one
            is compressed by another program than gzip, none is changed.
    """
    for file in foreign_files(path):
        raise SinkError(
            f"{file}: is compressed by another program than gzip, and so neither read nor changed; "
            "decompress it first, or move it elsewhere"
        )
    work = _Change(change, may_change, before, on_bytes)
    try:
        with lock_beside(str(path), patience=_PATIENCE_S) as locked:
            if not locked:
                raise SinkError(f"{path}: another program is rotating or erasing it; try again")
            _remove_leftovers(path)
            # Newest first: an answer is found through its question, so it must not go later.
            rotated = rotated_files(path)
            if path.exists():
                work.change_current(Path(os.path.realpath(path)))
            for file in reversed(rotated):
                work.change_rotated(file)
    except OSError as error:
        if isinstance(error, SinkError):
            raise
        raise SinkError(f"{path}: cannot be changed: {error.strerror or error}") from error
    return work.result


def append_event(path: Path, line: bytes) -> None:
    """Append one event to a log that others may write to.

    Raises:
        SinkError: If it cannot be written.
    """
    try:
        if _is_compressed(path):
            with path.open("ab") as file:  # gzip reads members in a row as one file
                file.write(gzip.compress(line))
            return
        with contextlib.closing(open_log(str(path))) as log:
            while line:
                line = log.append_carefully(line)
    except OSError as error:
        raise SinkError(f"{path}: cannot be written: {error.strerror or error}") from error


def _is_compressed(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return is_gzip(file)
    except FileNotFoundError:
        return False


def _files(path: Path) -> list[Path]:
    return [*rotated_files(path), *((path,) if path.exists() else ())]


def _blocks(path: Path, file: BinaryIO, on_bytes: Callable[[int], None] | None) -> Iterator[bytes]:
    """The lines of a file, without stray bytes before them.

    Raises:
        ReadError: If it is damaged, or not compressed with gzip.
    """
    try:
        for block in line_blocks(file):
            if isinstance(block, int):
                continue
            if on_bytes is not None:
                on_bytes(len(block))
            yield _without_marks(block)
    except (EOFError, zlib.error, OSError) as error:
        raise ReadError(f"{path}: cannot be read to its end: {error}") from error


def _without_marks(block: bytes) -> bytes:
    """Lines without the byte order marks and NULs that keep them from being events."""
    if _BOM not in block and b"\0" not in block:
        return block
    return b"\n".join(map(stripped, block.split(b"\n")))


class _Change:
    """The files of one log, changed one after the other."""

    def __init__(
        self,
        change: ChangeLines,
        may_change: Callable[[bytes], bool] | None,
        before: Before,
        on_bytes: Callable[[int], None] | None,
    ) -> None:
        self._change = change
        self._may_change = may_change
        self._before = before
        self._on_bytes = on_bytes or (lambda _: None)
        self.result = LogChange()

    def change_current(self, path: Path) -> None:
        """Change the log that is written to, if anything in it changes."""
        if not self._would_change(path):
            with path.open("rb") as file:
                for block in _blocks(path, file, self._on_bytes):
                    self.result.lines += sum(map(bool, block.split(b"\n")))
            return
        renamed = Path(name_after_rotation(str(path)))
        with Descriptor(str(path), os.O_RDWR) as held:
            held.lock(shared=True)  # so that no writer compresses it once it is renamed
            try:
                path.rename(renamed)
                time.sleep(_LATE_S)  # writes that began before the renaming end here
                self._change_open(held, renamed, path, unused=False)
            except BaseException:
                with contextlib.suppress(FileNotFoundError):  # it was not renamed, or is changed
                    _rename_unless_begun(renamed, path)
                raise

    def _would_change(self, path: Path) -> bool:
        with path.open("rb") as file:
            for block in _blocks(path, file, None):
                if self._may_change and not self._may_change(block):
                    continue
                lines = filter(None, map(stripped, block.split(b"\n")))
                if any(self._change(line) != line for line in lines):
                    return True
        return False

    def change_rotated(self, file: Path) -> None:
        """Change a rotated file, which a writer may compress or delete at the same time."""
        for name in (file, file.with_name(f"{file.name}.gz")):
            with contextlib.suppress(FileNotFoundError), Descriptor(str(name), os.O_RDWR) as held:
                self._change_open(held, name, name)
                return

    def _change_open(
        self, old: Descriptor, file: Path, becomes: Path, *, unused: bool | None = None
    ) -> None:
        """Write a file anew if any of its lines changes.

        Args:
            old: The file, open; it stays locked until it is closed.
            file: Its name; no further writer opens it.
            becomes: The name of the new file, unless somebody has begun one of that name.
            unused: Whether nobody else has it open; None if it is not locked yet.
        """
        waiting = Path(f"{file}{_WAITING}")
        packed = file.suffix == ".gz"
        lines = _Lines(self._change, self._may_change)
        result = self.result
        mode = os.fstat(old.fd).st_mode & 0o777
        unused = _lock(old) if unused is None else unused
        if not os.path.samestat(os.fstat(old.fd), file.stat()):
            raise FileNotFoundError(file)  # it was compressed just now
        with (
            open(old.fd, "rb", closefd=False) as source,
            _new_file(waiting, mode, packed=packed) as new,
        ):
            read = 0
            for block in _all_blocks(becomes, source):
                self._on_bytes(len(block))
                read += len(block)
                new.write(lines.changed(block))
            result.lines += lines.count
            result.changed += lines.different
            result.removed += lines.gone
            result.files += lines.differ
        if not lines.differ and file == becomes:
            waiting.unlink()
            return
        with Descriptor(str(waiting), os.O_RDWR) as held:
            # No writer may compress it before late lines are in it: they would begin a plain file
            # beside the compressed one, and hide that from all readers.
            held.lock(shared=True)
            _put_in_place(waiting, file, becomes, self._before)
            if file == becomes and lines.count == lines.gone and unused:
                file.unlink()  # nothing is left of this rotated file
            if not packed and not unused:
                _carry_over(old, read, becomes, lines)


def _all_blocks(path: Path, file: BinaryIO) -> Iterator[bytes]:
    """All lines of a file that is to be written anew, unchanged.

    Raises:
        SinkError: If not all can be read.
    """
    try:
        for block in line_blocks(file):
            if isinstance(block, int):
                raise SinkError(f"{path}: a line of {block:,} bytes cannot be changed")
            yield block
    except (EOFError, zlib.error) as error:
        raise SinkError(
            f"{path}: cannot be read to its end, so it was not changed: {error}"
        ) from error


def _lock(file: Descriptor) -> bool:
    """Keep others from compressing a file; return whether nobody else has it open.

    If somebody is already compressing it, wait for the end: then the file is gone.
    """
    until = clock.steady_seconds() + _PATIENCE_S
    while clock.steady_seconds() < until:
        if file.lock() is not False:
            return True
        if file.lock(shared=True) is not False:
            return False
        time.sleep(0.01)
    raise SinkError("another program is compressing it; try again")


class _Lines:
    """Changes lines, and counts them."""

    def __init__(self, change: ChangeLines, may_change: Callable[[bytes], bool] | None) -> None:
        self._change = change
        self._may_change = may_change
        self.count = 0
        self.different = 0
        self.gone = 0

    @property
    def differ(self) -> bool:
        return bool(self.different or self.gone)

    def changed(self, block: bytes) -> bytes:
        """A block of lines after the change."""
        if self._may_change is not None and not self._may_change(block):
            self.count += block.count(b"\n")
            return block
        result = []
        *whole, rest = block.split(b"\n")
        for line in whole:
            new = self._one(line)
            if new is not None:
                result.append(new + b"\n")
        if rest:
            new = self._one(rest)
            if new is not None:
                # A torn last line stays torn, unless it changes.
                result.append(new if new == rest else new + b"\n")
        return b"".join(result)

    def _one(self, line: bytes) -> bytes | None:
        event = line if line[:1] == b"{" else stripped(line)
        if not event:
            return line
        self.count += 1
        new = self._change(event)
        if new is None:
            self.gone += 1
        elif new == event:
            return line
        else:
            self.different += 1
        return new


def _put_in_place(waiting: Path, file: Path, becomes: Path, before: Before) -> None:
    """Put the new file in the place of the old one, under its final name."""
    try:
        before()
        waiting.replace(file)
    except BaseException:
        waiting.unlink(missing_ok=True)
        raise
    if file != becomes:
        _rename_unless_begun(file, becomes)
    sync_folder(str(file.parent))


def _rename_unless_begun(file: Path, becomes: Path) -> None:
    """Give a file the log's name, unless a writer has begun a new log."""
    try:
        os.link(file, becomes)
    except FileExistsError:
        if not file.samefile(becomes):
            return
    file.unlink()


def _carry_over(old: Descriptor, read: int, path: Path, lines: _Lines) -> None:
    """Append to the log what a late writer put into the old file, unless it did so itself."""
    until = clock.steady_seconds() + _LATE_WRITERS_S
    while old.lock() is False and clock.steady_seconds() < until:
        time.sleep(0.01)
    late = read_at(old.fd, 1 << 26, read)
    current = _tail(path) if late else b""
    for line in late.split(b"\n"):
        if line.strip() and line not in current:
            append_event(path, lines.changed(line + b"\n"))


def _tail(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - _TAIL))
            return file.read()
    except FileNotFoundError:
        return b""


@contextlib.contextmanager
def _new_file(path: Path, mode: int, *, packed: bool) -> Iterator[BinaryIO]:
    """A new file that is synced to disk when the block ends, and deleted if the block fails."""
    path.unlink(missing_ok=True)
    descriptor = os.open(
        path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), mode
    )
    try:
        with os.fdopen(descriptor, "wb", 1 << 20) as file:
            if packed:
                with gzip.GzipFile(path.name, "wb", 6, file, 0) as packing:
                    yield packing  # type: ignore[misc]  # it has the methods that are used
            else:
                yield file
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _remove_leftovers(path: Path) -> None:
    """Remove what a killed run has left beside the log: half a file, or a file's second name."""
    real = Path(os.path.realpath(path))
    for rotated in rotated_files(real):
        with contextlib.suppress(FileNotFoundError):  # a writer rotates or compresses just now
            if rotated.samefile(real):
                rotated.unlink()
    for left in real.parent.glob(f"{real.stem}*{_WAITING}"):
        left.unlink(missing_ok=True)


def total_bytes(paths: Iterable[Path]) -> int:
    """The total size of some logs with their rotated files, for a progress bar."""
    return sum(file.stat().st_size for path in paths for file in _files(path))
