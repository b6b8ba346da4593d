"""What a sender reads from an outbox: the next rows, a batch once more, and dead calls."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence

from hilt.core.event import Event
from hilt.core.once_a_minute import OnceAMinute
from hilt.io.sheets.batches import (
    Batch,
    EventReader,
    Form,
    LineReader,
    build_batch,
    event_in,
    formed_values,
)
from hilt.io.sheets.call_rows import CallReader, unanswered_row
from hilt.io.sheets.cells import review_cells, row_data
from hilt.io.sheets.columns import Columns
from hilt.io.sheets.outbox import Outbox
from hilt.io.sheets.outbox_state import CallChanges, InFlight
from hilt.io.sheets.segments import Span, lines_behind
from hilt.io.sheets.tabs import LogTab

__all__ = ["RowSource"]

_log = logging.getLogger(__name__)


class RowSource:
    """Makes rows for a tab from what is in an outbox.

    Args:
        outbox: The outbox.
        max_bytes: The most bytes in a request.
    """

    def __init__(self, outbox: Outbox, max_bytes: int) -> None:
        self._outbox = outbox
        self._max_bytes = max_bytes
        self._left_out = 0
        """How many lines that are no events have not been in a warning yet."""
        self._left_out_until: dict[str, int] = {}
        """How far each segment's lines are counted in that, as they may be read again."""
        self._warning = OnceAMinute()

    def next_batch(self, tab: LogTab, columns: Columns, form: Form, max_lines: int) -> Batch:
        """The next rows and their lines."""
        batch = build_batch(
            self._outbox.read_batch(max_lines=max_lines),
            tab.positions,
            self._reader(tab, columns),
            columns,
            form=form,
            max_bytes=self._max_bytes,
            arrived=self._outbox.state.arrived,
        )
        self._warn_of(batch.unreadable)
        return batch

    def skip_openings(self, tab: LogTab, columns: Columns, max_lines: int) -> bool:
        """Skip lines at the beginning that make no rows yet; return whether there were any."""
        if columns.rows == "events":
            return False
        reader, batch = self._reader(tab, columns), Batch()
        for span, line in self._outbox.read_batch(max_lines=max_lines):
            step = batch.read(span, line, reader)
            if step.values is not None:
                break
            reader.apply(step)
            batch.note(span, step)
        self._warn_of(batch.unreadable)
        if batch.spans:
            self._outbox.skip(batch.spans, batch.calls)
        return bool(batch.spans)

    def _warn_of(self, unreadable: Iterable[Span]) -> None:
        """Warn of lines that are left out, at most once a minute, with their number."""
        for name, _, end in unreadable:
            if end > self._left_out_until.get(name, 0):
                self._left_out_until[name] = end
                self._left_out += 1
        if self._left_out and self._warning.is_due():
            _log.warning(
                "HILT leaves out lines that are not events: %d in %s.",
                self._left_out,
                self._outbox.folder,
            )
            self._left_out = 0

    def sent_again(self, batch: InFlight, tab: LogTab, columns: Columns, form: Form) -> Batch:
        """The rows of a batch that was sent, with the columns where they were then."""
        entries = zip(batch.spans, map(self._outbox.line_at, batch.spans), strict=True)
        if batch.unanswered:
            events = [event for _, line in entries if (event := event_in(line)) is not None]
            return self._unanswered(events, batch.spans, batch.positions, tab, columns, form)
        reader = self._reader(tab, columns)
        return build_batch(entries, batch.positions, reader, columns, form=form)

    def dead_batch(self, tab: LogTab, columns: Columns, form: Form, most: int) -> Batch | None:
        """Rows for calls whose processes have died; None if there are none."""
        if columns.rows == "events":
            return None
        dead = self._outbox.dead_calls(most)
        if not dead:
            return None
        events = [event for each in dead if (event := self._event_at(each.span)) is not None]
        spans = [each.span for each in dead]
        batch = self._unanswered(events, spans, tab.positions, tab, columns, form)
        ids = [each.event_id for each in dead]
        batch.calls = CallChanges(closed=ids, unanswered=True)
        return batch

    def _unanswered(
        self,
        events: Sequence[Event],
        spans: list[Span],
        positions: Mapping[str, int],
        tab: LogTab,
        columns: Columns,
        form: Form,
    ) -> Batch:
        batch, blanks = Batch(spans=list(spans)), review_cells(columns)
        arrived = set(self._outbox.state.arrived)
        for event in events:
            if event.event_id in arrived:
                continue
            values = formed_values(unanswered_row(event, tab.zone), columns, form)
            batch.rows.append(row_data(positions, values, blanks))
            batch.event_ids.append(event.event_id)
        return batch

    def _reader(self, tab: LogTab, columns: Columns) -> LineReader:
        if columns.rows == "events":
            return EventReader(columns)
        return CallReader(
            self._outbox.state.open_calls,
            self._outbox.state.without_answer,
            self._event_at,
            self._events_behind,
            tab.zone,
        )

    def _event_at(self, span: Span) -> Event | None:
        line = self._outbox.line_at(span)
        return event_in(line) if line else None

    def _events_behind(self, span: Span) -> Iterator[Event]:
        for line in lines_behind(self._outbox.folder, span):
            event = event_in(line)
            if event is None:
                return
            yield event
