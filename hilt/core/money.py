"""Amounts of money as texts."""

from __future__ import annotations

import math

__all__ = ["dollars"]


def dollars(amount: float) -> str:
    """An amount in US dollars: two decimals, and below one dollar as many as it needs.

    >>> dollars(1234.5), dollars(0), dollars(0.25), dollars(0.000018), dollars(2.5e-9)
    ('$1,234.50', '$0.00', '$0.25', '$0.000018', '$0.0000000025')
    """
    if abs(amount) >= 1 or not math.isfinite(amount):
        return f"${amount:,.2f}"
    smallest = 1 - math.floor(math.log10(abs(amount))) if amount else 0  # two digits of it
    text = f"${amount:.{max(6, min(smallest, 30))}f}".rstrip("0")
    return text.ljust(len("$-0.00") if amount < 0 else len("$0.00"), "0")
