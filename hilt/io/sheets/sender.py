"""The sender: from the outbox to the sheet, in order, each row once.

`Sender.step` does one thing and returns when to come again; the thread around it is in
`hilt.io.sheets.sender_thread`. A batch is noted in the outbox before it leaves. When its answer is
lost, nothing more is sent until the event ids in the sheet show whether it arrived; and as the
service may still be at work on a request that nobody answered, an absent row is taken for absent
only after `Pace.settle_s`.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from hilt.core.event import Actor, Content, Event
from hilt.core.exceptions import HILTError
from hilt.io.sheets.batches import Batch, build_batch, event_in, row_values
from hilt.io.sheets.cells import append_request
from hilt.io.sheets.columns import Columns
from hilt.io.sheets.connection import Connection
from hilt.io.sheets.delivery import delivered_ids
from hilt.io.sheets.errors import CallError
from hilt.io.sheets.outbox import Outbox
from hilt.io.sheets.outbox_state import Blocked, InFlight
from hilt.io.sheets.pace import Backoff, Pace, RateLimiter
from hilt.io.sheets.tabs import LogTab, prepare_tab, refresh_tab

__all__ = ["Sender", "Target"]

_log = logging.getLogger(__name__)

_HOUSEKEEPING_S = 1.0
_LONGEST_STEP_S = 2.0
_MINUTE = 60.0
_BAD_REQUEST = 400
_HOPELESS = ("protected cell", "above the limit", "not supported for this document")


@dataclass(frozen=True)
class Target:
    """Where rows go.

    Args:
        connect: Makes a connection, for the thread that calls it.
        title: The worksheet's name.
        columns: What is written.
        rollover_cells: How many cells a tab may have before the next one is used.
        explain: The error for a person that stands for a failure.
    """

    connect: Callable[[], Connection]
    title: str
    columns: Columns
    rollover_cells: int
    explain: Callable[[CallError], HILTError]


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
        self.stopped: str | None = None
        """Why nothing is sent any more, until the program is started again."""
        self.idle = True
        """Whether the next step need not come before something new is written."""
        self._writes = writes
        self._reads = reads
        self._backoff = Backoff(pace.backoff_s, pace.backoff_cap_s)
        self._connection: Connection | None = None
        self._tab: LogTab | None = None
        self._tab_rechecked = False
        self._clean = False
        self._max_rows = pace.batch_rows
        self._last_rows = 0
        self._refreshed_at = 0.0
        self._not_before = 0.0
        self._housekeeping_at = 0.0
        self._warned_at = float("-inf")

    def adopt(self, connection: Connection, tab: LogTab) -> None:
        """Take over what was made ready by a caller who needs it no more."""
        self._connection, self._tab = connection, tab
        self._refreshed_at = time.monotonic()

    def close(self) -> None:
        """Close the connection, and leave the sending to others."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self.outbox.release()

    def step(self) -> float:
        """Do the next thing. Never raises.

        Returns:
            After how many seconds to come again.
        """
        self.idle = False
        self._last_rows = 0
        try:
            wait = self._not_before - time.monotonic()
            if wait > 0:
                return min(wait, _LONGEST_STEP_S)
            self._do_housekeeping()
            if self.stopped:
                return _LONGEST_STEP_S
            if not self.outbox.acquire():
                self.idle = True
                return self.pace.poll_s
            return self._send_or_settle()
        except CallError as error:
            return self._handle_failure(error)
        except Exception as error:  # the disk, or a mistake of ours: neither may end the thread
            self._warn("cannot send to Google Sheets: %r", error)
            return self._wait(self._backoff.next())

    def _do_housekeeping(self) -> None:
        now = time.monotonic()
        if now - self._housekeeping_at < _HOUSEKEEPING_S:
            return
        self._housekeeping_at = now
        self.outbox.measure()
        self.outbox.close_idle_segment()
        dropped = self.outbox.record_drops()
        if not self.stopped and self.outbox.acquire():
            self.outbox.delete_delivered()
            self._report_drops(dropped)

    def _send_or_settle(self) -> float:
        in_flight = self.outbox.state.in_flight
        if in_flight is not None:
            return self._settle(in_flight)
        if not self.outbox.read_batch(max_lines=1):
            self.idle = True
            return self.pace.poll_s
        wait = self._writes.take()
        if wait > 0:
            return min(wait, _LONGEST_STEP_S)
        tab = self._current_tab()
        # Only now is it decided what goes: all that has piled up while waiting.
        batch = self._next_batch(tab)
        if batch.rows:
            self._send(tab, batch)
        elif batch.spans:
            self.outbox.skip(batch.spans)
        return 0.0

    def _current_tab(self) -> LogTab:
        """The tab to write to, as it is now."""
        connection, target, tab = self._open_connection(), self.target, self._tab
        if tab is not None and time.monotonic() - self._refreshed_at > self.pace.look_s:
            tab = refresh_tab(connection, tab, target.columns)
        if tab is None:
            tab, _ = prepare_tab(connection, target.title, target.columns, target.rollover_cells)
        self._tab, self._refreshed_at = tab, time.monotonic()
        return tab

    def _next_batch(self, tab: LogTab) -> Batch:
        columns, clean = self.target.columns, self._clean
        return build_batch(
            self.outbox.read_batch(max_lines=self._max_rows),
            tab.positions,
            lambda event: row_values(event, columns, clean=clean),
            max_bytes=self.pace.batch_bytes,
            arrived=self.outbox.state.arrived,
        )

    def _send(self, tab: LogTab, batch: Batch) -> None:
        self._last_rows = len(batch.rows)
        self.outbox.begin(batch.spans, tab.sheet_id)
        try:
            self._open_connection().batch([append_request(tab.sheet_id, batch.rows)])
        except CallError as error:
            if error.kind != "unknown":
                self.outbox.requeue()
            elif error.answered:
                self.outbox.note_answered()
            raise
        self.outbox.confirm()
        self._note_success()
        cells = tab.cells + len(batch.rows) * len(tab.positions)
        full = cells >= self.target.rollover_cells
        self._tab = None if full else replace(tab, cells=cells)

    def _note_success(self) -> None:
        self._backoff.reset()
        self._tab_rechecked = self._clean = False
        self._max_rows = min(self.pace.batch_rows, 2 * self._max_rows)
        self.outbox.note_unblocked()

    def _settle(self, batch: InFlight) -> float:
        """Find out whether a batch arrived whose answer was lost."""
        wait = self._reads.take()
        if wait > 0:
            return min(wait, _LONGEST_STEP_S)
        events = [event_in(line) for line in self.outbox.lines_of(batch)]
        sent = [event.event_id for event in events if event is not None]
        present = delivered_ids(self._open_connection(), self.target.title, batch)
        if present.issuperset(sent):
            self.outbox.confirm()
            self._note_success()
            return 0.0
        age = time.time() - batch.began
        # A clock that was set back makes an age below zero: then waiting has no end to wait for.
        if not batch.answered and 0 <= age < self.pace.settle_s:
            # The service may still be at work on it.
            return self._wait(min(self._backoff.next(), self.pace.settle_s - age))
        self.outbox.requeue(arrived=[event_id for event_id in sent if event_id in present])
        return 0.0

    def _open_connection(self) -> Connection:
        if self._connection is None:
            self._connection = self.target.connect()
        return self._connection

    def _handle_failure(self, error: CallError) -> float:
        if error.kind == "refused":
            if error.code == _BAD_REQUEST and self._has_another_way(error):
                return self._wait(self._backoff.next())
            return self._stop(error)
        self._warn("Google Sheets: %s; what waits is kept and tried again", error.message)
        return self._wait(self._backoff.next(error.retry_after))

    def _has_another_way(self, error: CallError) -> bool:
        """Whether there is one left to try after a 400, before the sender stops.

        A person may have deleted the tab or a column: look at it again. Or one row has something
        in it that Google does not take, and must not hold up the others: halve the batch until it
        is alone, and then send it without control characters.
        """
        if any(reason in error.message for reason in _HOPELESS):
            return False
        if not self._tab_rechecked:
            self._tab_rechecked, self._tab = True, None
        elif self._last_rows > 1:
            self._max_rows = self._last_rows // 2
        elif self._last_rows and not self._clean:
            self._clean = True
        else:
            return False
        return True

    def _stop(self, error: CallError) -> float:
        self.stopped = str(self.target.explain(error))
        self.outbox.note_blocked(Blocked(self.stopped, time.time()))
        _log.error(
            "HILT sends nothing to Google Sheets any more: %s. The program goes on; events wait in "
            "%s and are sent after the next start.",
            self.stopped,
            self.outbox.folder,
        )
        return _LONGEST_STEP_S

    def _report_drops(self, total: int) -> None:
        """State in the sheet that events were dropped."""
        new = total - self.outbox.state.drops_reported
        if new <= 0:
            return
        self.outbox.note_drops_reported(total)
        self.outbox.append(_drop_event(new).encode() + b"\n", 1)

    def _wait(self, seconds: float) -> float:
        self._not_before = time.monotonic() + seconds
        return min(seconds, _LONGEST_STEP_S)

    def _warn(self, message: str, *args: object) -> None:
        if time.monotonic() - self._warned_at > _MINUTE:
            self._warned_at = time.monotonic()
            _log.warning("HILT: " + message, *args)


def _drop_event(count: int) -> Event:
    return Event(
        session_id="hilt",
        actor=Actor(type="system", id="hilt"),
        action="system",
        content=Content(
            text=f"{count} events were dropped, because the outbox was full or could not be "
            "written to"
        ),
        extensions={"error_code": "dropped", "dropped": count},
    )
