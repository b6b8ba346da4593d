"""A call as one row: the question, its answer, and how it ended.

A row is made of the event that ends a call. Until that comes, the outbox's state remembers where
the line of the prompt is that opened the call (`OpenCall`); the tool calls that an answer asks for
follow it. A prompt whose process has died gets a row of its own, which says that there was no
answer.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone, tzinfo

import msgspec

from hilt.core.columns import Cell, message_of
from hilt.core.event import ENDING_ACTIONS, Event
from hilt.core.ids_and_times import parse_timestamp
from hilt.io.sheets.segments import Span, chain_of

__all__ = [
    "FAILED",
    "NO_ANSWER",
    "CallReader",
    "OpenCall",
    "RowStep",
    "datetime_of",
    "serial_of",
    "unanswered_row",
]

FAILED = ("failed", "timeout", "cancelled")
"""The outcomes of calls that failed."""

NO_ANSWER = "no answer"
"""The outcome of a call whose process died before it ended."""

_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - a sheet's dates have no time zone of their own
_DAY_S = 86_400
_OPENERS = frozenset({"prompt", "tool_result"})


class OpenCall(msgspec.Struct, frozen=True, omit_defaults=True):
    """The event that opened a call that has not ended.

    Args:
        span: Where its line is.
        conversation: A hash of its conversation's id, which may name a person: lines of the outbox
            can be erased, and notes on them must not say more than they do.
        action: ``prompt``, or ``tool_result`` if only the results of tools were sent.
        event_id: The event's id.
        span_id: The span of the call, if that is known.
    """

    span: Span
    conversation: str = msgspec.field(name="session_id")
    action: str
    event_id: str
    span_id: str = ""

    def is_of_call(self, other: OpenCall) -> bool:
        """Whether two of these opened the same call, as far as is known."""
        is_known = bool(self.span_id and other.span_id)
        return (
            self.conversation == other.conversation
            and chain_of(self.span[0]) == chain_of(other.span[0])
            and (not is_known or self.span_id == other.span_id)
        )


@dataclass(frozen=True, slots=True)
class RowStep:
    """What one line of an outbox leads to.

    Args:
        values: A row's values by column; None if there is no row.
        opened: The call that the line opens.
        closed: The ids of the open calls that it closes.
        fills: The id of the prompt whose row it belongs in, which says so far that there was no
            answer.
    """

    values: Mapping[str, Cell] | None = None
    opened: OpenCall | None = None
    closed: tuple[str, ...] = ()
    fills: str | None = None


class CallReader:
    """Reads lines in order, and makes a row of each call that ends.

    Args:
        open_calls: The calls that were open before.
        without_answer: The ids of prompts whose rows say that there was no answer.
        line_at: Reads a line of the outbox.
        lines_behind: The whole lines that follow one in its segment, as far as they are written.
        zone: The spreadsheet's time zone.
    """

    def __init__(
        self,
        open_calls: Iterable[OpenCall],
        without_answer: Iterable[str],
        line_at: Callable[[Span], Event | None],
        lines_behind: Callable[[Span], Iterable[Event]],
        zone: tzinfo,
    ) -> None:
        self._open = {each.event_id: each for each in open_calls}
        # There may be very many open calls, as in a batch, but few of them are results of tools.
        self._results = {each.event_id: each for each in self._open.values() if _is_result(each)}
        self._without_answer = set(without_answer)
        self._line_at = line_at
        self._lines_behind = lines_behind
        self._zone = zone

    def read(self, span: Span, event: Event) -> RowStep:
        """What a line leads to; `apply` takes it into account for the next ones."""
        if event.action in _OPENERS:
            return self._opening(span, event)
        if event.action in {"completion_chunk", "tool_call"} or _is_quiet_step(event):
            return RowStep()
        extensions = event.extensions or {}
        about = str(extensions.get("reply_to"))
        is_ending = event.action in ENDING_ACTIONS
        opener = self._open.get(about) if is_ending else None
        fills = about if is_ending and about in self._without_answer else None
        opening = self._line_at(opener.span) if opener is not None else None
        tools = _tool_names(event, self._lines_behind(span))
        values = _call_row(event, opening, tools, self._zone)
        return RowStep(
            values, closed=(about,) if opener is not None or fills is not None else (), fills=fills
        )

    def apply(self, step: RowStep) -> None:
        """Note the calls that a line opens and closes."""
        for event_id in step.closed:
            self._open.pop(event_id, None)
            self._results.pop(event_id, None)
            self._without_answer.discard(event_id)
        if step.opened is not None:
            self._open[step.opened.event_id] = step.opened
            if _is_result(step.opened):
                self._results[step.opened.event_id] = step.opened

    def _opening(self, span: Span, event: Event) -> RowStep:
        if (event.provenance or {}).get("operation") == "execute_tool":
            # A framework ran a tool; the result that is sent to the model is an event of its own.
            return RowStep()
        span_id = (event.provenance or {}).get("span_id")
        span_id = span_id if isinstance(span_id, str) else ""
        conversation = _hash_of(event.session_id, chain_of(span[0]))
        opened = OpenCall(span, conversation, event.action, event.event_id, span_id)
        # The results of several tools, and a prompt after them, belong to one call.
        results = self._results.values()
        before = tuple(each.event_id for each in results if each.is_of_call(opened))
        return RowStep(opened=opened, closed=before)


def _hash_of(session_id: str, writer: str) -> str:
    """A hash that is the same for calls of one conversation and one writer."""
    data, key = session_id.encode("utf-8", "replace"), writer.encode()[:64]
    return hashlib.blake2b(data, digest_size=8, key=key).hexdigest()


def _is_result(call: OpenCall) -> bool:
    return call.action == "tool_result"


def unanswered_row(opening: Event, zone: tzinfo) -> Mapping[str, Cell]:
    """The row of a call whose process died; its id is that of the event that opened the call."""
    return {
        "time": serial_of(opening.timestamp, zone),
        "who": opening.actor.name or opening.actor.id,
        "question": _question(opening),
        "outcome": NO_ANSWER,
        "model": (opening.extensions or {}).get("model"),
        "conversation": opening.session_id,
        "prompt_id": opening.event_id,
        "event_id": opening.event_id,
    }


def serial_of(timestamp: str, zone: tzinfo) -> float | str:
    """A timestamp as a date in a sheet: days since 1899-12-30, in the spreadsheet's time zone.

    One at the edge of the calendar, which would be outside of it there, stays text.
    """
    try:
        local = parse_timestamp(timestamp).astimezone(zone)
    except OverflowError:
        return timestamp
    return round((local.replace(tzinfo=None) - _EPOCH).total_seconds() / _DAY_S, 9)


def datetime_of(serial: float, zone: tzinfo, seconds: float = 0) -> datetime | None:
    """The time in UTC of a date in a sheet, plus some seconds; None if out of range."""
    try:
        local = _EPOCH + timedelta(milliseconds=round(serial * _DAY_S * 1000))
        return local.replace(tzinfo=zone).astimezone(timezone.utc) + timedelta(seconds=seconds)
    except OverflowError:
        return None


def _call_row(
    ending: Event, opening: Event | None, tools: str | None, zone: tzinfo
) -> dict[str, Cell]:
    extensions, metrics = ending.extensions or {}, ending.metrics
    tokens = (metrics.tokens if metrics else None) or {}
    latency = extensions.get("latency_ms")
    if latency is None and metrics is not None:
        latency = metrics.latency_ms
    first = opening or ending
    return {
        "time": serial_of(first.timestamp, zone),
        "who": first.actor.name or first.actor.id,
        "question": None if opening is None else _question(opening),
        "answer": message_of(ending),
        "outcome": _outcome(ending),
        "cost": metrics.cost_usd if metrics else None,
        "seconds": _seconds(latency),
        "model": extensions.get("model") or (ending.provenance or {}).get("request_model"),
        "tools": tools,
        "tokens_read": tokens.get("prompt"),
        "tokens_written": tokens.get("completion"),
        "conversation": ending.session_id,
        "prompt_id": extensions.get("reply_to"),
        "event_id": ending.event_id,
    }


def _seconds(latency: object) -> float | None:
    """Milliseconds as seconds; None for what is no number, or is too large."""
    try:
        return round(latency / 1000, 3) if isinstance(latency, (int, float)) else None
    except OverflowError:
        return None


def _outcome(event: Event) -> str:
    extensions = event.extensions or {}
    if extensions.get("outcome"):
        return str(extensions["outcome"])
    if event.action == "system":
        return "failed" if extensions.get("error_code") else "note"
    return "completed" if event.action in ENDING_ACTIONS else event.action


def _question(opening: Event) -> str | None:
    text = message_of(opening)
    if opening.action == "tool_result":
        return f"(result of {opening.actor.name or opening.actor.id}) {text or ''}".strip()
    return text


def _is_quiet_step(event: Event) -> bool:
    """Whether an event is the boundary of a chain or agent that has not failed."""
    extensions = event.extensions or {}
    return "phase" in extensions and not extensions.get("error_code")


def _tool_names(ending: Event, behind: Iterable[Event]) -> str | None:
    """The tools that an answer asks for: ``search (2), get_weather``."""
    if ending.action != "completion":
        return None
    names: Counter[str] = Counter()
    for event in behind:
        reply_to = (event.extensions or {}).get("reply_to")
        if event.action != "tool_call" or reply_to != ending.event_id:
            break
        tool = (event.content.tool if event.content else None) or {}
        names[str(tool.get("name") or "tool")] += 1
    shown = (name if count == 1 else f"{name} ({count})" for name, count in names.items())
    return ", ".join(shown) or None
