"""From rows back to events: what was logged, and reviewers' feedback on it.

A review is the three cells ``rating``, ``comment`` and ``correction`` of a row. It becomes a
``feedback`` event whose id follows from the event it is about and from its content, so that the
same review is the same event however often it is read, and an edited one is a new event.
"""

from __future__ import annotations

import hashlib
from collections.abc import Container, Iterable, Iterator, Mapping
from itertools import count

from hilt.core.event import Actor, Content, Event, Metrics
from hilt.core.exceptions import EventError
from hilt.core.timestamps import format_nanos
from hilt.io.sheets.a1 import column_letters, quote_title
from hilt.io.sheets.columns import REVIEW_COLUMNS
from hilt.io.sheets.connection import Connection
from hilt.io.sheets.tabs import tabs_of_log

__all__ = ["feedback_of", "new_feedback", "read_sheet", "rows_of_log"]

_ID_HEX = 32
_TIME_HEX = 12
_UNKNOWN = "unknown"
_PAGE = 50_000
"""How many rows are read at once."""


def read_sheet(connection: Connection, title: str, waiting: Iterable[bytes]) -> Iterator[Event]:
    """The events of all tabs of a log, then what still waits, then the reviews; each id once.

    Raises:
        CallError: If the sheet cannot be read.
    """
    event_ids: set[str] = set()
    reviews = []
    for row in rows_of_log(connection, title):
        event = event_of(row)
        if event is not None and event.event_id not in event_ids:
            event_ids.add(event.event_id)
            yield event
            review = feedback_of(row)
            if review is not None:
                reviews.append(review)
    for line in waiting:
        try:
            late = Event.from_json(line)
        except EventError:
            continue
        if late.event_id not in event_ids:
            event_ids.add(late.event_id)
            yield late
    yield from reviews


def rows_of_log(connection: Connection, title: str) -> Iterator[dict[str, object]]:
    """The rows of all tabs of a log by column name; the first of columns with one name counts.

    Raises:
        CallError: If the sheet cannot be read.
    """
    for tab in tabs_of_log(connection.tabs(), title):
        name = quote_title(tab["title"])
        header = [str(cell) for cell in (connection.values([f"{name}!1:1"])[0] or [[]])[0]]
        if "event_id" not in header:
            continue
        last, letters = int(tab["gridProperties"]["rowCount"]), column_letters(len(header) - 1)
        for first in range(2, last + 1, _PAGE):
            end = min(last, first + _PAGE - 1)
            for row in connection.values([f"{name}!A{first}:{letters}{end}"])[0]:
                # Backwards, so that the first of several columns with one name counts.
                pairs = zip(reversed(header[: len(row)]), reversed(row), strict=True)
                yield {column: value for column, value in pairs if value != ""}


def event_of(row: Mapping[str, object]) -> Event | None:
    """The event of a row, as far as its columns hold it; None for a row that is none."""
    event_id = row.get("event_id")
    if not isinstance(event_id, str):
        return None
    kind, _, who = str(row.get("speaker", "")).partition(":")
    tokens = {"prompt": _count(row.get("tokens_in")), "completion": _count(row.get("tokens_out"))}
    metrics = Metrics(
        tokens={name: count for name, count in tokens.items() if count is not None} or None,
        cost_usd=_number(row.get("cost_usd")),
    )
    extensions = {
        "reply_to": row.get("reply_to"),
        "status_code": _count(row.get("status_code")),
        "latency_ms": _number(row.get("latency_ms")),
        "model": row.get("model"),
        "score": _number(row.get("relevance_score")),
    }
    try:
        return Event(
            event_id=event_id,
            timestamp=str(row.get("timestamp") or _timestamp_in(event_id)),
            session_id=session_of(row),
            actor=Actor(type=kind or "system", id=who or _UNKNOWN),
            action=str(row.get("action") or "system"),
            content=Content(text=str(row["message"])) if "message" in row else None,
            metrics=metrics if metrics != Metrics() else None,
            extensions={name: value for name, value in extensions.items() if value is not None}
            or None,
        )
    except EventError:
        return None


def feedback_of(row: Mapping[str, object], repetition: int = 0) -> Event | None:
    """The review in a row as a ``feedback`` event, or None if there is none.

    Args:
        row: The row, by column name.
        repetition: How often the same review was given before, with another one between.
    """
    review = {name: row[name] for name in REVIEW_COLUMNS if row.get(name) not in (None, "")}
    about = row.get("event_id")
    if not review or not isinstance(about, str):
        return None
    comment = review.get("comment")
    return Event(
        event_id=_feedback_id(about, review, repetition),
        session_id=session_of(row),
        actor=Actor(type="human", id="reviewer"),
        action="feedback",
        content=Content(text=None if comment is None else str(comment), extra={"feedback": review}),
        provenance={"source": "google_sheets"},
        extensions={"reply_to": about, **review},
    )


def new_feedback(rows: Iterable[Mapping[str, object]], logged: Iterable[Event]) -> Iterator[Event]:
    """The reviews that a log does not have yet; an edited one is a new one.

    Args:
        rows: The sheet's rows.
        logged: The log's events: what was pulled before, and the conversations that the rows belong
            to where the sheet has no column for them.
    """
    reviewed = [row for row in rows if feedback_of(row) is not None]
    reviewed_ids = {str(row["event_id"]) for row in reviewed}
    latest: dict[str, str] = {}
    sessions: dict[str, str] = {}
    ids: set[str] = set()
    for event in logged:
        if event.event_id in reviewed_ids:
            sessions[event.event_id] = event.session_id
        if event.action == "feedback":
            ids.add(event.event_id)
            latest[str((event.extensions or {}).get("reply_to"))] = _digest(_review_in(event))
    for row in reviewed:
        about = str(row["event_id"])
        event = _first_new({"conversation_id": sessions.get(about, _UNKNOWN), **row}, ids)
        digest = _digest(_review_in(event))
        if latest.get(about) != digest:
            ids.add(event.event_id)
            latest[about] = digest
            yield event


def _first_new(row: Mapping[str, object], ids: Container[str]) -> Event:
    """A row's review with an id that is free: going back to an earlier review is an edit too."""
    events = (feedback_of(row, repetition) for repetition in count())
    return next(event for event in events if event is not None and event.event_id not in ids)


def session_of(row: Mapping[str, object]) -> str:
    """The conversation that a row belongs to, as far as its columns hold it."""
    return str(row.get("conversation_id") or row.get("session") or _UNKNOWN)


def _review_in(event: Event) -> dict[str, object]:
    extensions = event.extensions or {}
    return {name: extensions[name] for name in REVIEW_COLUMNS if name in extensions}


def _digest(review: Mapping[str, object]) -> str:
    text = "\0".join(f"{name}={review[name]}" for name in sorted(review))
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def _feedback_id(about: str, review: Mapping[str, object], repetition: int) -> str:
    """An id of the form of ours that sorts beside the event which the review is about."""
    digest = hashlib.sha256(f"{about}\0{repetition}\0{_digest(review)}".encode()).hexdigest()
    digits = about.removeprefix("evt_")
    head = digits[:_TIME_HEX] if _is_hex(digits) else digest[-_TIME_HEX:]
    return f"evt_{head}7{digest[:3]}8{digest[3:18]}"


def _timestamp_in(event_id: str) -> str | None:
    digits = event_id.removeprefix("evt_")
    if not _is_hex(digits):
        return None
    return format_nanos(int(digits[:_TIME_HEX], 16) * 1_000_000)


def _is_hex(digits: str) -> bool:
    return len(digits) == _ID_HEX and all(digit in "0123456789abcdef" for digit in digits)


def _number(value: object) -> float | int | None:
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _count(value: object) -> int | None:
    number = _number(value)
    return int(number) if number is not None and number >= 0 else None
