"""A model's prices as products of integers, which give the cost of text in a microsecond.

Exact, like the price table's own `Decimal` arithmetic, and independent of the caller's decimal
context. What has other parts than text (audio, images, searches) is not for here.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, NamedTuple

__all__ = ["Band", "bands_of"]


class Band(NamedTuple):
    """What text costs when the input is larger than ``above``, in units of ``10**-n`` USD.

    A cached token is an input token too, so the rate of ``read`` is what it costs more than one
    (less: below zero); likewise for the others that are part of another count.
    """

    above: int
    digits: int  #: n
    input: int
    read: int
    write: int
    write_1h: int | None  #: None: it has no price of its own, and these bands do not give its cost
    output: int
    reasoning: int


def bands_of(kinds: Mapping[str, Any]) -> tuple[Band, ...]:
    """Prices per kind (``input_mtok``, ...), flat or by size of input, as bands; highest first."""
    starts = {tier.start for price in kinds.values() for tier in getattr(price, "tiers", ())}
    return tuple(
        _band(above, {kind: _flat(price, above) for kind, price in kinds.items()})
        for above in (*sorted(starts, reverse=True), -1)
    )


def _flat(price: Any, above: int) -> Fraction:
    """The price for inputs that are larger than ``above``, up to the next tier."""
    for tier in reversed(getattr(price, "tiers", ())):
        if above >= tier.start:
            return Fraction(tier.price)
    return Fraction(getattr(price, "base", price))


def _band(above: int, flat: Mapping[str, Fraction]) -> Band:
    inputs, outputs = flat.get("input_mtok", Fraction()), flat.get("output_mtok", Fraction())
    write = flat.get("cache_write_mtok", inputs)
    rates = (
        inputs,
        flat.get("cache_read_mtok", inputs) - inputs,
        write - inputs,
        flat.get("cache_write_1h_mtok", write) - write,
        outputs,
        flat.get("output_reasoning_mtok", outputs) - outputs,
    )
    digits = next(n for n in range(40) if all((rate * 10**n).denominator == 1 for rate in rates))
    band = Band(above, digits + 6, *(int(rate * 10**digits) for rate in rates))
    return band if "cache_write_1h_mtok" in flat else band._replace(write_1h=None)
