"""From lines of an outbox to rows of a tab, as many as one request may hold."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from hilt.core.columns import Cell, cells_of
from hilt.core.event import Event
from hilt.core.exceptions import EventError
from hilt.io.sheets.cells import row_data, without_control_characters
from hilt.io.sheets.columns import Columns
from hilt.io.sheets.connection import Json
from hilt.io.sheets.segments import Span

__all__ = ["Batch", "build_batch", "event_in", "row_values"]

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
) -> Batch:
    """The next rows, up to a number of bytes but at least one.

    Args:
        lines: What waits.
        positions: Where each column is.
        values_of: A row's values by column.
        max_bytes: The size of a request.
        arrived: The event ids that are in the sheet already.
    """
    batch, size, present = Batch(), 0, set(arrived)
    for span, line in lines:
        event = event_in(line)
        if event is not None and event.event_id not in present:
            row = row_data(positions, values_of(event))
            size += len(json.dumps(row))
            if batch.rows and size > max_bytes:
                break
            batch.rows.append(row)
        batch.spans.append(span)
    return batch


def row_values(event: Event, columns: Columns, *, clean: bool = False) -> Mapping[str, Cell]:
    """An event's values for the columns of a log.

    Args:
        event: The event.
        columns: The columns.
        clean: Whether to replace control characters.
    """
    cells = cells_of(event)
    values = {name: cells[name] for name in (*columns.shown, "event_id")}
    if clean:
        return {name: without_control_characters(value) for name, value in values.items()}
    return values


def event_in(line: bytes) -> Event | None:
    """The event of a line, or None for what is left of a torn one."""
    try:
        return Event.from_json(line)
    except EventError:
        if line.strip():
            _log.warning("HILT: a line in the outbox is not an event, and is left out")
        return None
