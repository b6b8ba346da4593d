"""What a call cost: usage and model to US dollars, by genai-prices, and never by a guess.

A model's price is kept in a form that gives the cost of text in a microsecond
(`hilt.pricing.bands`); all else goes to genai-prices' own calculator.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from decimal import Decimal

import msgspec

from hilt.core.bounded import BoundedDict
from hilt.genai.values import Usage
from hilt.pricing.bands import Band, bands_of
from hilt.pricing.names import Unpriced, is_router, price_provider_of, reference_of, tier_of
from hilt.pricing.offers import (
    FOREVER,
    FREE_UNITS,
    Offer,
    calculator_of,
    find_model,
    timestamp_of,
    validity_of,
)
from hilt.pricing.own_prices import (
    rates_for,
    read_named_file,
    use_prices_of,
)
from hilt.pricing.price_file import ModelRates, PriceFile
from hilt.pricing.regions import regional_factor
from hilt.pricing.table import Table, price_table

__all__ = [
    "Cost",
    "PriceKey",
    "check_price_file",
    "cost_of",
    "cost_of_text",
    "cost_usd_of",
    "units_of_text",
    "use_prices",
]

_log = logging.getLogger(__name__)
_fields = msgspec.structs.astuple

_MAX_PRICES = 1000
"""How many prices are kept: model names can be anything, so there must be an end."""
_APART = (
    "input_audio_tokens", "output_audio_tokens", "cache_read_audio_tokens", "input_image_tokens",
    "output_image_tokens",
)  # fmt: skip
"""Counts that bands have no rate for."""


class Cost(msgspec.Struct, frozen=True):
    """What a call cost in US dollars, or why that is not known. One of the two is None."""

    usd: Decimal | None
    unknown: str | None
    table: str | None = None  #: the price file and its version; None: genai-prices


@dataclass(frozen=True, slots=True)
class _Price:
    """What one model costs, from ``since`` until before ``until`` (seconds since the epoch)."""

    since: float
    until: float
    bands: tuple[Band, ...] = ()  #: for text; none if all is left to the calculator
    output_priced: bool = True
    calculate: Callable[[Usage], Decimal] | None = None
    unknown: str | None = None  #: there is no price, and this is why
    table: str | None = None  #: the price file and its version; None: genai-prices

    def cost_of(self, usage: Usage) -> Cost:
        usd = cost_of_text(self.bands, self.output_priced, usage) if self.bands else None
        if usd is None:
            if self.calculate is None:
                return Cost(None, self.unknown)
            usd = self.calculate(usage)
        return Cost(usd, None, self.table)


PriceKey = tuple[
    "str",
    "str | None",
    "str | None",
    "str | None",
    "bool",
    "str | None",
    "str | None",
    "str | None",
]
"""What a price depends on: see `cost_usd_of`."""
_prices: BoundedDict[PriceKey, _Price] = BoundedDict(_MAX_PRICES)
_at_times: BoundedDict[PriceKey, tuple[_Price, ...]] = BoundedDict(_MAX_PRICES)
"""What models cost at other times: costs may be asked for at two times by turns, or at several."""
_MAX_TIMES = 8
_NO_USAGE = Cost(None, "the provider sent no usage")


def use_prices(file: PriceFile | None) -> None:
    """Use the prices of a file in this process, before those of genai-prices.

    Args:
        file: The prices; None: those of the file that ``HILT_PRICES`` names, if it names one.
    """
    use_prices_of(file)
    _forget_prices()


def check_price_file() -> None:
    """Read the file that ``HILT_PRICES`` names, unless prices were given.

    Raises:
        ConfigurationError: If it is wrong.
    """
    if read_named_file():
        _forget_prices()


def _forget_prices() -> None:
    _prices.clear()
    _at_times.clear()


def cost_of(
    provider: str,
    model: str | None,
    usage: Usage | None,
    *,
    service_tier: str | None = None,
    batch: bool = False,
    when: datetime | int | None = None,
    provider_hint: str | None = None,
    request_model: str | None = None,
    region: str | None = None,
    host: str | None = None,
) -> Cost:
    """What a call cost, or why that is not known. Never raises.

    Args:
        provider: ``gen_ai.provider.name``.
        model: The model that answered.
        usage: What was counted, with cached tokens and reasoning within the totals.
        service_tier: The tier that served the call, or the speed (Anthropic's ``fast``).
        batch: The call was part of a batch.
        when: The time of the call, because prices change with the day and the hour: a datetime
            (naive is UTC), nanoseconds since the epoch, or None for now.
        provider_hint: The genai-prices id of the provider, where it differs.
        request_model: The model in the request. On Bedrock it has the region, which the price
            depends on, and the answer has not.
        region: Where the answer says that the model ran.
        host: The server that was asked.
    """
    if usage is None:
        return _NO_USAGE
    key = (
        provider,
        model,
        request_model,
        service_tier,
        batch,
        provider_hint,
        region,
        host,
    )
    try:
        return _with_other_models(_price(key, when).cost_of(usage), key, usage, when)
    except Exception as error:
        return Cost(None, _reason_for(error, key))


def cost_usd_of(
    key: PriceKey, usage: Usage, when: int
) -> tuple[float | None, str | None, str | None]:
    """The same in fewer steps, the cost as the nearest float. Never raises.

    Args:
        key: Provider, model, model in the request, service tier, batch, provider hint, region,
            and host.
        usage: What was counted.
        when: The time of the call, in nanoseconds since the epoch.
    """
    try:
        price = _prices.get(key)
        if price is None or not price.since <= when / 1e9 < price.until:
            price = _cached_price(key, when)
        units = units_of_text(price.bands, price.output_priced, usage) if price.bands else None
        if units is not None:
            # Whole numbers divide to the nearest float (IEEE 754), whatever their size.
            return units[0] / 10 ** units[1], None, price.table
        cost = _with_other_models(price.cost_of(usage), key, usage, when)
        return None if cost.usd is None else float(cost.usd), cost.unknown, cost.table
    except Exception as error:
        return None, _reason_for(error, key), None


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


def _price(key: PriceKey, when: datetime | int | None) -> _Price:
    price = _prices.get(key)
    if price is None or not price.since <= _seconds(when) < price.until:
        price = _cached_price(key, when)
    return price


def _with_other_models(
    cost: Cost, key: PriceKey, usage: Usage, when: datetime | int | None
) -> Cost:
    """The cost with that of the other models that had a part in the answer, each at its price."""
    for model, counts in (usage.by_model or {}).items():
        if cost.usd is None:
            break
        other = _price((key[0], model, None, *key[3:]), when).cost_of(counts)
        usd = None if other.usd is None else cost.usd + other.usd
        cost = Cost(usd, other.unknown, cost.table or other.table)
    return cost


def _reason_for(error: Exception, key: PriceKey) -> str:
    if isinstance(error, Unpriced):
        return str(error)
    _log.debug("No cost for %s of %s", key[1], key[0], exc_info=True)
    return f"the price cannot be calculated: {error}"


def _seconds(when: datetime | int | None) -> float:
    if when is None:
        return time.time()
    return when / 1e9 if isinstance(when, int) else timestamp_of(when)


def _cached_price(key: PriceKey, when: datetime | int | None) -> _Price:
    seconds = _seconds(when)
    known = _at_times.get(key) or ()
    price = next((each for each in known if each.since <= seconds < each.until), None)
    if price is None:
        price = _look_up(key, datetime.fromtimestamp(seconds, timezone.utc))
        _at_times.keep(key, (price, *known[: _MAX_TIMES - 1]))
    _prices.keep(key, price)
    return price


def _look_up(key: PriceKey, moment: datetime) -> _Price:
    """The price of a model at a moment, or the reason for having none."""
    provider, model, request_model, service_tier, batch, hint, region, host = key
    own = _own_price(key)
    if own is not None:
        return own
    table = price_table()
    since, until = -FOREVER, FOREVER
    try:
        provider_id, reference = _named_by_table(provider, model, request_model, hint)
        info = find_model(table, provider_id, reference, provider)
        since, until = validity_of(info, moment)
        tier = tier_of(service_tier)
        factor = regional_factor(provider_id, info.id, region, host)
        is_batch = batch or tier == "batch"
        offer = Offer(table.providers[provider_id], info, moment, tier, is_batch, factor)
        return _price_of(offer, table, since, until)
    except Unpriced as reason:
        return _Price(since, until, unknown=str(reason))


def _own_price(key: PriceKey) -> _Price | None:
    """The price by the price file; None where there is no file, or it does not have the model."""
    provider, model, request_model, service_tier, batch, hint, *_ = key
    try:
        own = rates_for(provider, model, request_model, hint, service_tier, batch=batch)
    except Unpriced as reason:
        return _Price(-FOREVER, FOREVER, unknown=str(reason))
    if own is None:
        return None
    file, rates = own
    calculate = _calculator_of_rates(rates, file, model or request_model)
    return _Price(
        -FOREVER, FOREVER, _bands_of_rates(rates), calculate=calculate, table=file.version
    )


def _bands_of_rates(rates: ModelRates) -> tuple[Band, ...]:
    """The rates as bands; none where only `_calculator_of_rates` gives the cost."""
    if rates.request or not {"input_mtok", "output_mtok"} <= rates.kinds.keys():
        return ()
    return bands_of(rates.kinds)


def _calculator_of_rates(
    rates: ModelRates, file: PriceFile, model: str | None
) -> Callable[[Usage], Decimal]:
    """What calculates the cost of a usage, or says by `Unpriced` what has no price."""
    bands = bands_of(rates.kinds)

    def calculate(usage: Usage) -> Decimal:
        if not rates.kinds:
            return rates.request
        missing = _unpriced(usage, rates)
        if missing:
            raise Unpriced(f"{file.name} has no price for {' or '.join(missing)} of model {model}")
        tokens = msgspec.structs.replace(usage, units={}, by_model=None)
        usd = cost_of_text(bands, "output_mtok" in rates.kinds, tokens)
        if usd is None:
            raise Unpriced("the usage does not say how many input_tokens or output_tokens")
        return usd + rates.request

    return calculate


def _unpriced(usage: Usage, rates: ModelRates) -> list[str]:
    """What was counted, and has no price in a row of the file."""
    names = [name for name in _APART if getattr(usage, name)]
    names += [name for name, count in usage.units.items() if count and name not in FREE_UNITS]
    for name, kind in (
        ("input_tokens", "input_mtok"),
        ("output_tokens", "output_mtok"),
        ("cache_write_1h_tokens", "cache_write_1h_mtok"),
    ):
        if getattr(usage, name) and kind not in rates.kinds:
            names.append(name)
    return names


def _named_by_table(
    provider: str, model: str | None, request_model: str | None, hint: str | None
) -> tuple[str, str]:
    """The table's id of the provider, and the model as that provider calls it."""
    named = model or request_model
    if not named:
        raise Unpriced("the model is not known")
    provider_id, name = price_provider_of(provider, named, hint)
    if provider_id == "aws" and request_model and not is_router(request_model):
        name = price_provider_of(provider, request_model, hint)[1]
    return provider_id, reference_of(provider_id, name)


def _price_of(offer: Offer, table: Table, since: float, until: float) -> _Price:
    calculate, kinds = calculator_of(offer, table)
    output_priced = "output_mtok" in kinds
    bands = bands_of(kinds) if "input_mtok" in kinds or not kinds else ()
    if not _agree(bands, output_priced, calculate):
        bands = ()
    return _Price(since, until, bands, output_priced, calculate)


def _agree(
    bands: tuple[Band, ...], output_priced: bool, calculate: Callable[[Usage], Decimal]
) -> bool:
    """Whether the bands give what genai-prices gives: a guard against newer versions of it."""
    for band in bands:
        for inputs in (band.above + 1, band.above + 2000):
            part = min(inputs, 900) // 3
            usage = Usage(inputs, 1000, None, part, part, part and band.write_1h and 5, part)
            try:
                if cost_of_text(bands, output_priced, usage) != calculate(usage):
                    return False
            except (Unpriced, ValueError):
                return False
    return True
