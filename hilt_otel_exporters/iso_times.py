"""The times of spans: nanoseconds since the epoch, or ISO 8601."""

from __future__ import annotations

from hilt.core.ids_and_times import nanos_of_iso

__all__ = ["nanos_of"]


def nanos_of(moment: object) -> int:
    """Nanoseconds since the epoch of a time in ISO 8601, UTC by default; 0 for none.

    Raises:
        ValueError: If it is a text and no time.
    """
    if isinstance(moment, int):
        return moment
    if not isinstance(moment, str):
        return 0
    nanos = nanos_of_iso(moment)
    if nanos is None:
        raise ValueError(f"{moment!r:.80} is no time in ISO 8601")
    return nanos
