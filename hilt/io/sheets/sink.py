"""Google Sheets as a destination: rows as they happen, none lost, none twice."""

from __future__ import annotations

import atexit
import hashlib
import json
import logging
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hilt.core import clock, forks
from hilt.core.exceptions import ConfigurationError, HILTError, SinkError
from hilt.io.descriptors import lock_beside
from hilt.io.sheets.batches import event_in
from hilt.io.sheets.columns import RATINGS, Columns, Kind
from hilt.io.sheets.connection import Connection, Json
from hilt.io.sheets.credentials import read_credentials
from hilt.io.sheets.diagnosis import diagnose
from hilt.io.sheets.errors import CallError
from hilt.io.sheets.outbox import Outbox
from hilt.io.sheets.outbox_status import About, outbox_root
from hilt.io.sheets.pace import Pace, RateLimiter
from hilt.io.sheets.prepare import Wanted, prepare_tab
from hilt.io.sheets.reasons import Subject, explain
from hilt.io.sheets.retry import COMMAND_ATTEMPTS, retried
from hilt.io.sheets.sender import Sender, Target
from hilt.io.sheets.sender_thread import SenderThread
from hilt.io.sheets.tabs import check_title

if TYPE_CHECKING:
    from hilt.core.event import Event

__all__ = ["SheetsSink", "outbox_root"]

_log = logging.getLogger(__name__)
_ADDRESS = re.compile(r"(?:/d/|[?&](?:key|id)=)([\w-]+)")
_START_S = 15.0
"""The longest wait for an answer when a sink is opened, in seconds."""


class SheetsSink:
    """Writes events as rows of a Google spreadsheet, from a background thread.

    `write` only puts events into an outbox on disk. One thread sends; where several processes
    write to the same worksheet, one of them sends for all.

    Args:
        sheet_id: The spreadsheet: the long part of its address.
        credentials_path: A credentials file of any kind that Google issues: a service account's
            key, workload identity federation, an impersonated service account, a person's.
            ``GOOGLE_CREDENTIALS_PATH`` if None, then the Application Default Credentials.
        credentials_json: That file's content, as a dict or as text.
        worksheet_name: The tab; it is made if it is missing.
        columns: The columns, in order; ``rating``, ``comment`` and ``correction`` may be among
            them, for reviewers to fill in. Rows are events then.
        rows: What a row is: ``"calls"``, a question with its answer, or ``"events"``. If None
            and ``HILT_ROWS`` is not set, an existing log keeps what it has, and a new one has
            calls, or events if columns are given.
        review: Add the reviewers' columns at the right; calls always have them.
        ratings: What reviewers may choose in ``rating``: numbers or words.
        writes_per_minute: How many requests may write, for all sinks on this machine that use the
            same service account.
        outbox: The folder for what waits; `outbox_root` if None.
        outbox_limit_bytes: How many bytes may wait before new events are dropped.
        rollover_cells: How many cells a tab may have before the next one, ``Logs (2)``, is made.
        api_root: Replaces ``https://sheets.googleapis.com``, for a gateway or an emulator;
            ``HILT_SHEETS_API_ROOT`` if None.
        pace: All other timings.
        log: The file that the same session writes to, from which its outbox can be found.

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
        rows: Kind | None = None,
        review: bool = False,
        ratings: Sequence[object] = RATINGS,
        writes_per_minute: int | None = None,
        outbox: str | os.PathLike[str] | None = None,
        outbox_limit_bytes: int = 256_000_000,
        rollover_cells: int = 8_000_000,
        api_root: str | None = None,
        pace: Pace | None = None,
        log: str | None = None,
    ) -> None:
        self._log = log or ""
        self.sheet_id = _spreadsheet_id(sheet_id or os.environ.get("GOOGLE_SHEET_ID"))
        self.worksheet_name = check_title(worksheet_name)
        self.columns = Columns.of(columns, review=review, ratings=ratings)
        self._rows = _check_rows(rows or os.environ.get("HILT_ROWS") or None, columns)
        self._wanted = _wanted(self.worksheet_name, self.columns, self._rows, rollover_cells)
        self.pace = pace or Pace()
        if credentials_json is None and credentials_path is None:
            credentials_path = os.environ.get("GOOGLE_CREDENTIALS_PATH")
        self.account = read_credentials(credentials_path, credentials_json)
        self._api_root = api_root or os.environ.get("HILT_SHEETS_API_ROOT") or None
        # The program may change its working directory; the outbox stays where it is.
        root = Path(outbox if outbox is not None else outbox_root()).absolute()
        self.outbox = Outbox(self._outbox_folder(root), limit_bytes=outbox_limit_bytes)
        self._target = Target(self.connect, self._wanted, self.explain)
        self._writes = self._limiter(root, "writes", writes_per_minute)
        self._reads = self._limiter(root, "reads", None)
        self._thread = SenderThread(self._new_sender())
        self._open = False
        self._has_exited = False
        self._reported_drops = 0
        forks.on_fork(self._after_fork)

    @property
    def destination(self) -> str:
        """The spreadsheet and the worksheet, as a text."""
        return f"sheet {self.sheet_id} {self.worksheet_name}"

    @property
    def dropped(self) -> int:
        """How many events this process could not put into the outbox."""
        return self.outbox.dropped

    @property
    def stopped(self) -> str | None:
        """Why nothing is delivered at the moment, or None; it is tried again every few minutes."""
        return self._thread.sender.blocked

    def open(self) -> None:
        """Check the spreadsheet, and prepare the worksheet, header and columns.

        If Google cannot be reached now, a warning says so, and this is done later.

        Raises:
            HILTError: If it cannot work; the message says what to do.
        """
        if self._open:
            return
        self._create_outbox()
        if not self._thread.is_started:
            # A sender that has given up is replaced.
            self._thread.sender = self._new_sender()
        connection = self.connect()
        # The user waits for the program to start.
        connection.set_timeout(self.pace.connect_s, min(self.pace.read_s, _START_S))
        try:
            self._prepare(connection)
        except CallError as error:
            explained = self.explain(error, connection)
            connection.close()
            if error.kind == "refused":
                raise explained from error
            _log.warning(
                "HILT: %s. Events wait in %s until it does.",
                str(explained).rstrip("."),
                self.outbox.folder,
            )
        self._open, self._has_exited = True, False
        atexit.register(self._at_exit)
        if self.outbox.measure() or self.outbox.state.open_calls:
            # Another program has left lines, or calls without an ending.
            self._thread.start()

    def write(self, lines: bytes, count: int) -> None:
        """Put events into the outbox. Never raises, and never waits for the network."""
        self.outbox.append(lines, count)
        self._thread.notify()

    def flush(self, timeout: float | None = None) -> bool:
        """Wait until all that this process has written is in the sheet; return whether it is.

        Waits for ``timeout`` seconds; without one, until all is delivered or refused. Also returns
        False if events had to be dropped since the last time.
        """
        # Do not wait a second time at the end of the program.
        return self._flush(0.0 if self._has_exited else timeout, patient=True)

    def _flush(self, timeout: float | None, *, patient: bool) -> bool:
        if not self._thread.wait_until_delivered(timeout, patient=patient):
            return False
        reported, self._reported_drops = self._reported_drops, self.outbox.dropped
        return reported == self._reported_drops

    def read(self) -> Iterator[Event]:
        """The events of the sheet, those that still wait, and reviewers' feedback.

        Raises:
            HILTError: If the sheet cannot be read.
        """
        from hilt.io.sheets.review import feedback_event, read_reviews
        from hilt.io.sheets.rows import read_events

        event_ids = set()
        # Read before the sheet, so that what is delivered meanwhile is not missed.
        lines = [*self.outbox.waiting()]
        with self._explained_connection() as connection:
            for event in read_events(connection, self.worksheet_name):
                event_ids.add(event.event_id)
                yield event
            reviews = read_reviews(connection, self.worksheet_name)
        for line in lines:
            waiting = event_in(line)
            if waiting is not None and waiting.event_id not in event_ids:
                event_ids.add(waiting.event_id)
                yield waiting
        for about, (review, session_id) in reviews.by_id.items():
            yield feedback_event(about, review, session_id)

    def setup(self, *, dashboard: bool = True) -> Iterator[str]:
        """Make the tab and a dashboard, and report each; a second call does nothing.

        Raises:
            HILTError: If it cannot work; the message says what to do.
        """
        from hilt.io.sheets.dashboard import dashboard_title, make_dashboard

        with self._explained_connection() as connection:
            prepared = retried(lambda: prepare_tab(connection, self._wanted), self.pace)
            title = prepared.tab.title
            why = f", because {prepared.why_new}" if prepared.why_new else ""
            yield f"{title}: {'made ready' if prepared.changed else 'is ready'}{why}"
            if dashboard:
                log = self.worksheet_name
                made = retried(lambda: make_dashboard(connection, prepared.tab, log), self.pace)
                yield f"{dashboard_title(log)}: {'made' if made else 'exists'}"

    def feedback(
        self,
        logged: Iterable[Event] = (),
        progress: Callable[[int, int], object] | None = None,
    ) -> Iterator[Event]:
        """The reviews in the sheet, as ``feedback`` events that a log does not have yet.

        Args:
            logged: The log's events.
            progress: Called now and then with the number of rows read, and that of all rows.

        Raises:
            HILTError: If the sheet cannot be read.
        """
        from hilt.io.sheets.review import new_feedback, read_reviews

        with self._explained_connection() as connection:
            reviews = read_reviews(connection, self.worksheet_name, progress)
        yield from new_feedback(reviews, logged)

    def writes_used(self) -> tuple[int, int]:
        """How many writes this machine made in the last minute, and how many it may make."""
        return self._writes.used(), self._writes.per_minute

    def close(self) -> None:
        """Deliver what waits, for at most `Pace.exit_s`, and close; the rest is kept."""
        if not self._open and not self._thread.is_started:
            return
        self._open = False
        atexit.unregister(self._at_exit)
        self._at_exit()
        self._has_exited = False
        self.outbox.close()

    def connect(self, attempts: int = 1) -> Connection:
        """A new connection to the spreadsheet, for the calling thread.

        Args:
            attempts: How often a read request is tried.

        Raises:
            HILTError: If gspread is missing, or the key cannot be used.
        """
        return Connection(self.sheet_id, self.account, self._api_root, self.pace, attempts)

    def explain(self, error: CallError, connection: Connection | None = None) -> HILTError:
        """The error that tells people what a failure means; facts are looked up if possible."""
        facts = None
        if error.kind == "refused" and connection is not None:
            facts = diagnose(connection, error, self.worksheet_name)
        account = self.account
        subject = Subject(self.sheet_id, account.name, account.project, account.is_person)
        return explain(error, subject, facts)

    @contextmanager
    def _explained_connection(self) -> Iterator[Connection]:
        """A connection for one command, whose failures are raised as errors for people."""
        with closing(self.connect(COMMAND_ATTEMPTS)) as connection:
            try:
                yield connection
            except CallError as error:
                raise self.explain(error, connection) from error

    def _prepare(self, connection: Connection) -> None:
        folder = self.outbox.folder
        with lock_beside(str(folder / "prepare"), patience=self.pace.read_s):
            prepared = prepare_tab(connection, self._wanted)
            proof = folder / "may_write"
            if not prepared.changed and not proof.exists():
                # The sheet may be shared only for reading: try to write what is already there.
                tab = prepared.tab
                connection.batch([_rename_request(tab.sheet_id, tab.title)])
            proof.touch(mode=0o600)
        if self._thread.is_started:
            connection.close()
        else:
            connection.set_timeout(self.pace.connect_s, self.pace.read_s)
            self._thread.sender.adopt(connection, prepared.tab)

    def _outbox_folder(self, root: Path) -> Path:
        """The outbox for this way of writing rows: events must be sent as they were meant."""
        way = [self.sheet_id, self.worksheet_name, self.columns.required, self._api_root]
        of_events = root / _folder_name(way)
        # A version that only knew events may have left some to send in its folder.
        if self._rows == "events" or (self._rows is None and of_events.exists()):
            return of_events
        return root / _folder_name([*way, self._rows])

    def _create_outbox(self) -> None:
        about = About(
            self.sheet_id,
            self.worksheet_name,
            self._wanted.columns.required,
            self.account.name,
            self.outbox.limit_bytes,
            self._log,
        )
        try:
            self.outbox.create()
            about.write(self.outbox.folder)
        except OSError as error:
            raise SinkError(
                f"{self.outbox.folder}: the outbox cannot be made ({error.strerror}). Set "
                "HILT_OUTBOX to a folder that can be written to"
            ) from error

    def _limiter(self, root: Path, kind: str, per_minute: int | None) -> RateLimiter:
        """Counts requests for all sinks on this machine with the same account."""
        account = hashlib.sha256(self.account.name.encode()).hexdigest()[:16]
        usual = self.pace.writes_per_minute if kind == "writes" else self.pace.reads_per_minute
        path = root / f"{kind}-{account}.json"
        return RateLimiter(path, per_minute or usual, self.pace.minute_s)

    def _new_sender(self) -> Sender:
        return Sender(self.outbox, self._target, self.pace, self._writes, self._reads)

    def _at_exit(self) -> None:
        self._has_exited = True
        until = clock.steady_seconds() + self.pace.exit_s
        if (
            not self._flush(self.pace.exit_s, patient=False)
            and self.dropped == 0
            and self.stopped is None
        ):
            _log.warning(
                "HILT: events are still waiting in %s; they are sent at the next start.",
                self.outbox.folder,
            )
        self._thread.stop(until)

    def _after_fork(self) -> None:
        # Threads, the locks that they held, and connections are the parent's.
        self._thread = SenderThread(self._new_sender())


def _check_rows(rows: object, columns: Sequence[str] | None) -> Kind | None:
    """What rows are to be; None if that depends on the existing tab.

    Raises:
        ConfigurationError: If there is no such kind, or it does not go with the columns.
    """
    if rows is None:
        return None if columns is None else "events"
    if rows == "calls":
        if columns is not None:
            raise ConfigurationError(
                "columns: those of calls cannot be chosen; hide them in the sheet, or use "
                'rows="events"'
            )
        return "calls"
    if rows == "events":
        return "events"
    raise ConfigurationError(f'rows: {rows!r}; expected "calls" or "events"')


def _wanted(title: str, events: Columns, rows: Kind | None, rollover_cells: int) -> Wanted:
    if rows == "events":
        return Wanted(title, events, rollover_cells)
    calls = Columns.of_calls(events.ratings)
    return Wanted(title, calls, rollover_cells, None if rows == "calls" else events)


def _folder_name(way: Sequence[object]) -> str:
    return hashlib.sha256(json.dumps(way).encode()).hexdigest()[:16]


def _spreadsheet_id(sheet_id: object) -> str:
    """The id of a spreadsheet, from its id or from its whole address, which people paste."""
    if not isinstance(sheet_id, str) or not sheet_id.strip():
        raise ConfigurationError(
            f"sheet_id: {sheet_id!r} is not the id of a spreadsheet: the long part of its address, "
            "https://docs.google.com/spreadsheets/d/<sheet_id>/edit"
        )
    # In environment files and e-mails, it may be in quotes or brackets.
    text = sheet_id.strip().strip("\"'<>").strip()
    if "/d/e/" in text:
        raise ConfigurationError(
            f"sheet_id: {text!r} is the address of what was published to the web, which nobody can "
            "write to. Open the spreadsheet itself and copy the address from there"
        )
    match = _ADDRESS.search(text)
    if match:
        return match[1]
    if "/" in text or text.startswith("http"):
        raise ConfigurationError(f"sheet_id: {text!r} is not the address of a spreadsheet")
    if text.startswith("2PACX-"):
        raise ConfigurationError(
            f"sheet_id: {text!r} is the id of what was published to the web, which nobody can "
            "write to. Open the spreadsheet itself and copy the id from its address"
        )
    return text


def _rename_request(sheet_id: int, title: str) -> Json:
    return {
        "updateSheetProperties": {
            "properties": {"sheetId": sheet_id, "title": title},
            "fields": "title",
        }
    }
