"""Reading the rows of a log from the sheet: by column name, and as events."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone, tzinfo
from itertools import zip_longest

from hilt.core.event import Actor, Content, Event, Metrics
from hilt.core.exceptions import EventError
from hilt.core.ids_and_times import format_nanos
from hilt.io.sheets.a1 import column_letters, quote_title
from hilt.io.sheets.call_rows import FAILED, datetime_of
from hilt.io.sheets.columns import Kind
from hilt.io.sheets.connection import Connection
from hilt.io.sheets.event_ids import TIME_DIGITS, hex_digits
from hilt.io.sheets.tabs import LogTab, find_tabs

__all__ = [
    "HEADS",
    "UNKNOWN",
    "Row",
    "event_of",
    "events_of",
    "read_events",
    "read_rows",
    "session_of",
]

UNKNOWN = "unknown"
"""Stands for a conversation, or for who spoke, if no column says that."""
HEADS = frozenset({"event_id", "Event id"})
"""The possible headers of the column of ids."""
_PAGE = 10_000
"""How many rows are read at once."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a log.

    Args:
        title: The tab.
        number: The row's number, from 1.
        values: The values of its cells, by column; empty cells are left out.
        rows_are: What a row of its tab is.
        zone: The spreadsheet's time zone.
    """

    title: str
    number: int
    values: Mapping[str, object]
    rows_are: Kind = "events"
    zone: tzinfo = timezone.utc


def read_rows(
    connection: Connection,
    title: str,
    columns: Sequence[str] | None = None,
    *,
    as_shown: bool = False,
    progress: Callable[[int, int], object] | None = None,
) -> Iterator[Row]:
    """The rows of all tabs of a log, without columns that people have added.

    Args:
        connection: The spreadsheet.
        title: The log.
        columns: Which columns to read; all if None.
        as_shown: Whether to read all cells as people see them: ``4/5`` may be a date otherwise.
        progress: Called after each page with the number of rows read, and that of all rows.

    Raises:
        CallError: If the sheet cannot be read.
        SinkError: If there is no such log.
    """
    tabs = find_tabs(connection, title)
    done, total = 0, sum(tab.rows for tab in tabs)
    for tab in tabs:
        names = [name for name in columns or tab.positions if name in tab.positions]
        for first in range(1, tab.rows + 1, _PAGE):
            yield from _page(connection, tab, names, first, as_shown=as_shown)
            done += _PAGE
            if progress is not None:
                progress(min(done, total), total)


def read_events(connection: Connection, title: str) -> Iterator[Event]:
    """The events of all tabs of a log, each id once.

    Raises:
        CallError: If the sheet cannot be read.
        SinkError: If there is no such log.
    """
    event_ids: set[str] = set()
    for row in read_rows(connection, title):
        for event in events_of(row):
            if event.event_id not in event_ids:
                event_ids.add(event.event_id)
                yield event


def events_of(row: Row) -> Iterator[Event]:
    """The events of a row, as far as its columns contain them; a call has two."""
    if row.rows_are == "calls":
        for values in _calls_events(row):
            event = event_of(values)
            if event is not None:
                yield event
        return
    event = event_of(row.values)
    if event is not None:
        yield event


def _calls_events(row: Row) -> Iterator[Mapping[str, object]]:
    """The values of a call's question and of its answer, as in rows of events."""
    values = row.values
    event_id, prompt_id = values.get("event_id"), values.get("prompt_id")
    time, seconds = _number(values.get("time")), _number(values.get("seconds"))
    asked = None if time is None else datetime_of(time, row.zone)
    ended = None if time is None else datetime_of(time, row.zone, seconds or 0)
    shared = {"conversation_id": session_of(values), "model": values.get("model")}
    if prompt_id is not None and (prompt_id == event_id or "question" in values):
        yield _present(
            shared,
            event_id=prompt_id,
            timestamp=_format(asked),
            speaker=f"human:{values.get('who', UNKNOWN)}",
            action="prompt",
            message=values.get("question"),
        )
    if event_id is None or event_id == prompt_id:
        return
    failed = values.get("outcome") in {*FAILED, "note"}
    yield _present(
        shared,
        event_id=event_id,
        timestamp=_format(ended),
        speaker=f"agent:{values.get('model', UNKNOWN)}",
        action="system" if failed else "completion",
        message=values.get("answer"),
        reply_to=prompt_id,
        tokens_in=values.get("tokens_read"),
        tokens_out=values.get("tokens_written"),
        cost_usd=values.get("cost"),
        latency_ms=None if seconds is None else seconds * 1000,
    )


def _present(shared: Mapping[str, object], **values: object) -> dict[str, object]:
    return {name: value for name, value in {**shared, **values}.items() if value is not None}


def _format(time: datetime | None) -> str | None:
    return None if time is None else format_nanos(round(time.timestamp() * 1000) * 1_000_000)


def event_of(values: Mapping[str, object]) -> Event | None:
    """The event of a row, as far as its columns contain it; None for a row that is none."""
    event_id = values.get("event_id")
    if not isinstance(event_id, str):
        return None
    kind, _, who = str(values.get("speaker", "")).partition(":")
    tokens = {
        "prompt": _count(values.get("tokens_in")),
        "completion": _count(values.get("tokens_out")),
    }
    metrics = Metrics(
        tokens={name: count for name, count in tokens.items() if count is not None} or None,
        cost_usd=_number(values.get("cost_usd")),
    )
    extensions = {
        "reply_to": values.get("reply_to"),
        "status_code": _count(values.get("status_code")),
        "latency_ms": _number(values.get("latency_ms")),
        "model": values.get("model"),
        "score": _number(values.get("relevance_score")),
    }
    try:
        return Event(
            event_id=event_id,
            timestamp=str(values.get("timestamp") or _timestamp_in(event_id)),
            session_id=session_of(values),
            actor=Actor(type=kind or "system", id=who or UNKNOWN),
            action=str(values.get("action") or "system"),
            content=Content(text=str(values["message"])) if "message" in values else None,
            metrics=metrics if metrics != Metrics() else None,
            extensions={name: value for name, value in extensions.items() if value is not None}
            or None,
        )
    except EventError:
        return None


def session_of(values: Mapping[str, object]) -> str:
    """The conversation that a row belongs to, or `UNKNOWN`."""
    return str(
        next(
            (
                values[name]
                for name in ("conversation_id", "conversation", "session")
                if values.get(name)
            ),
            UNKNOWN,
        )
    )


def _page(
    connection: Connection, tab: LogTab, names: Sequence[str], first: int, *, as_shown: bool
) -> Iterable[Row]:
    last = min(tab.rows, first + _PAGE - 1)
    title = quote_title(tab.title)
    letters = [column_letters(tab.positions[name]) for name in names]
    ranges = [f"{title}!{letter}{first}:{letter}{last}" for letter in letters]
    columns = [
        [row[0] if row else "" for row in rows]
        for rows in connection.values(ranges, as_shown=as_shown)
    ]
    for number, cells in enumerate(zip_longest(*columns, fillvalue=""), first):
        pairs = zip(names, cells, strict=True)
        values = {name: value for name, value in pairs if value != ""}
        if values and not _is_header(number, values.get("event_id")):
            yield Row(tab.title, number, values, tab.rows_are, tab.zone)


def _is_header(number: int, event_id: object) -> bool:
    """Whether a row is the header, which people put titles above, sort away or delete."""
    if number == 1:
        return hex_digits(str(event_id)) is None
    return event_id in HEADS


def _timestamp_in(event_id: str) -> str | None:
    digits = hex_digits(event_id)
    return format_nanos(int(digits[:TIME_DIGITS], 16) * 1_000_000) if digits else None


def _number(value: object) -> float | int | None:
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _count(value: object) -> int | None:
    number = _number(value)
    return int(number) if number is not None and number >= 0 else None
