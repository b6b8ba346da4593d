"""Making rows of a tab from the lines of an outbox, as many as one request may hold."""

from __future__ import annotations

import json
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from hilt.core.columns import Cell, cells_of
from hilt.core.event import Event
from hilt.core.exceptions import EventError
from hilt.io.sheets.call_rows import RowStep
from hilt.io.sheets.cells import review_cells, row_data, without_control_characters
from hilt.io.sheets.columns import Columns
from hilt.io.sheets.connection import Json
from hilt.io.sheets.outbox_state import CallChanges
from hilt.io.sheets.segments import Span

__all__ = ["Batch", "EventReader", "Form", "LineReader", "build_batch", "event_in", "formed_values"]


@dataclass(slots=True)
class Batch:
    """Rows for one request.

    Args:
        spans: Where their lines are, and lines between them that nothing is sent for.
        rows: The rows.
        event_ids: The event id of each row.
        fills: Endings whose calls have rows already: the id of the prompt, by that of the ending.
        calls: The calls that the lines open and close.
        unreadable: Where lines are that are no events, and so left out.
    """

    spans: list[Span] = field(default_factory=list)
    rows: list[list[Json]] = field(default_factory=list)
    event_ids: list[str] = field(default_factory=list)
    fills: dict[str, str] = field(default_factory=dict)
    calls: CallChanges = field(default_factory=CallChanges)
    unreadable: list[Span] = field(default_factory=list)

    def read(self, span: Span, line: bytes, reader: LineReader) -> RowStep:
        """What a line leads to: nothing if it is no event."""
        event = event_in(line)
        if event is not None:
            return reader.read(span, event)
        if line.strip():
            self.unreadable.append(span)
        return RowStep()

    def note(self, span: Span, step: RowStep) -> None:
        """Note that a line is done, and the calls that it opens and closes."""
        self.spans.append(span)
        if step.opened is not None:
            self.calls.opened.append(step.opened)
        self.calls.closed.extend(step.closed)

    def rows_without(self, event_ids: Container[str]) -> list[list[Json]]:
        """The rows whose ids are not among these."""
        pairs = zip(self.rows, self.event_ids, strict=True)
        return [row for row, event_id in pairs if event_id not in event_ids]


class LineReader(Protocol):
    """Makes rows of lines, in order."""

    def read(self, span: Span, event: Event) -> RowStep:
        """What a line leads to."""

    def apply(self, step: RowStep) -> None:
        """Take a step into account for the next lines."""


class EventReader:
    """A row for each event.

    Args:
        columns: The columns of the log.
    """

    def __init__(self, columns: Columns) -> None:
        self._names = (*columns.shown, "event_id")

    def read(self, _: Span, event: Event) -> RowStep:
        """The row of an event."""
        cells = cells_of(event)
        return RowStep({name: cells[name] for name in self._names})

    def apply(self, step: RowStep) -> None:
        """No line depends on another."""


def build_batch(
    lines: Iterable[tuple[Span, bytes]],
    positions: Mapping[str, int],
    reader: LineReader,
    columns: Columns,
    *,
    form: Form | None = None,
    max_bytes: int = 0,
    arrived: Iterable[str] = (),
) -> Batch:
    """The next rows, up to a number of bytes but at least one.

    Args:
        lines: The lines that wait.
        positions: Where each column is.
        reader: Makes a row's values of a line.
        columns: The columns of the log.
        form: How much of each row is sent; all of it if None.
        max_bytes: The most bytes in a request; no limit if 0.
        arrived: The event ids that are already in the sheet.
    """
    batch, size, present = Batch(), 0, set(arrived)
    blanks = review_cells(columns)
    for span, line in lines:
        step = batch.read(span, line, reader)
        if step.values is not None and step.values["event_id"] not in present:
            values = formed_values(step.values, columns, form or Form.WHOLE)
            row = row_data(positions, values, blanks)
            size += len(json.dumps(row)) if max_bytes else 0
            if batch.rows and size > max_bytes:
                break
            batch.rows.append(row)
            batch.event_ids.append(str(step.values["event_id"]))
            if step.fills is not None:
                batch.fills[batch.event_ids[-1]] = step.fills
        reader.apply(step)
        batch.note(span, step)
    return batch


class Form(Enum):
    """How much of an event is sent."""

    WHOLE = "whole"
    CLEAN = "clean"
    """Without control characters."""
    PLACEHOLDER = "placeholder"
    """A note that the event was refused, in its place."""

    @property
    def next(self) -> Form | None:
        """What to try when Google refuses this form."""
        return {Form.WHOLE: Form.CLEAN, Form.CLEAN: Form.PLACEHOLDER}.get(self)


_REFUSED = "Google refused this event. It is kept in the outbox: see `hilt sheets status`."


def formed_values(values: Mapping[str, Cell], columns: Columns, form: Form) -> Mapping[str, Cell]:
    """A row's values in the form in which they are sent."""
    if form is Form.CLEAN:
        return {name: without_control_characters(value) for name, value in values.items()}
    if form is Form.PLACEHOLDER:
        return _placeholder(values, columns)
    return values


def _placeholder(values: Mapping[str, Cell], columns: Columns) -> Mapping[str, Cell]:
    """A row without anything that a program has written, other than the event's id and time."""
    kept = {name: values[name] for name in ("timestamp", "time", "event_id") if name in values}
    names = ("answer", "message", *columns.shown)
    note = next((name for name in names if name in values and name not in kept), "")
    return {**kept, **({note: _REFUSED} if note else {})}


def event_in(line: bytes) -> Event | None:
    """The event of a line, or None for what is left of a torn one."""
    try:
        return Event.from_json(line)
    except EventError:
        return None
