"""The cost of text in a microsecond: a model's prices as sums of products of integers.

Exact, like the price table's own `Decimal` arithmetic, and independent of the caller's decimal
context. What has other parts than text (audio, images, searches) is not for here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

import msgspec

from hilt.genai.values import Usage

__all__ = ["Band", "bands_of", "cost_of_text", "units_of_text"]


_fields = msgspec.structs.astuple


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


def cost_of_text(bands: Sequence[Band], output_priced: bool, usage: Usage) -> Decimal | None:
    """The cost of a usage that is all text; None for any other, and for invalid counts."""
    units = units_of_text(bands, output_priced, usage)
    # From a string: anything else is rounded by the caller's decimal context.
    return None if units is None else Decimal(f"{units[0]}E-{units[1]}")


def units_of_text(
    bands: Sequence[Band], output_priced: bool, usage: Usage
) -> tuple[int, int] | None:
    """The same as a whole number of ``10**-n`` USD, and n."""
    # All fields in one step: one by one takes longer than the sum itself.
    inputs, outputs, total, read, write, hour, thought, *others = _fields(usage)
    if outputs is None and (not output_priced or total == inputs):
        outputs = 0
    if any(others) or not (type(inputs) is type(outputs) is int and inputs >= 0 <= outputs):
        return None
    for above, digits, p_in, p_read, p_write, p_hour, p_out, p_thought in bands:
        if inputs <= above:
            continue
        cost = p_in * inputs + p_out * outputs
        if not (read or write or hour or thought):
            return cost, digits
        read, write, hour, thought = read or 0, write or 0, hour or 0, thought or 0
        if (hour and p_hour is None) or not _within(inputs, outputs, read, write, hour, thought):
            return None
        cost += p_read * read + p_write * write + (p_hour or 0) * hour + p_thought * thought
        return cost, digits
    return None


def _within(inputs: int, outputs: int, read: int, write: int, hour: int, thought: int) -> bool:
    """Whether the parts are counts, and no more than the wholes that they are part of."""
    return (
        type(read) is type(write) is type(hour) is type(thought) is int
        and read >= 0 <= hour <= write
        and read + write <= inputs
        and 0 <= thought <= outputs
    )
