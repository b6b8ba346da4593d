"""From lines of an outbox to rows of a tab, as many as one request may hold."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from hilt.core.columns import Cell, cells_of
from hilt.core.event import Event
from hilt.core.exceptions import EventError
from hilt.io.sheets.cells import row_data, without_control_characters
from hilt.io.sheets.columns import Columns
from hilt.io.sheets.connection import Json
from hilt.io.sheets.segments import Span

__all__ = ["Batch", "Form", "build_batch", "event_in", "row_values"]

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Batch:
    """Rows for one request.

    Args:
        spans: Where their lines are, and lines between them of which nothing is to be sent.
        rows: The rows.
    """

    spans: list[Span] = field(default_factory=list)
    rows: list[list[Json]] = field(default_factory=list)


def build_batch(
    lines: Iterable[tuple[Span, bytes]],
    positions: Mapping[str, int],
    values_of: Callable[[Event], Mapping[str, Cell]],
    *,
    max_bytes: int,
    arrived: Iterable[str] = (),
    blanks: Mapping[str, Json] | None = None,
) -> Batch:
    """The next rows, up to a number of bytes but at least one.

    Args:
        lines: What waits.
        positions: Where each column is.
        values_of: A row's values by column.
        max_bytes: The size of a request.
        arrived: The event ids that are in the sheet already.
        blanks: The cells of columns that people fill in.
    """
    batch, size, present = Batch(), 0, set(arrived)
    for span, line in lines:
        event = event_in(line)
        if event is not None and event.event_id not in present:
            row = row_data(positions, values_of(event), blanks)
            size += len(json.dumps(row))
            if batch.rows and size > max_bytes:
                break
            batch.rows.append(row)
        batch.spans.append(span)
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
        """What to try when Google refuses this one."""
        return {Form.WHOLE: Form.CLEAN, Form.CLEAN: Form.PLACEHOLDER}.get(self)


_REFUSED = "Google refused this event. It is kept in the outbox: see `hilt sheets status`."


def row_values(event: Event, columns: Columns, form: Form = Form.WHOLE) -> Mapping[str, Cell]:
    """An event's values for the columns of a log."""
    cells = cells_of(event)
    values = {name: cells[name] for name in (*columns.shown, "event_id")}
    if form is Form.CLEAN:
        return {name: without_control_characters(value) for name, value in values.items()}
    if form is Form.PLACEHOLDER:
        return _placeholder(values, columns)
    return values


def _placeholder(values: Mapping[str, Cell], columns: Columns) -> Mapping[str, Cell]:
    """A row with nothing in it that a writer of events has chosen, but for the event's id."""
    kept = {name: values[name] for name in ("timestamp", "event_id") if name in values}
    note = next(
        (name for name in ("message", *columns.shown) if name in values and name not in kept), ""
    )
    return {**kept, **({note: _REFUSED} if note else {})}


def event_in(line: bytes) -> Event | None:
    """The event of a line, or None for what is left of a torn one."""
    try:
        return Event.from_json(line)
    except EventError:
        if line.strip():
            _log.warning("HILT: a line in the outbox is not an event, and is left out")
        return None
