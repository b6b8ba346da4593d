"""Google Sheets as a destination: rows as they happen, none lost, none doubled."""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import json
import logging
import os
import queue
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from hilt.core.exceptions import ConfigurationError, HILTError, SinkError
from hilt.io.descriptors import lock_beside
from hilt.io.sheets.connection import CallError, Connection, read_credentials
from hilt.io.sheets.layout import Columns, check_title, prepare
from hilt.io.sheets.outbox import Outbox, replace_file
from hilt.io.sheets.outbox_status import outbox_root
from hilt.io.sheets.pace import Allowance, Pace
from hilt.io.sheets.reasons import explain
from hilt.io.sheets.sender import Sender, Target

if TYPE_CHECKING:
    from hilt.core.event import Event

__all__ = ["SheetsSink", "outbox_root"]

_log = logging.getLogger(__name__)
_sinks: WeakSet[SheetsSink] = WeakSet()
_GLANCE_S = 0.05
_START_S = 15.0
"""The longest wait for an answer when a sink is opened."""


class SheetsSink:
    """Writes events as rows of a Google spreadsheet, from a background thread.

    `write` only puts events into an outbox on disk. One thread sends; where several processes
    write to the same worksheet, one of them sends for all.

    Args:
        sheet_id: The spreadsheet: the long part of its address.
        credentials_path: A service account's key file.
        credentials_json: That file's content, as a dict or as text.
        worksheet_name: The tab; it is made if it is missing.
        columns: The columns, in order; ``rating``, ``comment`` and ``correction`` may be among
            them, for reviewers to fill in. None is every column that HILT has.
        review: Add the reviewers' columns at the right.
        writes_per_minute: How many requests may write, for all sinks of this machine that use the
            same service account.
        outbox: The folder for what waits; see `outbox_root`.
        outbox_limit_bytes: How much may wait before new events are dropped.
        rollover_cells: How many cells a tab may have before the next one, ``Logs (2)``, is made.
        api_root: What stands for ``https://sheets.googleapis.com``, for a gateway or an emulator;
            ``HILT_SHEETS_API_ROOT`` if None.
        pace: All other timings.

    Raises:
        ConfigurationError: If an argument is wrong.
        CredentialsError: If the credentials are missing, unreadable or wrong.
    """

    name = "sheets"

    def __init__(
        self,
        *,
        sheet_id: str | None = None,
        credentials_path: str | os.PathLike[str] | None = None,
        credentials_json: Mapping[str, Any] | str | None = None,
        worksheet_name: str = "Logs",
        columns: Sequence[str] | None = None,
        review: bool = False,
        writes_per_minute: int | None = None,
        outbox: str | os.PathLike[str] | None = None,
        outbox_limit_bytes: int = 256_000_000,
        rollover_cells: int = 8_000_000,
        api_root: str | None = None,
        pace: Pace | None = None,
    ) -> None:
        self.sheet_id = _checked_id(sheet_id or os.environ.get("GOOGLE_SHEET_ID"))
        self.worksheet_name = check_title(worksheet_name)
        self.columns = Columns.of(columns, review=review)
        self.pace = pace or Pace()
        if credentials_json is None and credentials_path is None:
            credentials_path = os.environ.get("GOOGLE_CREDENTIALS_PATH")
        self._key = read_credentials(credentials_path, credentials_json)
        self._api_root = api_root or os.environ.get("HILT_SHEETS_API_ROOT") or None
        root = Path(outbox) if outbox is not None else outbox_root()
        self.outbox = Outbox(root / self._outbox_name(), limit_bytes=outbox_limit_bytes)
        self._target = Target(
            self.connect, self.worksheet_name, self.columns, rollover_cells, self.explain
        )
        account = hashlib.sha256(self._key["client_email"].encode()).hexdigest()[:16]
        self._writes = Allowance(
            root / f"writes-{account}.json",
            writes_per_minute or self.pace.writes_per_minute,
            self.pace.minute_s,
        )
        self._reads = Allowance(
            root / f"reads-{account}.json", self.pace.reads_per_minute, self.pace.minute_s
        )
        self._sender = self._new_sender()
        self._thread: threading.Thread | None = None
        self._bell: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._rung = False
        self._stop = threading.Event()
        self._last: threading.Thread | None = None
        self._starting = threading.Lock()
        self._open = False
        self._known_drops = 0
        _sinks.add(self)

    @property
    def destination(self) -> str:
        """The worksheet."""
        return f"sheet {self.sheet_id} {self.worksheet_name}"

    @property
    def dropped(self) -> int:
        """How many events this process could not put into the outbox."""
        return self.outbox.dropped

    @property
    def stopped(self) -> str | None:
        """Why nothing is sent any more, or None."""
        return self._sender.stopped

    def open(self) -> None:
        """Look at the spreadsheet, and make the worksheet, header and columns ready.

        Where Google cannot be reached now, that is said, and done later.

        Raises:
            HILTError: If it cannot work; the message says the way out.
        """
        if self._open:
            return
        self._make_outbox()
        if self._thread is None:
            # One that has stopped gets another chance.
            self._sender = self._new_sender()
        connection = self.connect()
        # Somebody waits for the program to start.
        connection.wait(self.pace.connect_s, min(self.pace.read_s, _START_S))
        try:
            self._prepare(connection)
        except CallError as error:
            connection.close()
            if error.kind == "refused":
                raise self.explain(error) from error
            _log.warning(
                "HILT: %s. Events wait in %s until it does.",
                str(self.explain(error)).rstrip("."),
                self.outbox.folder,
            )
        self._open = True
        atexit.register(self._at_exit)
        if self.outbox.measure():
            self._start()

    def write(self, lines: bytes, count: int) -> None:
        """Put events into the outbox. Never raises, and never waits for the network."""
        self.outbox.put(lines, count)
        if not self._rung:
            self._rung = True
            # A SimpleQueue may be put to by a finalizer; a lock or an Event may not.
            self._bell.put(None)
        if self._thread is None:
            self._start()

    def flush(self, timeout: float | None = None) -> bool:
        """Whether everything that this process has written is in the sheet.

        Waits for it as long as ``timeout``; returns at once when nothing is sent any more. False
        also if events had to be dropped since the last time.
        """
        mark = self.outbox.mark()
        until = None if timeout is None else time.monotonic() + timeout
        while not self.outbox.passed(mark):
            if self._sender.stopped or (until is not None and time.monotonic() >= until):
                return False
            self._start()
            time.sleep(_GLANCE_S if until is None else min(_GLANCE_S, timeout or _GLANCE_S))
        known, self._known_drops = self._known_drops, self.outbox.dropped
        return known == self._known_drops

    def read(self) -> Iterator[Event]:
        """The events of the sheet, what still waits, and what reviewers say.

        Raises:
            HILTError: If the sheet cannot be read.
        """
        from hilt.io.sheets.review import read_sheet

        connection = self.connect()
        try:
            yield from read_sheet(connection, self.worksheet_name, self.outbox.waiting())
        except CallError as error:
            raise self.explain(error) from error
        finally:
            connection.close()

    def setup(self, *, dashboard: bool = True) -> Iterator[str]:
        """Make the tab and a dashboard ready, and say what was done; a second time does nothing.

        Raises:
            HILTError: If it cannot work; the message says the way out.
        """
        from hilt.io.sheets.dashboard import dashboard_title, make_dashboard

        target = self._target
        connection = self.connect()
        try:
            place, wrote = prepare(connection, target.title, target.columns, target.rollover_cells)
            yield f"{place.title}: {'made ready' if wrote else 'is ready'}"
            if dashboard:
                made = make_dashboard(connection, place)
                yield f"{dashboard_title(place.title)}: {'made' if made else 'is there'}"
        except CallError as error:
            raise self.explain(error) from error
        finally:
            connection.close()

    def feedback(self, known: Iterable[Event] = ()) -> Iterator[Event]:
        """What reviewers say in the sheet, as ``feedback`` events that a log does not have yet.

        Args:
            known: The log's events.

        Raises:
            HILTError: If the sheet cannot be read.
        """
        from hilt.io.sheets.review import new_feedback, rows_of_log

        connection = self.connect()
        try:
            rows = [*rows_of_log(connection, self.worksheet_name)]
        except CallError as error:
            raise self.explain(error) from error
        finally:
            connection.close()
        yield from new_feedback(rows, known)

    def close(self) -> None:
        """Deliver what waits, as long as `Pace.exit_s`, and let go; the rest is kept."""
        if not self._open and self._thread is None:
            return
        self._open = False
        atexit.unregister(self._at_exit)
        self._at_exit()
        self.outbox.close()

    def connect(self) -> Connection:
        """A new connection to the spreadsheet, for the thread that asks.

        Raises:
            HILTError: If gspread is missing, or the key cannot be used.
        """
        return Connection(self.sheet_id, self._key, self._api_root, self.pace)

    def explain(self, error: CallError) -> HILTError:
        """What a failure means for a person."""
        return explain(error, self.sheet_id, self._key)

    def _prepare(self, connection: Connection) -> None:
        target = self._target
        with lock_beside(str(self.outbox.folder / "prepare"), patience=self.pace.read_s):
            place, wrote = prepare(connection, target.title, target.columns, target.rollover_cells)
            proof = self.outbox.folder / "may_write"
            if not wrote and not proof.exists():
                # A sheet that is only shown to us can be read: try to write what is there.
                connection.batch([_no_change(place.sheet_id, place.title)])
            proof.touch(mode=0o600)
        if self._thread is None:
            connection.wait(self.pace.connect_s, self.pace.read_s)
            self._sender.adopt(connection, place)
        else:
            connection.close()

    def _outbox_name(self) -> str:
        """One outbox for each way to write rows: they must be sent in the way they were meant."""
        way = [self.sheet_id, self.worksheet_name, self.columns.needed, self._api_root]
        return hashlib.sha256(json.dumps(way).encode()).hexdigest()[:16]

    def _make_outbox(self) -> None:
        about = {
            "sheet_id": self.sheet_id,
            "worksheet_name": self.worksheet_name,
            "columns": self.columns.needed,
            "service_account": self._key["client_email"],
            "limit_bytes": self.outbox.limit_bytes,
        }
        try:
            self.outbox.make()
            replace_file(self.outbox.folder / "about.json", json.dumps(about).encode())
        except OSError as error:
            raise SinkError(
                f"{self.outbox.folder}: the outbox cannot be made ({error.strerror}). Set "
                "HILT_OUTBOX to a folder that can be written to"
            ) from error

    def _new_sender(self) -> Sender:
        return Sender(self.outbox, self._target, self.pace, self._writes, self._reads)

    def _start(self) -> None:
        """Start the thread, once a process; in a fork it is gone."""
        # Not waited for: who finds it taken knows that another is starting the thread, and it may
        # be the same thread, in a finalizer.
        if not self._starting.acquire(blocking=False):
            return
        try:
            if self._thread is not None and self._thread.is_alive():
                return
            self._stop = threading.Event()
            self._thread = threading.Thread(
                target=self._run, args=(self._stop, self._last), name="hilt-sheets", daemon=True
            )
            # At the end of the program no thread can be started; then the next start sends.
            with contextlib.suppress(RuntimeError):
                self._thread.start()
                self._last = self._thread
        finally:
            self._starting.release()

    def _run(self, stop: threading.Event, before: threading.Thread | None) -> None:
        if before is not None:
            # One that was told to stop may still wait for an answer; there is never more than one.
            before.join()
        sender = self._sender
        try:
            while not stop.is_set():
                self._rung = False
                wait = sender.step()
                if wait <= 0:
                    continue
                if not sender.idle:
                    stop.wait(wait)
                    continue
                with contextlib.suppress(queue.Empty):
                    self._bell.get(timeout=wait)
        finally:
            sender.close()

    def _at_exit(self) -> None:
        until = time.monotonic() + self.pace.exit_s
        if not self.flush(self.pace.exit_s) and self.dropped == 0 and self.stopped is None:
            _log.warning(
                "HILT: events are still waiting in %s; they are sent at the next start.",
                self.outbox.folder,
            )
        self._stop.set()
        self._bell.put(None)
        thread, self._thread = self._thread, None
        if thread is None:
            self._sender.close()
        elif thread is not threading.current_thread():
            thread.join(max(0.1, until - time.monotonic()))

    def _after_fork(self) -> None:
        # Threads, and locks that they held, are the parent's; so are the connections.
        self._thread = self._last = None
        self._starting = threading.Lock()
        self._bell = queue.SimpleQueue()
        self._rung = False
        self._stop = threading.Event()
        self._sender = self._new_sender()


def _checked_id(sheet_id: object) -> str:
    if not isinstance(sheet_id, str) or not sheet_id.strip():
        raise ConfigurationError(
            f"sheet_id: {sheet_id!r} is not the id of a spreadsheet: the long part of its address, "
            "https://docs.google.com/spreadsheets/d/<sheet_id>/edit"
        )
    if "/" in sheet_id:
        # People paste the whole address.
        parts = sheet_id.split("/d/", 1)[-1].split("/", 1)
        if "/d/" not in sheet_id or not parts[0]:
            raise ConfigurationError(f"sheet_id: {sheet_id!r} is not the address of a spreadsheet")
        return parts[0]
    return sheet_id.strip()


def _no_change(sheet_id: int, title: str) -> dict[str, Any]:
    return {
        "updateSheetProperties": {
            "properties": {"sheetId": sheet_id, "title": title},
            "fields": "title",
        }
    }


def _renew() -> None:
    for sink in list(_sinks):
        sink._after_fork()  # noqa: SLF001 - this module's own hook


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew)
