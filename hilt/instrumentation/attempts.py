"""Counting the attempts of a call, where an SDK tries again by itself."""

from __future__ import annotations

from typing import Any

from hilt._context import ACTIVE
from hilt.instrumentation.engine import Call
from hilt.instrumentation.hooks import WatchedFunction

__all__ = ["ATTEMPT", "count_attempt"]


def count_attempt(call: Call) -> None:
    """A call is tried, for the first time or again."""
    call.observation.attempts = (call.observation.attempts or 0) + 1


def _count_current(_args: tuple[Any, ...], _kwargs: dict[str, Any]) -> None:
    call = ACTIVE.get()
    if isinstance(call, Call):
        count_attempt(call)


ATTEMPT = WatchedFunction(_count_current)
"""The function that an SDK calls once for each attempt of a call in progress."""
