"""Times in ISO 8601, in nanoseconds since the epoch."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

__all__ = ["nanos_of"]

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def nanos_of(moment: Any) -> int:
    """Nanoseconds since the epoch of a time in ISO 8601, UTC by default; 0 for none."""
    if isinstance(moment, int):
        return moment
    if not isinstance(moment, str):
        return 0
    at = datetime.fromisoformat(moment.replace("Z", "+00:00"))
    since = (at if at.tzinfo else at.replace(tzinfo=timezone.utc)) - _EPOCH
    return ((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds) * 1_000
