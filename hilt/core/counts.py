"""Counts as people read them."""

from __future__ import annotations

__all__ = ["counted"]


def counted(number: int, noun: str) -> str:
    """A number and its noun, in the plural where it is not 1.

    >>> counted(1, "event"), counted(1234, "event")
    ('1 event', '1,234 events')
    """
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
