"""Warnings that would fill a log if each of them were written."""

from __future__ import annotations

from hilt.core import clock

__all__ = ["OnceAMinute"]

_MINUTE = 60_000_000_000


class OnceAMinute:
    """Says once a minute that a warning is due; in between it was logged already."""

    __slots__ = ("_due_from",)

    def __init__(self) -> None:
        self._due_from = 0

    def is_due(self) -> bool:
        """Whether the last time that it was due is a minute ago."""
        now = clock.monotonic_nanos()
        if now < self._due_from:
            return False
        self._due_from = now + _MINUTE
        return True
