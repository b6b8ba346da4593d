"""Reviews: what people write beside a row, as ``feedback`` events.

A review is the three cells ``rating``, ``comment`` and ``correction`` of a row. It becomes a
``feedback`` event whose id follows from the event it is about and from its content, so that the
same review is the same event however often it is read, and an edited one is a new event. A review
that was taken back is a new event, too, with ``extensions.withdrawn``.
"""

from __future__ import annotations

import hashlib
import logging
import math
import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count

from hilt.core.event import Actor, Content, Event
from hilt.io.sheets.columns import REVIEW_COLUMNS
from hilt.io.sheets.connection import Connection
from hilt.io.sheets.event_ids import TIME_DIGITS, hex_digits
from hilt.io.sheets.rows import UNKNOWN, Row, read_rows, session_of

__all__ = ["Reviews", "feedback_event", "new_feedback", "read_reviews"]

_log = logging.getLogger(__name__)
_SOURCE = "google_sheets"
_PLAIN_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_FORMULA_ERRORS = frozenset(
    {
        "#CALC!",
        "#DIV/0!",
        "#ERROR!",
        "#N/A",
        "#NAME?",
        "#NULL!",
        "#NUM!",
        "#REF!",
        "#SPILL!",
        "#VALUE!",
        "Loading...",
    }
)

Review = Mapping[str, object]
"""The values of a row's review columns, without empty ones."""


@dataclass(slots=True)
class Reviews:
    """The reviews of a sheet.

    Args:
        by_id: The review and the conversation of each event that has one.
        without: The ids of the events that have none.
    """

    by_id: dict[str, tuple[Review, str]] = field(default_factory=dict)
    without: set[str] = field(default_factory=set)


def read_reviews(
    connection: Connection, title: str, progress: Callable[[int, int], object] | None = None
) -> Reviews:
    """The reviews in a log's tabs; only the columns that they need are read.

    Args:
        connection: The spreadsheet.
        title: The log.
        progress: Called now and then with the number of rows read, and that of all rows.

    Raises:
        CallError: If the sheet cannot be read.
        SinkError: If there is no such log.
    """
    reviews = Reviews()
    columns = ["event_id", "conversation_id", "conversation", "session", *REVIEW_COLUMNS]
    for row in read_rows(connection, title, columns, as_shown=True, progress=progress):
        about = row.values.get("event_id")
        if not isinstance(about, str):
            continue
        review = _review_in_row(row)
        if review:
            reviews.by_id.setdefault(about, (review, session_of(row.values)))
        elif review is not None:
            reviews.without.add(about)
    return reviews


def new_feedback(reviews: Reviews, logged: Iterable[Event]) -> Iterator[Event]:
    """The reviews that a log does not have yet; an edited or withdrawn one counts as new.

    Args:
        reviews: The sheet's reviews.
        logged: The log's events: reviews that were pulled before, and the conversations of rows,
            if the sheet has no column for them.
    """
    latest: dict[str, Event] = {}
    sessions: dict[str, str] = {}
    ids: set[str] = set()
    for event in logged:
        if event.event_id in reviews.by_id:
            sessions[event.event_id] = event.session_id
        if event.action == "feedback" and (event.provenance or {}).get("source") == _SOURCE:
            ids.add(event.event_id)
            latest[str((event.extensions or {}).get("reply_to"))] = event
    for about, (review, session) in reviews.by_id.items():
        known = session if session != UNKNOWN else sessions.get(about, UNKNOWN)
        before = latest.get(about)
        if before is None or _review_in_event(before) != _as_logged(review):
            yield _first_new(about, review, known, ids)
    for about, before in latest.items():
        # There may also be a copy of a reviewed row, without the review.
        is_withdrawn = about in reviews.without and about not in reviews.by_id
        if is_withdrawn and _review_in_event(before):
            yield _first_new(about, {}, before.session_id, ids)


def feedback_event(about: str, review: Review, session_id: str, repetition: int = 0) -> Event:
    """A review as an event; an empty one counts as withdrawn.

    Args:
        about: The id of the event that it is about.
        review: The review.
        session_id: The conversation.
        repetition: How often the same review was given before, with another one between.
    """
    comment = review.get("comment")
    extensions: dict[str, object] = {"reply_to": about, **review}
    if not review:
        extensions["withdrawn"] = True
    return Event(
        event_id=_feedback_id(about, review, repetition),
        session_id=session_id,
        actor=Actor(type="human", id="reviewer"),
        action="feedback",
        content=Content(
            text=None if comment is None else str(comment), extra={"feedback": dict(review)}
        )
        if review
        else None,
        provenance={"source": _SOURCE},
        extensions=extensions,
    )


def _first_new(about: str, review: Review, session_id: str, ids: Container[str]) -> Event:
    """A review with an id that is not taken: to go back to an earlier review is an edit, too."""
    events = (feedback_event(about, review, session_id, repetition) for repetition in count())
    return next(event for event in events if event.event_id not in ids)


def _review_in_row(row: Row) -> Review | None:
    """A row's review; None if it cannot be used, because a cell is a formula's error."""
    # A cell that looks empty counts as empty: people press the space bar in it.
    review = {
        name: row.values[name]
        for name in REVIEW_COLUMNS
        if name in row.values and str(row.values[name]).strip()
    }
    for name, value in review.items():
        if value in _FORMULA_ERRORS:
            _log.warning(
                "HILT: the %s in row %d of %r is %s, an error of a formula; the review is left out "
                "until it is mended.",
                name,
                row.number,
                row.title,
                value,
            )
            return None
    if "rating" in review:
        review["rating"] = _number_or_text(review["rating"])
    return review


def _number_or_text(value: object) -> object:
    """A rating such as ``5`` as a number; ``4/5`` and ``good`` stay as they are."""
    if not isinstance(value, str) or not _PLAIN_NUMBER.fullmatch(value.strip()):
        return value
    number = float(value)
    if not math.isfinite(number):
        return value
    return int(number) if number.is_integer() else number


def _review_in_event(event: Event) -> dict[str, str]:
    extensions = event.extensions or {}
    return _as_logged({name: extensions[name] for name in REVIEW_COLUMNS if name in extensions})


def _as_logged(review: Review) -> dict[str, str]:
    """A review as texts, for comparison: a number of an earlier pull may be a text now."""
    return {name: str(value) for name, value in review.items()}


def _feedback_id(about: str, review: Review, repetition: int) -> str:
    """An id in HILT's form that sorts beside the event that the review is about."""
    text = "\0".join(f"{name}={review[name]}" for name in sorted(review))
    content = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
    digest = hashlib.sha256(f"{about}\0{repetition}\0{content}".encode()).hexdigest()
    digits = hex_digits(about)
    head = digits[:TIME_DIGITS] if digits else digest[-TIME_DIGITS:]
    return f"evt_{head}7{digest[:3]}8{digest[3:18]}"
