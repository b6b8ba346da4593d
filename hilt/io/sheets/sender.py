"""The sender: from the outbox to the sheet, in order, each row once.

`Sender.step` does one thing and returns when to call it again; the thread around it is in
`hilt.io.sheets.sender_thread`. A batch is noted in the outbox before it is sent. If its answer is
lost, nothing more is sent until its receipt (`hilt.io.sheets.guards`), or the event ids in the
sheet, show whether it arrived; and as the service may still be at work on an unanswered request, a
missing row is taken for missing only after `Pace.settle_s`.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from hilt.core import clock
from hilt.core.exceptions import HILTError
from hilt.core.once_a_minute import OnceAMinute
from hilt.io.sheets.batches import Batch, Form
from hilt.io.sheets.cells import append_request
from hilt.io.sheets.columns import Columns
from hilt.io.sheets.connection import Connection, Json
from hilt.io.sheets.diagnosis import keeps_out
from hilt.io.sheets.drop_report import report_drops
from hilt.io.sheets.errors import CallError
from hilt.io.sheets.guards import Guards
from hilt.io.sheets.late_endings import LateEndings
from hilt.io.sheets.marks import read_marks
from hilt.io.sheets.narrowing import Narrowing
from hilt.io.sheets.outbox import Outbox
from hilt.io.sheets.outbox_state import Blocked, InFlight
from hilt.io.sheets.pace import Backoff, Pace, RateLimiter
from hilt.io.sheets.placement import SentRows
from hilt.io.sheets.prepare import Wanted, prepare_tab
from hilt.io.sheets.probe import probe_requests
from hilt.io.sheets.retry import LOOK_ATTEMPTS, LOOK_S
from hilt.io.sheets.row_source import RowSource
from hilt.io.sheets.tabs import LogTab, refresh_tab
from hilt.io.sheets.unchecked_rows import UncheckedRows

__all__ = ["Sender", "Target"]

_log = logging.getLogger(__name__)

_HOUSEKEEPING_S = 1.0
_DELETION_S = 0.1  # as long as ``rm -rf`` of an outbox may take
_LONGEST_STEP_S = 2.0
_REFRESHES_A_TABLE = 5
"""How many looks at a tab for each look at its tables, which takes another request."""
_ABOUT_THE_ROWS = frozenset({400, 413})
"""Statuses whose reason may be the content of a request, not who sends it where."""
_SERVER_ERROR = 500


@dataclass(frozen=True)
class Target:
    """Where rows go.

    Args:
        connect: Makes a connection, for the thread that calls it.
        wanted: The worksheet and its columns.
        explain: Turns a failure into an error for people, with facts looked up through a
            connection.
    """

    connect: Callable[[], Connection]
    wanted: Wanted
    explain: Callable[[CallError, Connection | None], HILTError]


class Sender:
    """Sends what waits in an outbox. Belongs to one thread.

    Args:
        outbox: What waits.
        target: Where it goes.
        pace: How fast.
        writes: Counts requests that write.
        reads: Counts requests that read.
    """

    def __init__(
        self, outbox: Outbox, target: Target, pace: Pace, writes: RateLimiter, reads: RateLimiter
    ) -> None:
        self.outbox = outbox
        self.target = target
        self.pace = pace
        self.blocked: str | None = None
        """Why everything is refused; it is tried again soon, and then every few minutes."""
        self.attempts = 0
        """How many deliveries were attempted."""
        self._blocked_at_attempt = 0
        self.idle = True
        """Whether the next step can wait until something new is written."""
        self._follows = False
        self._source = RowSource(outbox, pace.batch_bytes)
        self._writes = writes
        self._reads = reads
        self._backoff = Backoff(pace.backoff_s, pace.backoff_cap_s)
        self._refused_backoff = pace.retry_refused()
        self._connection: Connection | None = None
        self._tab: LogTab | None = None
        self._narrowing = Narrowing(pace.batch_rows)
        self._guards = Guards()
        self._server_error: CallError | None = None
        """The answer to the last batch, if that was a server error."""
        self._last_rows = 0
        self._last_fills = False
        self._refreshed_at = 0.0
        self._refreshes = 0
        self._unchecked = UncheckedRows(target.wanted.title, pace.minute_s)
        self._not_before = 0.0
        self._began: tuple[float, float] | None = None
        """When the batch in flight was sent, by the wall clock and by the monotonic one."""
        self._housekeeping_at = 0.0
        self._dead_check_at = 0.0
        self._warning = OnceAMinute()

    def adopt(self, connection: Connection, tab: LogTab) -> None:
        """Take over a connection and a tab from a caller that no longer needs them."""
        self._connection, self._tab = connection, tab
        connection.set_attempts(LOOK_ATTEMPTS, LOOK_S)
        self._refreshed_at = clock.steady_seconds()

    def close(self) -> None:
        """Close the connection, and leave the sending to others."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self.outbox.release()

    def step(self) -> float:
        """Do the next thing. Never raises.

        Returns:
            After how many seconds to call this again.
        """
        self.idle = False
        self._last_rows = 0
        try:
            wait = self._not_before - clock.steady_seconds()
            if wait > 0:
                return min(wait, _LONGEST_STEP_S)
            if self.outbox.was_just_deleted():
                self.idle = True
                return _DELETION_S
            self._do_housekeeping()
            self._follows = not self.outbox.acquire()
            if self._follows:
                self.idle = True
                return self.pace.poll_s
            return self._send_or_settle()
        except CallError as error:
            return self._handle_failure(error)
        except Exception as error:  # a disk error or a bug must not end the thread
            self._warn("cannot send to Google Sheets: %r", error)
            return self._wait(self._backoff.next())

    def _do_housekeeping(self) -> None:
        now = clock.steady_seconds()
        if now - self._housekeeping_at < _HOUSEKEEPING_S:
            return
        self._housekeeping_at = now
        self.outbox.measure()
        self.outbox.close_idle_segment()
        dropped = self.outbox.record_drops()
        if self.outbox.acquire():
            self.outbox.delete_delivered()
            report_drops(self.outbox, dropped)

    def _send_or_settle(self) -> float:
        in_flight = self.outbox.state.in_flight
        if in_flight is not None:
            self.attempts += 1
            return self._settle(in_flight)
        if self._tab is not None:
            # Lines that make no row yet need not wait until a write is allowed.
            columns = self._columns(self._tab)
            while self._source.skip_openings(self._tab, columns, self._narrowing.max_rows):
                pass
        dead = False
        if not self.outbox.read_batch(max_lines=1):
            dead = self._has_dead_calls()
            if not dead:
                self._check_placement()
                self.idle = True
                return self.pace.poll_s
        wait = self._writes.take()
        if wait > 0:
            return min(wait, _LONGEST_STEP_S)
        self.attempts += 1
        tab = self._current_tab()
        # Choose what to send only now, to include all that has piled up while waiting.
        batch = self._next_batch(tab, dead=dead)
        if batch.rows:
            self._send(tab, batch)
        elif batch.spans:
            self.outbox.skip(batch.spans, batch.calls)
        return 0.0

    def _columns(self, tab: LogTab) -> Columns:
        return self.target.wanted.columns_of(tab)

    def _has_dead_calls(self) -> bool:
        """Whether processes of open calls have died; this is checked only now and then."""
        if not self.outbox.state.open_calls or clock.steady_seconds() < self._dead_check_at:
            return False
        self._dead_check_at = clock.steady_seconds() + _HOUSEKEEPING_S
        return bool(self.outbox.dead_calls(1))

    def _current_tab(self) -> LogTab:
        """The tab to write to, as it is now."""
        connection, wanted, tab = self._open_connection(), self.target.wanted, self._tab
        if tab is not None and clock.steady_seconds() - self._refreshed_at > self.pace.look_s:
            self._refreshes += 1
            tables = self._refreshes % _REFRESHES_A_TABLE == 0
            tab = refresh_tab(connection, tab, wanted.columns_of(tab), tables=tables)
        if tab is None:
            tab = prepare_tab(connection, wanted).tab
        self._tab, self._refreshed_at = tab, clock.steady_seconds()
        return tab

    def _next_batch(self, tab: LogTab, *, dead: bool) -> Batch:
        columns, form = self._columns(tab), self._narrowing.form
        most = self._narrowing.max_rows
        if dead:
            return self._source.dead_batch(tab, columns, form, most) or Batch()
        return self._source.next_batch(tab, columns, form, most)

    def _send(self, tab: LogTab, batch: Batch) -> None:
        self._last_rows, self._server_error = len(batch.rows), None
        fills = {} if self._narrowing.is_apart else batch.fills
        self._last_fills = bool(fills)
        late = LateEndings.looked_up(self._open_connection(), self.target.wanted.title, fills)
        rows = batch.rows_without(late.rows_there)
        sent, title = SentRows.of(tab.positions, batch.rows), self.target.wanted.title
        requests = [*late.requests(sent, title)]
        if rows:
            requests.append(append_request(tab.sheet_id, rows, tab.table))
        note, outbox = self._narrowing.note, self.outbox
        guard = self._guards.next(tab, late.places, outbox.state.receipt, outbox.state.doubtful)
        receipt = guard.receipt if requests else ""
        outbox.begin(batch.spans, tab.sheet_id, tab.positions, note, batch.calls, receipt)
        in_flight = self.outbox.state.in_flight
        if in_flight is not None:
            self._began = in_flight.began, clock.steady_seconds()
        replies = self._carry_out(guard.around(requests)) if requests else []
        cells = tab.cells + len(rows) * len(tab.positions)
        self._tab = replace(tab, cells=cells, rows=tab.rows + len(rows))
        if not requests or not self._guards.note_sent(replies):
            self._unchecked.add(SentRows.of(tab.positions, rows))
        self._check_places(late)
        self.outbox.confirm()
        self._note_success()
        if cells >= self.target.wanted.rollover_cells:
            self._tab = None

    def _carry_out(self, requests: list[Json]) -> list[Json]:
        """Send a batch and return the replies; note in the outbox what a failure means for it."""
        try:
            return self._open_connection().batch(requests)
        except CallError as error:
            self._server_error = error if error.code == _SERVER_ERROR else None
            if error.kind != "unknown":
                self.outbox.requeue()
            elif error.answered:
                self.outbox.note_answered()
            raise

    def _check_places(self, late: LateEndings) -> None:
        """Check that what was sent is where it belongs, as far as that can be told now."""
        try:
            if late.places:
                self._unchecked.look_later()
            late.check(self._open_connection(), self.target.wanted.title)
            self._check_placement()
        except CallError:
            # Treat the batch like one whose answer was lost.
            self.outbox.note_answered()
            raise

    def _check_placement(self) -> None:
        """Put rows right that were sent while a person moved columns."""
        if not self._unchecked or self._tab is None:
            return
        if self._reads.take() > 0:
            return
        connection, columns = self._open_connection(), self._columns(self._tab)
        self._tab = self._unchecked.check(connection, self._tab, columns)
        self._refreshed_at = clock.steady_seconds()

    def _note_success(self) -> None:
        if self._narrowing.form is Form.PLACEHOLDER:
            note = self._narrowing.note
            self._warn("Google Sheets refused an event, which is set aside: %s", note)
        if self.blocked:
            self.blocked = None
            _log.warning("HILT delivers to Google Sheets again.")
        self._backoff.reset()
        self._refused_backoff.reset()
        self._narrowing.widen()
        self.outbox.note_unblocked()

    def _settle(self, batch: InFlight) -> float:
        """Find out whether a batch arrived after its answer was lost."""
        wait = self._reads.take()
        if wait > 0:
            return min(wait, _LONGEST_STEP_S)
        tab = self._current_tab()
        columns = self._columns(tab)
        again = self._source.sent_again(batch, tab, columns, self._narrowing.form)
        sent, age = again.event_ids, self._age_of(batch)
        self._tab, present = self._unchecked.delivered(
            self._open_connection(), tab, columns, batch, again, age
        )
        if present.issuperset(sent):
            self.outbox.confirm()
            self._note_success()
            return 0.0
        # If a clock was set back, the age is negative, and waiting for it would have no end.
        if not batch.answered and 0 <= age < self.pace.settle_s:
            # The service may still be at work on it.
            return self._wait(min(self._backoff.next(), self.pace.settle_s - age))
        if self._server_error is not None and present.isdisjoint(sent):
            self._narrowing.after_server_error(self._server_error, len(sent), self._takes_write)
        self.outbox.requeue(arrived=[event_id for event_id in sent if event_id in present])
        return 0.0

    def _takes_write(self) -> bool:
        """Whether Google takes another write now."""
        if self._writes.take() > 0:
            return False
        self._open_connection().batch(probe_requests())
        return True

    def _age_of(self, batch: InFlight) -> float:
        """How long ago a batch was sent; by the wall clock only if another process sent it."""
        if self._began is not None and self._began[0] == batch.began:
            return clock.steady_seconds() - self._began[1]
        return time.time() - batch.began

    def _open_connection(self) -> Connection:
        if self._connection is None:
            self._connection = self.target.connect()
            self._connection.set_attempts(LOOK_ATTEMPTS, LOOK_S)
        return self._connection

    def is_refused(self, since: int) -> bool:
        """Whether an attempt after `since` was refused, here or in the process that sends."""
        if self._follows:
            return self.outbox.state.blocked is not None
        return self.blocked is not None and self._blocked_at_attempt > since

    def retry_soon(self) -> None:
        """If everything is refused, try again at once, as a caller waits for the delivery."""
        if self.blocked:
            self._not_before = 0.0

    def _handle_failure(self, error: CallError) -> float:
        if error.kind != "refused":
            self._warn("Google Sheets: %s; what waits is kept and tried again", error.message)
            return self._wait(self._backoff.next(error.retry_after))
        if error.code in _ABOUT_THE_ROWS:
            try:
                if self._has_another_way(error):
                    return 0.0
            except CallError as unread:
                # The reason for the refusal is not known yet.
                return self._wait(self._backoff.next(unread.retry_after))
        return self._block(error)

    def _has_another_way(self, error: CallError) -> bool:
        """Whether anything is left to try before everything counts as refused.

        A person may have deleted the tab or a column, or only one row may be refused.
        """
        if self._last_rows and self._is_about_the_guard():
            return True
        is_first = bool(self._last_rows) and self._guards.note_refused()
        if is_first or self._narrowing.looks_again(self._last_rows):
            self._tab = None
            return True
        is_alone = self._last_rows == 1 and self._narrowing.form is Form.CLEAN
        if is_alone and self._guards.last_try():
            return True
        return self._narrowing.after_refusal(
            error, self._last_rows, self._is_protected, fills=self._last_fills
        )

    def _is_about_the_guard(self) -> bool:
        """Whether a batch was refused because columns had moved, or because it had arrived before.

        Raises:
            CallError: If that cannot be looked up now.
        """
        guard, tab = self._guards.sent, self._tab
        if not guard or self.outbox.state.in_flight is not None:
            return False
        try:
            marks = read_marks(self._open_connection())
        except CallError as error:
            if error.kind != "refused":
                raise
            return False
        before = guard.arrived_before(marks)
        if before:
            self.outbox.take_up(before)
            return True
        if not guard.has_moved(marks):
            return False
        # The next attempt is made at once, before they move again.
        positions = {} if tab is None else marks.columns.get(tab.sheet_id, {})
        is_known = tab is not None and set(self._columns(tab).required) <= positions.keys()
        if tab is not None and is_known and tab.table is None:
            self._tab = replace(tab, positions=positions)
        else:
            self._tab = None
        return True

    def _is_protected(self) -> bool:
        """Whether a protection refuses the row; no note is sent for it, as that may be lifted."""
        if self._tab is None or not self._last_rows:
            return False
        try:
            sheets = self._open_connection().structure()
        except CallError:
            return False
        return any(keeps_out(each, {self._tab.sheet_id}) for each in sheets)

    def _block(self, error: CallError) -> float:
        """Note that everything is refused, warn once, and try again every few minutes."""
        error = self._narrowing.refusal or error
        why = str(self.target.explain(error, self._connection))
        if why != self.blocked:
            self.outbox.note_blocked(Blocked(why, time.time()))
            _log.error(
                "HILT cannot deliver to Google Sheets: %s. The program goes on; events wait in %s, "
                "and it is tried again every few minutes.",
                why,
                self.outbox.folder,
            )
        self.blocked = why
        self._blocked_at_attempt = self.attempts
        self._narrowing.start_over()
        self._narrowing.max_rows, self._tab = 1, None
        return self._wait(self._refused_backoff.next())

    def _wait(self, seconds: float) -> float:
        self._not_before = clock.steady_seconds() + seconds
        return min(seconds, _LONGEST_STEP_S)

    def _warn(self, message: str, *args: object) -> None:
        if self._warning.is_due():
            _log.warning("HILT: " + message, *args)
