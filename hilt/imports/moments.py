"""Times as other programs write them, in nanoseconds since the epoch."""

from __future__ import annotations

from datetime import datetime, timezone

from hilt.core.ids_and_times import nanos_of_iso

__all__ = ["nanos_of"]

_LATEST = datetime(9999, 1, 1, tzinfo=timezone.utc).timestamp()


def nanos_of(moment: object) -> int | None:
    """Seconds since the epoch, or a time in ISO 8601, which is UTC unless it says otherwise.

    None for what is neither.
    """
    if isinstance(moment, (int, float)) and not isinstance(moment, bool):
        return round(moment * 1_000_000) * 1000 if 0 < moment < _LATEST else None
    return nanos_of_iso(moment) if isinstance(moment, str) else None
