"""Ids of events, which tell the rows of a log from other rows."""

from __future__ import annotations

__all__ = ["TIME_DIGITS", "hex_digits"]

TIME_DIGITS = 12
"""How many digits at the beginning are the time, in milliseconds since the epoch."""

_ID_HEX = 32


def hex_digits(event_id: str) -> str | None:
    """The digits of an event id that HILT made; None for any other."""
    digits = event_id.removeprefix("evt_")
    is_hex = len(digits) == _ID_HEX and all(digit in "0123456789abcdef" for digit in digits)
    return digits if is_hex else None
