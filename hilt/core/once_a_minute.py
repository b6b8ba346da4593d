"""Limiting warnings that would fill a log if each of them were written."""

from __future__ import annotations

from hilt.core import clock

__all__ = ["OnceAMinute"]

_MINUTE = 60_000_000_000


class OnceAMinute:
    """Says when a warning is due: at most once a minute."""

    __slots__ = ("_due_from",)

    def __init__(self) -> None:
        self._due_from = 0

    def is_due(self) -> bool:
        """Whether a minute has passed since this last returned True."""
        now = clock.monotonic_nanos()
        if now < self._due_from:
            return False
        self._due_from = now + _MINUTE
        return True
