"""Times as other programs write them, in nanoseconds since the epoch."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

__all__ = ["nanos_of"]

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_LATEST = datetime(9999, 1, 1, tzinfo=timezone.utc).timestamp()


def nanos_of(moment: object) -> int | None:
    """Seconds since the epoch, or a time in ISO 8601, which is UTC unless it says otherwise.

    None for what is neither.
    """
    if isinstance(moment, (int, float)) and not isinstance(moment, bool):
        return round(moment * 1_000_000) * 1000 if 0 < moment < _LATEST else None
    if not isinstance(moment, str):
        return None
    head, point, rest = moment.strip().replace("Z", "+00:00").partition(".")
    digits = rest[: len(rest) - len(rest.lstrip("0123456789"))]
    plain = f"{head}.{digits[:6]:0<6}{rest[len(digits) :]}" if point else head  # for Python 3.10
    try:
        at = datetime.fromisoformat(plain)
        at = at if at.tzinfo else at.replace(tzinfo=timezone.utc)
        return max((at - _EPOCH) // timedelta(microseconds=1) * 1000, 0)
    except (ValueError, OverflowError):
        return None
