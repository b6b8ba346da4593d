"""The one who sends: from the outbox to the sheet, in order, each row once.

`Sender.step` does one thing and says when to come again; the thread around it is in `sheets.py`.
A batch is noted in the outbox before it leaves. When its answer is lost, nothing more is sent until
the event ids in the sheet have said whether it arrived; and as the service may still be at work on
a request that nobody answered, an absent row is believed to be absent only after `Pace.settle_s`.
"""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hilt.core.columns import cells_of
from hilt.core.event import Actor, Content, Event
from hilt.core.exceptions import EventError, HILTError
from hilt.io.sheets.connection import CallError, Connection
from hilt.io.sheets.layout import (
    Columns,
    Place,
    append_request,
    letters_of,
    look_again,
    prepare,
    quoted,
    row_of_cells,
    tabs_of,
)
from hilt.io.sheets.outbox import Flight, Outbox
from hilt.io.sheets.pace import Allowance, Backoff, Pace
from hilt.io.sheets.segments import Span

__all__ = ["Sender", "Target"]

_log = logging.getLogger(__name__)

_TAIL_ROWS = 20_000
_TAIL_AGE_S = 600.0
_HOUSEKEEPING_S = 1.0
_LONGEST_STEP_S = 2.0
_MINUTE = 60.0
_BAD_REQUEST = 400
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_NO_OTHER_WAY = ("protected cell", "above the limit", "not supported for this document")


@dataclass(frozen=True)
class Target:
    """Where rows go.

    Args:
        connect: Makes a connection, for the thread that calls it.
        title: The worksheet's name.
        columns: What is written.
        rollover_cells: How many cells a tab may have before the next one is used.
        explain: Says what a failure means for a person.
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
        self, outbox: Outbox, target: Target, pace: Pace, writes: Allowance, reads: Allowance
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
        self._place: Place | None = None
        self._looked_anew = False
        self._cleaning = False
        self._most_rows = pace.batch_rows
        self._last_rows = 0
        self._looked = 0.0
        self._not_before = 0.0
        self._tidied = 0.0
        self._warned = float("-inf")

    def adopt(self, connection: Connection, place: Place) -> None:
        """Take over what was made ready by somebody who needs it no more."""
        self._connection, self._place = connection, place
        self._looked = time.monotonic()

    def close(self) -> None:
        """Let go of the connection and of the lead."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self.outbox.follow()

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
            self._housekeeping()
            if self.stopped:
                return _LONGEST_STEP_S
            if not self.outbox.lead():
                self.idle = True
                return self.pace.poll_s
            return self._work()
        except CallError as error:
            return self._failed(error)
        except Exception as error:  # the disk, or a mistake of ours: neither may end the thread
            self._warn("cannot send to Google Sheets: %r", error)
            return self._later(self._backoff.next())

    def _housekeeping(self) -> None:
        now = time.monotonic()
        if now - self._tidied < _HOUSEKEEPING_S:
            return
        self._tidied = now
        self.outbox.measure()
        self.outbox.rest()
        total = self.outbox.say_drops()
        if not self.stopped and self.outbox.lead():
            self.outbox.tidy()
            self._tell_drops(total)

    def _work(self) -> float:
        flight = self.outbox.flight
        if flight is not None:
            return self._settle(flight)
        if not self.outbox.take(most=1):
            self.idle = True
            return self.pace.poll_s
        wait = self._writes.take()
        if wait > 0:
            return min(wait, _LONGEST_STEP_S)
        place = self._ready()
        # Only now is it decided what goes: all that has piled up while waiting.
        spans, rows = self._batch(place)
        if rows:
            self._send(place, spans, rows)
        elif spans:
            self._pass(spans)
        return 0.0

    def _ready(self) -> Place:
        """The tab to write to, as it is now."""
        connection, target = self._ready_connection(), self.target
        place = self._place
        if place is not None and time.monotonic() - self._looked > self.pace.look_s:
            place = look_again(connection, place, target.columns)
        if place is None:
            place, _ = prepare(connection, target.title, target.columns, target.rollover_cells)
        self._place, self._looked = place, time.monotonic()
        return place

    def _batch(self, place: Place) -> tuple[list[Span], list[list[dict[str, Any]]]]:
        spans: list[Span] = []
        rows: list[list[dict[str, Any]]] = []
        there = set(self.outbox.fact("arrived") or ())
        size = 0
        for span, line in self.outbox.take(most=self._most_rows):
            event = _event_in(line)
            if event is not None and event.event_id not in there:
                row = row_of_cells(place, self._values(event))
                size += len(json.dumps(row))
                if rows and size > self.pace.batch_bytes:
                    break
                rows.append(row)
            spans.append(span)
        return spans, rows

    def _values(self, event: Event) -> dict[str, Any]:
        columns = self.target.columns
        cells = cells_of(event)
        values = {name: cells[name] for name in (*columns.shown, "event_id")}
        if self._cleaning:
            values = {name: _cleaned(value) for name, value in values.items()}
        return values

    def _send(
        self, place: Place, spans: list[Span], rows: Sequence[Sequence[dict[str, Any]]]
    ) -> None:
        self._last_rows = len(rows)
        self.outbox.begin(spans, place.sheet_id)
        try:
            self._ready_connection().batch([append_request(place, rows)])
        except CallError as error:
            if error.kind != "doubt":
                self.outbox.take_back()
            elif error.answered:
                self.outbox.answered()
            raise
        self.outbox.settle()
        self._succeeded()
        place.cells += len(rows) * len(place.at)
        if place.cells >= self.target.rollover_cells:
            self._place = None

    def _succeeded(self) -> None:
        self._backoff.reset()
        self._looked_anew = self._cleaning = False
        self._most_rows = min(self.pace.batch_rows, 2 * self._most_rows)
        if self.outbox.fact("stopped") or self.outbox.fact("arrived"):
            self.outbox.note(stopped=None, arrived=None)

    def _pass(self, spans: Sequence[Span]) -> None:
        """Go on behind lines of which nothing is to be sent."""
        for span in spans:
            self.outbox.skip(span)

    def _settle(self, flight: Flight) -> float:
        """Find out whether a batch arrived whose answer was lost."""
        wait = self._reads.take()
        if wait > 0:
            return min(wait, _LONGEST_STEP_S)
        lines = self.outbox.lines_of(flight)
        events = [event for _, line in lines if (event := _event_in(line)) is not None]
        found = self._ids_in_sheet(flight)
        missing = [event for event in events if event.event_id not in found]
        if not missing:
            self.outbox.settle()
            self._succeeded()
            return 0.0
        age = time.time() - flight.began
        if not flight.answered and 0 <= age < self.pace.settle_s:
            # The service may still be at work on it.
            return self._later(min(self._backoff.next(), self.pace.settle_s - age))
        arrived = [event.event_id for event in events if event.event_id in found]
        self.outbox.note(flight=None, arrived=arrived or None)
        return 0.0

    def _ids_in_sheet(self, flight: Flight) -> set[str]:
        """The event ids where a flight went: at the end of its tab, or in all of the log."""
        connection, title = self._ready_connection(), self.target.title
        tabs = connection.tabs()
        places = [tab for tab in tabs if tab["sheetId"] == flight.place] or tabs_of(tabs, title)
        found: set[str] = set()
        for tab in places:
            header = connection.values([f"{quoted(tab['title'])}!1:1"])[0] or [[]]
            if "event_id" in header[0]:
                recent = time.time() - flight.began < _TAIL_AGE_S and flight.place is not None
                found |= _ids(connection, tab, header[0].index("event_id"), tail=recent)
        return found

    def _ready_connection(self) -> Connection:
        if self._connection is None:
            self._connection = self.target.connect()
        return self._connection

    def _failed(self, error: CallError) -> float:
        if error.kind == "refused":
            if error.code == _BAD_REQUEST and self._another_way(error):
                return self._later(self._backoff.next())
            return self._stop(error)
        self._warn("Google Sheets: %s; what waits is kept and tried again", error.message)
        return self._later(self._backoff.next(error.retry_after))

    def _another_way(self, error: CallError) -> bool:
        """Whether there is one left to try after a 400, before the sender stops.

        A person may have deleted the tab or a column: look at it anew. Or one row has something in
        it that Google does not take, and must not keep back the others: halve the batch until it
        is alone, and then send it without control characters.
        """
        if any(reason in error.message for reason in _NO_OTHER_WAY):
            return False
        if not self._looked_anew:
            self._looked_anew, self._place = True, None
        elif self._last_rows > 1:
            self._most_rows = self._last_rows // 2
        elif self._last_rows and not self._cleaning:
            self._cleaning = True
        else:
            return False
        return True

    def _stop(self, error: CallError) -> float:
        self.stopped = str(self.target.explain(error))
        self.outbox.note(stopped={"why": self.stopped, "at": time.time()})
        _log.error(
            "HILT sends nothing to Google Sheets any more: %s. The program goes on; events wait in "
            "%s and are sent after the next start.",
            self.stopped,
            self.outbox.folder,
        )
        return _LONGEST_STEP_S

    def _tell_drops(self, total: int) -> None:
        """Say in the sheet that events were dropped."""
        said = self.outbox.fact("dropped_said") or 0
        if total <= said:
            return
        event = Event(
            session_id="hilt",
            actor=Actor(type="system", id="hilt"),
            action="system",
            content=Content(
                text=f"{total - said} events were dropped, because the outbox was full or could "
                "not be written to"
            ),
            extensions={"error_code": "dropped", "dropped": total - said},
        )
        self.outbox.note(dropped_said=total)
        self.outbox.put(event.encode() + b"\n", 1)

    def _later(self, seconds: float) -> float:
        self._not_before = time.monotonic() + seconds
        return min(seconds, _LONGEST_STEP_S)

    def _warn(self, message: str, *args: object) -> None:
        if time.monotonic() - self._warned > _MINUTE:
            self._warned = time.monotonic()
            _log.warning("HILT: " + message, *args)


def _cleaned(value: Any) -> Any:
    """A text with a mark in place of every control character."""
    return _CONTROL.sub("\ufffd", value) if isinstance(value, str) else value


def _event_in(line: bytes) -> Event | None:
    """The event of a line, or None for what is left of a torn one."""
    try:
        return Event.from_json(line)
    except EventError:
        if line.strip():
            _log.warning("HILT: a line in the outbox is not an event, and is left out")
        return None


def _ids(connection: Connection, tab: Mapping[str, Any], column: int, *, tail: bool) -> set[str]:
    """The event ids of a tab, or of its last rows."""
    letters = letters_of(column)
    last = int(tab["gridProperties"]["rowCount"])
    first = max(2, last - _TAIL_ROWS) if tail else 2
    where = f"{quoted(tab['title'])}!{letters}{{}}:{letters}"
    if first > last:
        return set()
    rows = connection.values([where.format(first)])[0]
    if not rows and first > 2:  # noqa: PLR2004 - many empty rows at the end of the grid
        rows = connection.values([where.format(2)])[0]
    return {str(row[0]) for row in rows if row}
