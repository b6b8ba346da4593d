"""The local file: events as lines of JSON, in the kernel's hands before the caller goes on.

All lines of one step are one ``os.write`` with ``O_APPEND`` in the caller's thread, without a
lock. Around it a thread that writes alone looks whether the path still leads to the file, and
whether a line of another writer was torn just before; while several threads write, one of them
looks every 20 ms, for all. Everything that is not that one write (opening, rotating, a disk
without room) is done under a lock. See `hilt.io.jsonl.log_file` for torn lines and
`hilt.io.jsonl.rotation` for rotation.
"""

from __future__ import annotations

import atexit
import contextlib
import errno
import logging
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from weakref import WeakSet

from hilt.core import clock
from hilt.core.columns import check_columns
from hilt.core.event import Event
from hilt.core.exceptions import ConfigurationError, SinkError
from hilt.io.descriptors import lock_beside
from hilt.io.jsonl.backlog import BACKLOG_BYTES, Backlog, lost_notice
from hilt.io.jsonl.log_file import LogFile, make_folders, open_log
from hilt.io.jsonl.rotation import Rotation, Tidying, day_end, first_moment
from hilt.io.rows import rows_of

__all__ = ["JsonlSink"]

logger = logging.getLogger(__name__)

_TRIES = 3
_RETRY_ROTATION = 10_000_000_000
# To ask for a file's times or size (stat) would make the next write dearer: Linux then stamps it
# to the nanosecond. So each write asks only whether the path is there, and stats now and then.
_LOOK_S = 0.02
_exists = os.access
_monotonic = time.monotonic
_write = os.write
_seek = os.lseek
_thread = threading.get_ident
# Windows emulates O_APPEND, and cannot read at a place: all its writes take the careful way.
_DIRECT = hasattr(os, "pread")
_sinks: WeakSet[JsonlSink] = WeakSet()


class JsonlSink:
    """A JSONL file that threads, forked workers and unrelated processes can share.

    While the file cannot be written (no room, no folder, no permission), one warning is logged,
    and events wait in memory, up to 16 MiB; the oldest are kept. Each write tries again.
    What was lost is counted in ``dropped``, and said in a ``system`` event when writing resumes.

    Args:
        path: The file. Its folder is made if it is missing.
        mode: ``a`` appends, ``w`` empties the file when it is first opened, ``r`` only reads.
        columns: Write flat rows of these columns instead of whole events.
        fsync: Wait until the disk has each step, to survive a loss of power.
        rotate_bytes: Rotate before the file grows beyond so many bytes.
        rotate_daily: Rotate at midnight, UTC.
        keep: How many rotated files are kept; None keeps all.
        compress: Whether rotated files are compressed with gzip.
        file_mode: The permissions of files that are made; 0600 if None.
        folder_mode: The permissions of folders that are made; 0700 if None.

    Raises:
        ConfigurationError: If an argument is wrong.
    """

    name = "local"

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        mode: str = "a",
        columns: Sequence[str] | None = None,
        fsync: bool = False,
        rotate_bytes: int | None = None,
        rotate_daily: bool = False,
        keep: int | None = None,
        compress: bool = True,
        file_mode: int | None = None,
        folder_mode: int | None = None,
    ) -> None:
        if mode not in ("a", "w", "r"):
            raise ConfigurationError(f'mode: no mode {mode!r}; expected "a", "w" or "r"')
        _check_count("rotate_bytes", rotate_bytes, 1)
        _check_count("keep", keep, 0)
        self.path = Path(path).expanduser()
        self.dropped = 0
        self._path = os.path.abspath(self.path)
        self._mode = mode
        self._columns = None if columns is None else check_columns(columns)
        self._fsync = fsync
        self._file_mode = file_mode
        self._folder_mode = folder_mode
        self._rotation = Rotation(rotate_bytes, rotate_daily, keep, compress)
        self._unusual = mode == "r" or columns is not None
        self._rotates = self._rotation.is_on()
        self._quick = _DIRECT and not (fsync or self._rotates or self._unusual)
        self._tidying = Tidying(self._path, self._rotation)
        self._full_at = sys.maxsize if rotate_bytes is None else rotate_bytes
        self._day_ends = 0
        self._rotate_from = 0
        self._unsynced = False
        self._log: LogFile | None = None
        self._backlog = Backlog()
        self._reset()
        _sinks.add(self)

    @property
    def destination(self) -> str:
        """The file, whichever of its names was given."""
        return f"file {os.path.realpath(self._path)}"

    def _reset(self) -> None:
        """Forget what belongs to the parent: its lock, its threads, what it has yet to write."""
        self._lock = threading.RLock()
        self._busy = False
        self._log = None
        self._backlog.clear()
        self._inbox: deque[tuple[bytes, int]] = deque()
        self._outage = ""
        self._waiting = not _DIRECT
        self._tidying.reset()

    def open(self) -> None:
        """Open the file, and make it and its folder if they are missing.

        Raises:
            SinkError: If it cannot be opened; the message names it and says why.
        """
        with self._lock:
            try:
                if self._mode == "r":
                    with self.path.open("rb"):
                        return
                log = self._open()
                if self._mode == "w":
                    os.ftruncate(log.fd, 0)
                    log.clean_end = 0
                    self._mode = "a"
            except OSError as error:
                raise SinkError(
                    f"{self.path}: cannot be opened ({error.strerror or error}); "
                    "give the path of a file that this user may write"
                ) from error
        if self._rotation.is_on():
            self._tidying.start()

    def write(self, lines: bytes, count: int) -> None:
        r"""Append all the lines of one step. Never raises.

        Args:
            lines: ``count`` events, each one JSON object that ends with ``\n``.
            count: How many.
        """
        try:
            if self._unusual:
                if self._mode == "r":
                    self.dropped += count
                    return None
                lines = rows_of(lines, self._columns or ())
            log, thread = self._log, _thread()
            if log is None or self._waiting or (before := log.clean_end) < 0:
                return self._write_carefully(lines, count)
            now, together = _monotonic(), log.writer != thread
            if together:
                if self._quick and now < log.look_from:
                    return self.append_unchecked(lines, count)
                log.writer = thread
            if (
                not _exists(self._path, os.F_OK)
                or (self._rotates and self._must_rotate(before + len(lines)))
                or (now >= log.look_from and not self._look(log))
            ):
                self._check(log)
                return self._write_carefully(lines, count)
            try:
                written = _write(log.fd, lines)
            except OSError:
                return self._write_carefully(lines, count)
            if written != len(lines):
                return self._write_rest(log, lines, written)
            if _seek(log.fd, 0, os.SEEK_CUR) == (end := before + log.ahead + written):
                # Nobody else wrote in between: no line is torn.
                log.clean_end, log.ahead = end, 0
                log.unchecked.clear()
            elif spoiled := log.check_place(lines, before):
                self._write_carefully(spoiled, 1)
            if self._fsync:
                self._sync(log)
        except Exception as error:
            self._lose(count, error)
        return None

    def append_unchecked(self, lines: bytes, count: int) -> None:
        """`write` a step that another will soon follow: what came of it is looked at then.

        Every call of the system lets go of the interpreter, which is dear where other threads
        want it: here it is one call.
        """
        try:
            log = self._log
            if (
                log is None
                or not self._quick
                or self._waiting
                or (before := log.clean_end) < 0
                or _monotonic() >= log.look_from
            ):
                return self.write(lines, count)
            if log.writer != _thread():
                log.writer = 0
            written = _write(log.fd, lines)
            if written == len(lines):
                log.unchecked.append((before, lines))
                log.ahead += written
            else:
                self._write_rest(log, lines, written)
        except OSError:  # nothing was written
            self._write_carefully(lines, count)
        except Exception as error:
            self._lose(count, error)
        return None

    def _write_rest(self, log: LogFile, lines: bytes, written: int) -> None:
        """Go on after the disk took only a part."""
        log.mark_torn()
        rest = lines[lines.rfind(b"\n", 0, written) + 1 :]
        self._write_carefully(rest, rest.count(b"\n"))

    def _lose(self, count: int, error: Exception) -> None:
        self.dropped += count
        logger.warning("%d events could not be written", count, exc_info=error)

    def flush(self, timeout: float | None = None) -> bool:
        """Whether everything is written; tries again if something waits."""
        log = self._log
        if log is not None:
            self._check(log)
        if self._outage or self._inbox:
            self._write_carefully(b"", 0)
        return not self._backlog

    def read(self) -> Iterator[Event]:
        """The events of the file, after those of its rotated ones; bad lines are skipped.

        Raises:
            ReadError: If there is no such file.
        """
        from hilt.io.read.events import read_events

        return iter(read_events(self._path, include_rotated=self._rotation.is_on()))

    def close(self) -> None:
        """Write what waits, and let the file go; a second call does nothing."""
        if self._log is None and not self._backlog:
            return
        self.flush()
        with self._lock:
            self._give_up()
            self._log = None
        if self._rotation.is_on():
            self._tidying.finish()

    def _must_rotate(self, size: int) -> bool:
        """Whether the file would be too large, or is of yesterday."""
        day_ends = self._day_ends
        return size > self._full_at or (day_ends > 0 and clock.unix_nanos() >= day_ends)

    def _look(self, log: LogFile) -> bool:
        """Whether the path still leads to the log; see also to what was written in a hurry."""
        log.look_from = _monotonic() + _LOOK_S
        self._check(log)
        return log.is_at(self._path)

    def _check(self, log: LogFile) -> None:
        """Write again what was spoiled, or lost with a file that was deleted."""
        again = log.check() if log.unchecked else b""
        if again:
            self._write_carefully(again, again.count(b"\n"))

    def _write_carefully(self, lines: bytes, count: int) -> None:
        """Put lines behind those that wait, and write what can be written."""
        with self._lock:
            self._inbox.append((lines, count))
            # A finalizer ran while this very thread is in here: it will see to the inbox.
            if self._busy:
                return
            self._busy = True
            try:
                # What waits goes first: it may make the room that these lines need.
                self._drain()
                self._take_in()
                self._drain()
            except OSError as error:
                self._out(error)
                self._take_in()
            finally:
                self._busy = False
        if self._inbox:
            self._write_carefully(b"", 0)

    def _take_in(self) -> None:
        while self._inbox:
            lines, count = self._inbox.popleft()
            if not self._backlog.take(lines, count):
                self.dropped += count

    def _drain(self) -> None:
        """Write what waits, oldest first.

        Raises:
            OSError: If it cannot be written.
        """
        tries = 0
        while self._backlog:
            if not self._backlog.shorten(self._append(self._backlog.first())):
                # The disk took a part: the next try says why it did not take all.
                tries += 1
                if tries >= _TRIES:
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if self._outage:
            self._resume()

    def _append(self, lines: bytes) -> int:
        log = self._log
        if log is None or not log.is_at(self._path):
            again = log.check() if log is not None else b""
            log = self._open()
            if again:
                self._inbox.append((again, again.count(b"\n")))
        if self._rotation.is_on():
            log = self._rotated(log, len(lines))
        with contextlib.nullcontext() if _DIRECT else lock_beside(self._path):
            written, spoiled = log.append(lines)
        if spoiled:
            self._inbox.append((spoiled, 1))
        if self._fsync and log.regular:
            self._sync(log)
        return written

    def _sync(self, log: LogFile) -> None:
        try:
            os.fsync(log.fd)
        except OSError as error:
            # The lines are in the file, and to write them again would not make them safer.
            if not self._unsynced:
                logger.warning("%s is written, but fsync fails: %s", self._path, error)
            self._unsynced = True

    def _open(self) -> LogFile:
        make_folders(os.path.dirname(self._path), self._folder_mode)
        moved = self._log is not None
        self._log = None
        log = open_log(self._path, self._file_mode)
        self._log = log
        if not self._outage:
            self._waiting = not (_DIRECT and log.regular)
        if self._rotation.daily:
            self._day_ends = day_end(first_moment(log))
        if moved and self._rotation.is_on():
            self._tidying.start()
        return log

    def _rotated(self, log: LogFile, adding: int) -> LogFile:
        """The log to write to: the same, or a new one after a rotation."""
        now = clock.monotonic_nanos()
        size = os.fstat(log.fd).st_size
        if now < self._rotate_from or not self._rotation.is_due(size, adding, self._day_ends):
            return log
        try:
            self._rotation.rotate(self._path, log, adding)
        except OSError as error:
            if not self._rotate_from:
                logger.warning("%s cannot be rotated, and grows on: %s", self._path, error)
            self._rotate_from = now + _RETRY_ROTATION
        if log.fd < 0 or not log.is_at(self._path):
            return self._open()
        if self._day_ends:
            # It may have been empty when its day was first asked for.
            self._day_ends = day_end(first_moment(log))
        return log

    def _out(self, error: OSError) -> None:
        """Note that the file cannot be written, and say so once."""
        self._waiting = True
        if not self._outage:
            logger.warning(
                "%s cannot be written: %s; events wait in memory (at most %d bytes) until it can",
                self._path,
                error.strerror or error,
                BACKLOG_BYTES,
            )
        self._outage = error.strerror or str(error)

    def _resume(self) -> None:
        """Say that the file can be written again, and what was lost.

        Raises:
            OSError: If it cannot after all.
        """
        lost, reason = self._backlog.lost, self._outage
        if lost:
            line = lost_notice(lost, reason).encode() + b"\n"
            self._append(line if self._columns is None else rows_of(line, self._columns))
        self._backlog.clear()
        self._outage = ""
        log = self._log
        self._waiting = not (_DIRECT and log is not None and log.regular)
        logger.warning("%s can be written again; %d events were lost", self._path, lost)

    def _give_up(self) -> None:
        """Count what still waits as lost, and say so."""
        reason = self._outage
        lost = self._backlog.lost
        left = self._backlog.clear()
        self.dropped += left
        if left + lost:
            logger.warning(
                "%d events could not be written to %s: %s", left + lost, self._path, reason
            )


def _check_count(name: str, value: object, least: int) -> None:
    if value is None:
        return
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise ConfigurationError(f"{name}: {value!r} is not a whole number from {least} up")


def _after_fork() -> None:
    for sink in list(_sinks):
        sink._reset()  # noqa: SLF001


def _at_exit() -> None:
    for sink in list(_sinks):
        with contextlib.suppress(Exception):
            sink.flush()
            sink._give_up()  # noqa: SLF001


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
atexit.register(_at_exit)
