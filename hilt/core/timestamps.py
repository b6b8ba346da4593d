"""Times as events carry them: RFC 3339, UTC, microseconds, ``Z``."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from time import gmtime, strftime

from hilt.core import clock
from hilt.core.exceptions import EventError

__all__ = [
    "format_nanos",
    "nanos_of_iso",
    "now",
    "parse_timestamp",
    "to_nanos",
    "to_timestamp",
]

_SHAPE = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.(\d{1,9}))?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII
)
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_second: tuple[int, str] = (-1, "")


def format_nanos(unix_nanos: int) -> str:
    """Nanoseconds since the epoch as ``2026-11-21T10:00:00.123456Z``."""
    global _second  # noqa: PLW0603
    seconds, nanos = divmod(unix_nanos, 1_000_000_000)
    cached = _second  # one read and one write of a tuple: safe between threads
    if cached[0] != seconds:
        cached = _second = (seconds, strftime("%Y-%m-%dT%H:%M:%S.", gmtime(seconds)))
    return f"{cached[1]}{nanos // 1000:06d}Z"


def now() -> str:
    """The current time as an event carries it."""
    return format_nanos(clock.unix_nanos())


def parse_timestamp(text: str) -> datetime:
    """An RFC 3339 timestamp as a datetime with its time zone.

    Raises:
        EventError: If it is not RFC 3339, or has no time zone.
    """
    match = _SHAPE.fullmatch(text)
    if match is not None:
        plain = text.upper().replace("Z", "+00:00").replace(" ", "T")
        if match[1]:  # Python 3.10 reads three or six digits only.
            plain = plain.replace(f".{match[1]}", f".{match[1][:6]:0<6}", 1)
        try:
            return datetime.fromisoformat(plain)
        except ValueError:
            pass
    raise EventError(
        f"timestamp: {text!r} is not RFC 3339 with a time zone, such as 2026-11-21T10:00:00.000000Z"
    )


def to_timestamp(moment: datetime) -> str:
    """A datetime as an event carries it.

    Raises:
        EventError: If it has no time zone.
    """
    if moment.tzinfo is None:
        raise EventError(
            f"timestamp: {moment!r} has no time zone; use datetime.now(timezone.utc) or the like"
        )
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def to_nanos(timestamp: str) -> int:
    """Nanoseconds since the epoch of an event's timestamp.

    Raises:
        EventError: If it cannot be read.
    """
    return (parse_timestamp(timestamp) - _EPOCH) // timedelta(microseconds=1) * 1000


def nanos_of_iso(text: str) -> int | None:
    """Nanoseconds since the epoch of a time in ISO 8601, as other programs write it.

    It is UTC unless it says otherwise, and may have any number of digits. None for what is none.
    """
    head, point, rest = text.strip().replace("Z", "+00:00").partition(".")
    digits = rest[: len(rest) - len(rest.lstrip("0123456789"))]
    plain = f"{head}.{digits[:6]:0<6}{rest[len(digits) :]}" if point else head  # for Python 3.10
    try:
        at = datetime.fromisoformat(plain)
        at = at if at.tzinfo else at.replace(tzinfo=timezone.utc)
        return max((at - _EPOCH) // timedelta(microseconds=1) * 1000, 0)
    except (ValueError, OverflowError):
        return None
