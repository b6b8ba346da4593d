"""The local file: events as lines of JSON, which are written before the caller goes on.

All lines of one step are one ``os.write`` with ``O_APPEND`` in the caller's thread, without a
lock: see `hilt.io.jsonl.log_file`. All else (opening, rotating, a full disk) is done here, under a
lock.
"""

from __future__ import annotations

import atexit
import errno
import logging
import os
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from weakref import WeakSet

from hilt.core import forks
from hilt.core.arguments import count_checked, flag_checked
from hilt.core.columns import check_columns
from hilt.core.event import Event
from hilt.core.exceptions import ConfigurationError, EventError, MissingDependencyError, SinkError
from hilt.core.guard import guard
from hilt.core.whole_writes import sync_folder
from hilt.io.folders import make_folders, shared_with
from hilt.io.jsonl.archiver import check_interpreter
from hilt.io.jsonl.backlog import Backlog, count_of, lost_notice, number_of_events
from hilt.io.jsonl.log_file import LogFile, open_log
from hilt.io.jsonl.outage import Outage
from hilt.io.jsonl.rotation import Rotation
from hilt.io.jsonl.rotator import Rotator
from hilt.io.rows import rows_of

__all__ = ["JsonlSink"]

logger = logging.getLogger(__name__)

_TRIES = 3
_sinks: WeakSet[JsonlSink] = WeakSet()


class JsonlSink:
    """A JSONL file that threads, forked workers and unrelated processes can share.

    While the file cannot be written (no room, no folder, no permission), one warning is logged,
    and events wait in memory, up to 16 MiB; the oldest are kept. Each write tries again.
    What was lost is counted in ``dropped``, and a ``system`` event says so when writing resumes.

    Args:
        path: The file. Its folder is made if it is missing.
        mode: ``a`` appends, ``w`` empties the file when it is first opened, ``r`` only reads.
        columns: Write flat rows of these columns instead of whole events.
        fsync: Wait until each step is on the disk, to survive a loss of power.
        rotate_bytes: Rotate before the file grows beyond so many bytes.
        rotate_daily: Rotate at midnight, UTC.
        keep: How many rotated files are kept; None keeps all.
        compress: Whether rotated files are compressed with gzip.
        archive: A folder or an address where a separate process archives rotated files as Parquet,
            before any is deleted. Needs ``hilt[sql]``.
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
        archive: str | os.PathLike[str] | None = None,
        file_mode: int | None = None,
        folder_mode: int | None = None,
    ) -> None:
        if mode not in ("a", "w", "r"):
            raise ConfigurationError(f'mode: no mode {mode!r}; expected "a", "w" or "r"')
        _check_count("rotate_bytes", rotate_bytes, 1)
        _check_count("keep", keep, 0)
        _check_permissions("file_mode", file_mode)
        _check_permissions("folder_mode", folder_mode)
        if os.fspath(path).endswith(os.sep):
            raise ConfigurationError(
                f"{path}: the name of a folder; give that of a file in it, such as {path}hilt.jsonl"
            )
        self.path = Path(path)
        try:
            self.path = self.path.expanduser()
            self._path = os.path.abspath(self.path)
        except (FileNotFoundError, RuntimeError) as error:
            raise ConfigurationError(
                f"{self.path}: there is no folder that it begins in ({error}); give the whole path"
            ) from error
        self.dropped = 0
        self._mode = mode
        self._columns = None if columns is None else check_columns(columns)
        self._fsync = flag_checked("fsync", fsync)
        flag_checked("rotate_daily", rotate_daily)
        flag_checked("compress", compress)
        self._file_mode = file_mode
        self._folder_mode = folder_mode
        rotation = Rotation(rotate_bytes, rotate_daily, keep, compress, _archive_address(archive))
        _check_archive(rotation, columns)
        self._rotator = Rotator(self._path, rotation, fsync=fsync) if rotation.is_on() else None
        self._renew()
        forks.on_fork(self._renew)
        _sinks.add(self)

    @property
    def destination(self) -> str:
        """The file, without symbolic links."""
        return f"file {os.path.realpath(self._path)}"

    def _renew(self) -> None:
        """Start afresh in a forked child: lock, open file and waiting events are the parent's."""
        self._lock = threading.RLock()
        self._busy = False
        self._file: LogFile | None = None
        self._inbox: deque[bytes] = deque()
        self._backlog = Backlog()
        self._outage = Outage(self._path)
        self._use(None)

    def _use(self, log: LogFile | None) -> None:
        """Let lines go to this log without the lock, or to none if None."""
        self._direct = log if log is not None and log.is_direct else None
        self.log = self._direct if self._columns is None else None
        """The open log, while encoded events may be appended to it; see `FileSink`."""

    def open(self) -> None:
        """Open the file, and make it and its folder if they are missing.

        Raises:
            SinkError: If it cannot be opened; the message names it and says why.
        """
        with self._lock:
            try:
                if self._mode == "r":
                    _check_readable(self._path)
                    return
                log = self._open()
                if others := shared_with(self._path):
                    logger.warning("%s is used, though %s", self._path, others)
                if self._mode == "w":
                    log.empty()
                    self._mode = "a"
            except OSError as error:
                raise SinkError(
                    f"{self.path}: cannot be opened ({error.strerror or error}); "
                    "give the path of a file that this user may write"
                ) from error
        if self._rotator is not None:
            self._rotator.cleanup.start()

    def write(self, lines: bytes, count: int) -> None:
        r"""Append all the lines of one step.

        Args:
            lines: ``count`` events, each one JSON object that ends with ``\n``.
            count: How many.
        """
        if self._columns is not None:
            try:
                lines = rows_of(lines, self._columns)
            except EventError as error:
                self.dropped += count
                logger.warning("%s could not be written", number_of_events(count), exc_info=error)
                return
        log = self._direct
        rest = lines if log is None else log.append(lines)
        if rest:
            self.write_carefully(rest)

    def write_carefully(self, lines: bytes) -> None:
        """Queue lines behind those that wait, and write what can be written."""
        if self._mode == "r":
            self.dropped += count_of(lines)
            return
        with self._lock:
            self._inbox.append(lines)
            # A finalizer that interrupts this very thread in here leaves its lines in the inbox.
            if self._busy:
                return
            self._busy = True
            try:
                # What waits goes first, and so makes room for these lines.
                self._drain()
                self._take_in()
                self._drain()
            except OSError as error:
                self._use(None)
                self._outage.begin(error)
                self._take_in()
            finally:
                self._busy = False
        if self._inbox:
            self.write_carefully(b"")

    def flush(self, timeout: float | None = None) -> bool:
        """Try again to write what waits; return whether everything is written."""
        log = self._file
        rest = log.check() if log is not None else b""
        if rest or self._outage or self._inbox:
            self.write_carefully(rest)
        return not self._backlog

    def read(self) -> Iterator[Event]:
        """The events of the file, after those of its rotated ones; bad lines are skipped.

        Raises:
            ReadError: If there is no such file.
        """
        from hilt.io.read.events import read_events

        return iter(read_events(self._path, include_rotated=self._rotator is not None))

    def close(self) -> None:
        """Write what waits, and close the file; a second call does nothing."""
        if self._file is None and not self._backlog:
            return
        self.flush()
        with self._lock:
            self._give_up()
            self._file = None
            self._use(None)
        if self._rotator is not None:
            self._rotator.cleanup.finish()

    def _take_in(self) -> None:
        while self._inbox:
            lines = self._inbox.popleft()
            if not self._backlog.add(lines):
                self.dropped += count_of(lines)

    def _drain(self) -> None:
        """Write what waits, oldest first.

        Raises:
            OSError: If it cannot be written.
        """
        tries = 0
        while self._backlog:
            rest = self._append(self._backlog.first())
            self._backlog.replace_first(rest)
            if rest:
                # The disk took only a part; the next attempt raises the reason.
                tries += 1
                if tries >= _TRIES:
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if self._outage:
            self._resume()

    def _append(self, lines: bytes) -> bytes:
        """Append lines to the current log; return those that were not written."""
        log = self._file
        if log is None or not log.is_current():
            again = log.check() if log is not None else b""
            log = self._open()
            if again:
                self._inbox.append(again)
        if (
            self._rotator is not None
            and self._rotator.rotate_if_due(log, len(lines))
            and (log.fd < 0 or not log.is_current())
        ):
            log = self._open()
        return log.append_carefully(lines)

    def _open(self) -> LogFile:
        make_folders(os.path.dirname(self._path), self._folder_mode)
        reopened, self._file = self._file is not None, None
        self._file = log = open_log(self._path, self._file_mode, fsync=self._fsync)
        if self._fsync and log.regular:
            sync_folder(os.path.dirname(os.path.realpath(self._path)))
        if self._rotator is not None:
            self._rotator.watch(log)
            if reopened:
                self._rotator.cleanup.start()
        if not self._outage:
            self._use(log)
        return log

    def _resume(self) -> None:
        """Log that the file can be written again, and note in it how many events were lost.

        Raises:
            OSError: If it cannot be written after all.
        """
        lost = self._backlog.lost
        if lost:
            line = lost_notice(lost, self._outage.reason).encode() + b"\n"
            line = line if self._columns is None else rows_of(line, self._columns)
            if rest := self._append(line):
                self._inbox.append(rest)
        self._backlog.clear()
        self._outage.end(lost)
        self._use(self._file)

    def _give_up(self) -> None:
        """Count what still waits as lost, and log that."""
        lost = self._backlog.lost
        waiting = self._backlog.clear()
        self.dropped += waiting
        self._outage.give_up(waiting + lost)


def _check_readable(path: str) -> None:
    """Refuse a file that cannot be read, without opening it, which would disturb a pipe's writer.

    Raises:
        OSError: If there is no such file, or this user may not read it.
    """
    os.stat(path)
    if not os.access(path, os.R_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)


def _check_count(name: str, value: object, least: int) -> None:
    if value is not None:
        count_checked(name, value, least)


def _archive_address(archive: object) -> str | None:
    """The archive's address; a folder's is absolute, as a program may change its directory."""
    if archive is None:
        return None
    if not isinstance(archive, (str, os.PathLike)) or not os.fspath(archive):
        raise ConfigurationError(f"archive: {archive!r} is no folder or address")
    address = str(os.fspath(archive))
    try:
        return address if "://" in address else os.path.abspath(os.path.expanduser(address))
    except FileNotFoundError as error:
        raise ConfigurationError(
            f"archive: {address}: there is no folder that it begins in ({error}); give the whole "
            "path"
        ) from error


def _check_archive(rotation: Rotation, columns: object) -> None:
    if rotation.archive is None:
        return
    if not rotation.is_on():
        raise ConfigurationError(
            "archive: files are archived when they are rotated; give rotate_daily=True or "
            "rotate_bytes= too"
        )
    if columns is not None:
        raise ConfigurationError("archive: rows of columns cannot be archived; leave columns out")
    if find_spec("duckdb") is None:
        raise MissingDependencyError('archive: it needs DuckDB: pip install "hilt[sql]"')
    check_interpreter()


_ALL_BITS = 0o7777


def _check_permissions(name: str, value: object) -> None:
    if value is None:
        return
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _ALL_BITS:
        raise ConfigurationError(f"{name}: {value!r} are no permissions; expected such as 0o640")


def _at_exit() -> None:
    for sink in list(_sinks):
        try:
            sink.flush()
            sink._give_up()  # noqa: SLF001 # nothing more will be written to it
        except Exception:  # one sink must not keep the others from being flushed
            guard.report("writing what waits at exit")


atexit.register(_at_exit)
