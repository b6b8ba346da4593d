"""Rows of a spreadsheet as events, and how changes to these events change the cells."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from hilt.core.event import Actor, Content, Event
from hilt.core.exceptions import EventError
from hilt.io.sheets.columns import REVIEW_COLUMNS
from hilt.io.sheets.rows import Row, event_of, events_of
from hilt.privacy.filter import OWN_ID
from hilt.privacy.tools.rewriting import ChangeLines

__all__ = ["RowChange", "SheetRow", "people_in"]

_SESSION_COLUMNS = ("conversation_id", "conversation", "session")
_PSEUDONYM = re.compile(r"(?:user|did)_[0-9a-f]{16}\Z")
_TOOL_RESULT = "(result of "
_ERASED = "erased"


@dataclass(slots=True)
class RowChange:
    """What becomes of a row.

    Args:
        remove: Whether the row is removed.
        cells: The new texts by column.
    """

    remove: bool
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Part:
    """An event of a row, and the columns that hold its text and its actor."""

    event: Event
    text: str
    who: str | None = None
    is_review: bool = False


class SheetRow:
    """A row with the events that it stands for: a call has two, and reviews are events too.

    Args:
        row: The row.
        people: The ids of those who take part in the row's conversation, from the sheet's rows.
    """

    def __init__(self, row: Row, people: Collection[str] = ()) -> None:
        self.row = row
        self.event_id = str(row.values["event_id"])
        self._parts = [*_parts_of(row, people)]

    def lines(self) -> Iterator[bytes]:
        """Its events."""
        for part in self._parts:
            yield part.event.encode()

    def changed(self, change: ChangeLines) -> RowChange | None:
        """How a change to its events changes the row; None if it does not."""
        if not self._parts:
            return None  # unreadable, like a line that is no event
        kept, cells = False, {}
        for part in self._parts:
            line = part.event.encode()
            new = change(line)
            event = None if new is None or new == line else Event.from_json(new)
            gone = new is None or (event is not None and bool((event.privacy or {}).get("erased")))
            kept = kept or not (gone or part.is_review)
            if gone:
                cells.update({part.text: "", **({part.who: _ERASED} if part.who else {})})
            elif event is not None:
                cells.update(self._cells(part, event))
        if not kept:
            return RowChange(remove=True, cells={})
        values = self.row.values
        cells = {name: text for name, text in cells.items() if str(values.get(name, "")) != text}
        return RowChange(remove=False, cells=cells) if cells else None

    def _cells(self, part: _Part, event: Event) -> dict[str, str]:
        """The cells that change when a part becomes another event."""
        old, cells = part.event, {part.text: (event.content.text or "") if event.content else ""}
        if part.who and event.actor.id != old.actor.id and not _PSEUDONYM.match(old.actor.id):
            kind = f"{event.actor.type}:" if part.who == "speaker" else ""
            cells[part.who] = kind + event.actor.id
        if event.session_id != old.session_id and not OWN_ID.match(old.session_id):
            cells |= {
                name: event.session_id for name in _SESSION_COLUMNS if name in self.row.values
            }
        return cells


def people_in(row: Row) -> tuple[str, str] | None:
    """The ids of a row's conversation and of the person who asks in it, if it is a person."""
    for part in _parts_of(row, ()):
        if part.event.actor.type == "human":
            return part.event.session_id, part.event.actor.id
    return None


def _parts_of(row: Row, people: Collection[str]) -> Iterator[_Part]:
    about = None
    for part in _call_parts(row, people) if row.rows_are == "calls" else _event_parts(row):
        about = part.event
        yield part
    if about is None:
        return
    for name in REVIEW_COLUMNS:
        text = row.values.get(name)
        if isinstance(text, str) and name != "rating":
            review = Event(
                event_id=f"{about.event_id}:{name}",
                timestamp=about.timestamp,
                session_id=about.session_id,
                actor=Actor("system", "reviewer"),
                action="feedback",
                content=Content(text=text),
                extensions={"reply_to": about.event_id},
            )
            yield _Part(review, name, is_review=True)


def _event_parts(row: Row) -> Iterator[_Part]:
    event = event_of(row.values)
    if event is not None:
        yield _Part(event, "message", "speaker" if "speaker" in row.values else None)


def _call_parts(row: Row, people: Collection[str]) -> Iterator[_Part]:
    """The question and the answer of a call; a row that is no call has one event."""
    values = row.values
    who, prompt_id = str(values.get("who", "")), values.get("prompt_id")
    if values.get("outcome") == "feedback" or prompt_id is None:
        yield from _single_part(row, who)
        return
    # Without content a call has no question, and yet somebody asked.
    shown = replace(row, values={**values, "question": values.get("question", "")})
    for event in events_of(shown):
        if event.event_id != prompt_id:
            yield _Part(event, "answer")
            continue
        if str(values.get("question", "")).startswith(_TOOL_RESULT):
            # A tool's result belongs to the person who asks in the conversation, if only one does.
            asks = next(iter(people)) if len(people) == 1 else None
            event.actor = Actor("human", asks) if asks else Actor("tool", who or "tool")
            yield _Part(event, "question")
        else:
            yield _Part(event, "question", "who")


def _single_part(row: Row, who: str) -> Iterator[_Part]:
    """A row of one event: a review that a program gave, a step, a note."""
    values: Mapping[str, object] = {**row.values, "outcome": row.values.get("outcome", "note")}
    for event in events_of(replace(row, values={**values, "prompt_id": None})):
        kind = "human" if values["outcome"] == "feedback" else "agent"
        try:
            event.actor = Actor(kind, who or "unknown")
        except EventError:
            continue
        if values.get("prompt_id"):
            event.extensions = {**(event.extensions or {}), "reply_to": values["prompt_id"]}
        yield _Part(event, "answer", "who")
