"""Limiting how long a log is kept: old events are removed, or lose what was said in them."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime, timedelta, timezone

import msgspec

from hilt.core.event import ACTIONS, Event
from hilt.core.exceptions import ConfigurationError, EventError
from hilt.core.ids_and_times import format_nanos, to_nanos
from hilt.core.texts import structure_of
from hilt.privacy.tools.places import (
    AnyPlace,
    OnBytes,
    change_with_receipt,
    place_of,
    preview,
)
from hilt.privacy.tools.receipts import Receipt
from hilt.privacy.tools.rewriting import LogChange

__all__ = ["cutoff_of", "retain"]

_AGE = re.compile(r"(\d+)\s*(s|m|h|d|w|y)", re.IGNORECASE)
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800, "y": 31_557_600}


class _Moment(msgspec.Struct):
    event_id: str
    timestamp: str
    action: str = ""
    extensions: object = None


_decode = msgspec.json.Decoder(_Moment).decode


def cutoff_of(older_than: str, now: datetime | None = None) -> str:
    """The moment before which events are old, as a timestamp of the log.

    >>> cutoff_of("2026-01-31")
    '2026-01-31T00:00:00.000000Z'

    Args:
        older_than: An age such as ``90d`` (s, m, h, d, w, y), a date, or a moment (RFC 3339).
        now: What an age counts back from; the present by default.

    Raises:
        ConfigurationError: If it is none of these, is in the future, or is before the year 1.
    """
    text = older_than.strip()
    match = _AGE.fullmatch(text)
    if match is not None:
        try:
            age = timedelta(seconds=int(match[1]) * _SECONDS[match[2].lower()])
            moment = (now or datetime.now(timezone.utc)) - age
        except (OverflowError, ValueError):  # int() takes no number of thousands of digits
            raise _before_first_year(older_than) from None
    else:
        try:
            moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
        except ValueError:
            raise ConfigurationError(
                f"--older-than: {older_than!r} is no age and no date; expected 90d, 12h or "
                "2026-01-31"
            ) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    try:
        moment = moment.astimezone(timezone.utc)
    except OverflowError:
        raise _before_first_year(older_than) from None
    if moment > (now or datetime.now(timezone.utc)):
        raise ConfigurationError(
            f"--older-than: {older_than!r} is in the future, so that everything is older"
        )
    return format_nanos(int(moment.timestamp()) * 1_000_000_000)


def _before_first_year(older_than: str) -> ConfigurationError:
    return ConfigurationError(
        f"--older-than: {older_than!r:.40} is before the first year; "
        "expected 90d, 12h or 2026-01-31"
    )


def retain(
    where: AnyPlace,
    cutoff: str,
    *,
    actions: Collection[str] = (),
    contents_only: bool = False,
    why: str | None = None,
    dry_run: bool = False,
    on_bytes: OnBytes = None,
) -> LogChange:
    """Remove the events before a moment, while others may write to the log.

    If an event that stays links to one that goes, an empty event with the same id takes its place.

    Args:
        where: The log, or another place with events.
        cutoff: The moment, see `cutoff_of`.
        actions: Only events of these actions; all if empty.
        contents_only: Keep ids, models, numbers and times, and remove only what was said.
        why: The reason, for the receipt.
        dry_run: Only count.
        on_bytes: Called with the number of bytes read since the last call.

    Raises:
        ConfigurationError: If there is no such action.
        SinkError: If a file cannot be written.
    """
    for action in actions:
        if action not in ACTIONS:
            raise ConfigurationError(f"action: {action!r}; expected one of {', '.join(ACTIONS)}")
    limit = to_nanos(cutoff)
    linked = frozenset() if contents_only else _linked(where, cutoff, limit)

    def change(line: bytes) -> bytes | None:
        head = _head(line)
        if head is None or not _is_old(head.timestamp, cutoff, limit):
            return line
        if (actions and head.action not in actions) or _is_receipt(head):
            return line
        if contents_only:
            return _structure(line)
        return _empty(line) if head.event_id in linked else None

    if dry_run:
        return preview(where, change, on_bytes)

    def numbers(result: LogChange) -> dict[str, object]:
        return {"removed": result.removed, "emptied": result.changed, "before": cutoff}

    return change_with_receipt(where, change, Receipt("retain", why, numbers), on_bytes)


def _head(line: bytes) -> _Moment | None:
    if line[:1] != b"{":
        return None
    try:
        return _decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _is_old(timestamp: str, cutoff: str, limit: int) -> bool:
    if len(timestamp) == len(cutoff) and timestamp[10] == "T" and timestamp[-1] == "Z":
        return timestamp < cutoff
    try:
        return to_nanos(timestamp) < limit
    except ValueError:
        return False


def _is_receipt(head: _Moment) -> bool:
    return isinstance(head.extensions, dict) and "receipt" in head.extensions


def _linked(where: AnyPlace, cutoff: str, limit: int) -> frozenset[str]:
    """The ids of old events that newer ones link to.

    Ids that HILT makes begin with their time. Others do not, and a program may give an event an
    earlier time than that of its id: such ids are collected, and looked for in a second pass.
    """
    oldest = f"evt_{limit // 1_000_000:012x}"
    found: set[str] = set()
    unusual: set[str] = set()
    for is_second in (False, True):
        for line in place_of(where).lines():
            head = _head(line)
            if head is None:
                continue
            if _is_old(head.timestamp, cutoff, limit):
                if head.event_id >= oldest:
                    unusual.add(head.event_id)
                continue
            links = head.extensions if isinstance(head.extensions, dict) else {}
            for link in (links.get("reply_to"), links.get("context_of")):
                if isinstance(link, str) and (link in unusual if is_second else link < oldest):
                    found.add(link)
        if not unusual:
            break
    return frozenset(found)


def _structure(line: bytes) -> bytes:
    try:
        event = Event.from_json(line)
        structure = structure_of(event)
        structure.content = None
    except (EventError, RecursionError):
        return line
    return line if structure == event else structure.encode()


def _empty(line: bytes) -> bytes:
    if b'"erased":true' in line:
        return line
    try:
        event = Event.from_json(line)
    except EventError:
        return line
    return Event(
        event_id=event.event_id,
        timestamp=event.timestamp,
        session_id=event.session_id,
        actor={"type": event.actor.type, "id": "erased"},
        action=event.action,
        privacy={"erased": True},
    ).encode()
