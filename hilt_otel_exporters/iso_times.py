"""The times of spans: nanoseconds since the epoch, or ISO 8601."""

from __future__ import annotations

from hilt.core.ids_and_times import nanos_of_iso

__all__ = ["checked_nanos", "nanos_of"]

_YEAR_10000 = 253_402_300_800 * 1_000_000_000


def nanos_of(moment: object) -> int:
    """Nanoseconds since the epoch of a time in ISO 8601, UTC by default; 0 for none.

    Raises:
        ValueError: If it is a text and no time, or a number that no event can have as its time.
    """
    if isinstance(moment, int):
        return checked_nanos(moment)
    if not isinstance(moment, str):
        return 0
    nanos = nanos_of_iso(moment)
    if nanos is None:
        raise ValueError(f"{moment!r:.80} is no time in ISO 8601")
    return nanos


def checked_nanos(nanos: int) -> int:
    """A number of nanoseconds that is a time from 1970 to the year 9999.

    Raises:
        ValueError: If it is another one.
    """
    if not 0 <= nanos < _YEAR_10000:
        raise ValueError("a time before 1970 or after 9999")
    return nanos
