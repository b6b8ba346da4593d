"""Event ids, which sort by time, and other ids; and timestamps.

Timestamps are RFC 3339, UTC, with microseconds and ``Z``.
"""

from __future__ import annotations

import re
import uuid
from datetime import datetime, timedelta, timezone
from random import Random
from time import gmtime, strftime
from typing import Protocol

from hilt.core import clock, forks
from hilt.core.exceptions import EventError

__all__ = [
    "HILT_NAMESPACE",
    "NOBODY",
    "BitSource",
    "conversation_id_of",
    "format_nanos",
    "nanos_of_iso",
    "new_event_id",
    "new_event_ids",
    "now",
    "parse_timestamp",
    "random_digits",
    "swap_source",
    "to_nanos",
    "to_timestamp",
    "trace_bits",
]

NOBODY = frozenset(("user", "anonymous", "unknown", "withheld", "erased"))
"""Ids of actors that name no person."""

HILT_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://hilt-format.org/conversation")
"""The UUID namespace of conversation ids made from simple ids."""


class BitSource(Protocol):
    """A source of random bits."""

    def getrandbits(self, k: int, /) -> int:
        """A random number of `k` bits."""
        ...


# HILT's own generator: the program's `random` is neither read (it may be seeded) nor disturbed.
_generator = Random()  # noqa: S311
_trace_generator = Random()  # noqa: S311
forks.on_fork(_generator.seed)  # or a child would repeat the ids of its parent
forks.on_fork(_trace_generator.seed)
trace_bits = _trace_generator.getrandbits
"""Random bits for the ids of traces and spans, which `swap_source` leaves alone."""

_source: BitSource = _generator

_VARIANT = 2 << 62

_last_tick = 0

_SHAPE = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.(\d{1,9}))?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII
)
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_UP_TO_SECONDS = len("2026-11-21T10:00:00.")  #: C pads no year before 1000
_second: tuple[int, str] = (-1, "")


# -- ids ---------------------------------------------------------------------------------------


def new_event_id(unix_nanos: int | None = None) -> str:
    """``evt_`` and the 32 hex digits of a UUIDv7 (RFC 9562), unique and sorted by time.

    The 12 bits after the version are a fraction of the millisecond (RFC 9562, 6.2, method 3),
    raised where needed, so that ids made in turn in one process sort in that order.

    Args:
        unix_nanos: The time in the id, in nanoseconds since the epoch; now if None.
    """
    global _last_tick  # noqa: PLW0603
    # A tick is 1/4096 ms: 48 bits of milliseconds and 12 of fraction, side by side.
    tick = (clock.unix_nanos() if unix_nanos is None else unix_nanos) * 4096 // 1_000_000
    if unix_nanos is None:
        if tick <= _last_tick:
            tick = _last_tick + 1
        _last_tick = tick
    # In three pieces, as numbers of 128 bits are slow; % is faster here than an f-string.
    bits = _VARIANT | _source.getrandbits(62)
    return "evt_%012x7%03x%016x" % (tick >> 12, tick & 0xFFF, bits)  # noqa: UP031


def new_event_ids() -> tuple[str, int]:
    """Many ids at once: their common beginning, and the number at the end of the first.

    The id number ``n`` is ``f"{head}{first + n:016x}"``: all have the same time, and count up from
    a random number (RFC 9562, 6.2, method 2), so they sort in their order.
    """
    head = new_event_id()[:-16]
    # One bit less, so that counting up stays within the 62 bits.
    return head, _VARIANT | _source.getrandbits(61)


def random_digits() -> str:
    """16 hex digits with 62 random bits, unique in practice."""
    return "%016x" % (_VARIANT | _source.getrandbits(62))  # as above


def swap_source(source: BitSource, last_tick: int = 0) -> tuple[BitSource, int]:
    """Take random bits from another source; return the arguments that restore the former state.

    This is for `hilt.testing.fixed`. ``last_tick`` is the tick after which new ids sort.
    """
    global _source, _last_tick
    before = (_source, _last_tick)
    _source, _last_tick = source, last_tick
    return before


def conversation_id_of(simple_id: str) -> str:
    """The conversation id for an id that a user gave: ``conv_`` and 16 hex digits of a UUIDv5.

    The same simple id gives the same conversation everywhere; one that begins with ``conv_``
    stays as it is.
    """
    if simple_id.startswith("conv_"):
        return simple_id
    return f"conv_{uuid.uuid5(HILT_NAMESPACE, simple_id).hex[:16]}"


# -- times -------------------------------------------------------------------------------------


def format_nanos(unix_nanos: int) -> str:
    """Nanoseconds since the epoch as ``2026-11-21T10:00:00.123456Z``."""
    global _second  # noqa: PLW0603
    seconds, nanos = divmod(unix_nanos, 1_000_000_000)
    cached = _second  # one read and one write of a tuple: safe between threads
    if cached[0] != seconds:
        text = strftime("%Y-%m-%dT%H:%M:%S.", gmtime(seconds))
        cached = _second = (seconds, text.zfill(_UP_TO_SECONDS))
    return f"{cached[1]}{nanos // 1000:06d}Z"


def now() -> str:
    """The current time in the form that events have."""
    return format_nanos(clock.unix_nanos())


def parse_timestamp(text: str) -> datetime:
    """An RFC 3339 timestamp as a datetime with its time zone.

    Raises:
        EventError: If it is not RFC 3339, or has no time zone.
    """
    match = _SHAPE.fullmatch(text)
    if match is not None:
        plain = text.upper().replace("Z", "+00:00")
        if match[1]:  # Python 3.10 only reads three or six digits.
            plain = plain.replace(f".{match[1]}", f".{match[1][:6]:0<6}", 1)
        try:
            return datetime.fromisoformat(plain)
        except ValueError:
            pass
    raise EventError(
        f"timestamp: {text!r} is not RFC 3339 with a time zone, such as 2026-11-21T10:00:00.000000Z"
    )


def to_timestamp(moment: datetime) -> str:
    """A datetime in the form that events have.

    Raises:
        EventError: If it has no time zone.
    """
    if moment.tzinfo is None:
        raise EventError(
            f"timestamp: {moment!r} has no time zone; use datetime.now(timezone.utc) or the like"
        )
    utc = moment.astimezone(timezone.utc).replace(tzinfo=None)
    return f"{utc.isoformat(timespec='microseconds')}Z"


def to_nanos(timestamp: str) -> int:
    """Nanoseconds since the epoch of an event's timestamp.

    Raises:
        EventError: If it cannot be read.
    """
    return (parse_timestamp(timestamp) - _EPOCH) // timedelta(microseconds=1) * 1000


def nanos_of_iso(text: str) -> int | None:
    """Nanoseconds since the epoch of a time in ISO 8601, as other programs write it.

    It is UTC unless it has a time zone, and may have any number of digits. None if it is no time.
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
