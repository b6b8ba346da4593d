"""Receipts: the event that a tool leaves in a log which it has changed."""

from __future__ import annotations

import getpass

from hilt.core.event import Actor, Event

__all__ = ["receipt_event"]


def receipt_event(what: str, *, why: str | None, **numbers: object) -> Event:
    """A ``system`` event that says what was done to a log; nothing of what was in it.

    Args:
        what: ``erase``, ``redact``, ``retain`` or ``unseal``.
        why: The reason that the user gave.
        **numbers: What was counted, by name.
    """
    receipt: dict[str, object] = {"tool": what, "by": _user(), **numbers}
    if why:
        receipt["why"] = why
    return Event(
        session_id="conv_privacy",
        actor=Actor("system", "hilt"),
        action="system",
        extensions={"receipt": receipt, "outcome": "completed"},
    )


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container without a name for its user
        return "unknown"
