"""Identifiers: event ids that sort by time, and conversation ids."""

from __future__ import annotations

import uuid
from random import Random
from typing import Protocol

from hilt.core import clock, forks

__all__ = [
    "HILT_NAMESPACE",
    "NOBODY",
    "BitSource",
    "conversation_id_of",
    "new_event_id",
    "new_event_ids",
    "random_digits",
    "swap_source",
]

NOBODY = frozenset(("user", "anonymous", "unknown", "withheld", "erased"))
"""Ids of an actor that name no person."""

HILT_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://hilt-format.org/conversation")
"""The UUID namespace of conversation ids made from simple ids."""


class BitSource(Protocol):
    """What random bits come from."""

    def getrandbits(self, k: int, /) -> int:
        """A number of so many bits."""
        ...


# Our own generator: the program's `random` is neither read (it may be seeded) nor disturbed.
_generator = Random()  # noqa: S311
forks.on_fork(_generator.seed)

_source: BitSource = _generator

_VARIANT = 2 << 62

_last_tick = 0


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
    # In three pieces, as whole numbers of 128 bits are slow; % is quicker here than an f-string.
    bits = _VARIANT | _source.getrandbits(62)
    return "evt_%012x7%03x%016x" % (tick >> 12, tick & 0xFFF, bits)  # noqa: UP031


def new_event_ids() -> tuple[str, int]:
    """Many ids at once: what they begin with, and the number that the first one ends with.

    The id number ``n`` of them is ``f"{head}{first + n:016x}"``: they share a moment, and count up
    from a random number (RFC 9562, 6.2, method 2), so they sort in their order.
    """
    head = new_event_id()[:-16]
    # Cut short at the top, so that counting up stays within the 62 bits.
    return head, _VARIANT | _source.getrandbits(61)


def random_digits() -> str:
    """16 hex digits that no other call gets, of 62 random bits."""
    return "%016x" % (_VARIANT | _source.getrandbits(62))  # as above


def swap_source(source: BitSource, last_tick: int = 0) -> tuple[BitSource, int]:
    """Take random bits from another source, and return what is to be given back afterwards.

    This is for `hilt.testing.fixed`. ``last_tick`` is the tick after which new ids sort.
    """
    global _source, _last_tick
    before = (_source, _last_tick)
    _source, _last_tick = source, last_tick
    return before


def conversation_id_of(simple_id: str) -> str:
    """The conversation id for an id that a user gave: ``conv_`` and 16 hex of a UUIDv5.

    The same simple id gives the same conversation everywhere; one that begins with ``conv_``
    stays as it is.
    """
    if simple_id.startswith("conv_"):
        return simple_id
    return f"conv_{uuid.uuid5(HILT_NAMESPACE, simple_id).hex[:16]}"
