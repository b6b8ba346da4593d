"""What a call cost: usage and model to dollars, by genai-prices, and never by a guess.

genai-prices takes half a second to import, so it is imported only when a price is wanted, or
ahead of that by `preload`. A model's price is then kept in a form that tells the cost of text in
a microsecond (`hilt.pricing.bands`); all else goes to genai-prices' own calculator.
Prices come with the installed genai-prices, and never from the network.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from decimal import Decimal
from functools import cache
from importlib import import_module
from types import ModuleType

import msgspec

from hilt.genai.values import Usage
from hilt.pricing.bands import Band, bands_of, cost_of_text, units_of_text
from hilt.pricing.names import Unpriced, reference_of, seller_of, tier_of
from hilt.pricing.offers import (
    FOREVER,
    Offer,
    Table,
    calculator_of,
    find_model,
    stretch_of,
    timestamp_of,
)

__all__ = ["Cost", "PriceKey", "cost_of", "dollars_of", "preload", "price_version"]

_log = logging.getLogger(__name__)

_MAX_PRICES = 1000
"""How many prices are kept: model names can be anything, so there must be an end."""

_FORK_PATIENCE_S = 5.0
"""How long a fork waits for an import of the table to be over."""


class Cost(msgspec.Struct, frozen=True):
    """What a call cost in US dollars, or why that is not known. One of the two is None."""

    usd: Decimal | None
    unknown: str | None


@dataclass(frozen=True, slots=True)
class _Price:
    """What one model costs, from ``since`` until before ``until`` (seconds since the epoch)."""

    since: float
    until: float
    bands: tuple[Band, ...] = ()  #: for text; none if all is left to the calculator
    output_priced: bool = True
    calculate: Callable[[Usage], Decimal] | None = None
    unknown: str | None = None  #: there is no price, and this is why

    def cost_of(self, usage: Usage) -> Cost:
        usd = cost_of_text(self.bands, self.output_priced, usage) if self.bands else None
        if usd is None:
            if self.calculate is None:
                return Cost(None, self.unknown)
            usd = self.calculate(usage)
        return Cost(usd, None)


PriceKey = tuple["str", "str | None", "str | None", "str | None", "bool", "str | None"]
"""What a price hangs on: see `dollars_of`."""
_prices: dict[PriceKey, _Price] = {}
_NO_USAGE = Cost(None, "the provider sent no usage")


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
) -> Cost:
    """What a call cost, or why that cannot be said. Never raises.

    Args:
        provider: ``gen_ai.provider.name``.
        model: The model that answered.
        usage: What was counted, with cached tokens and reasoning within the totals.
        service_tier: The tier that served the call, or the speed (Anthropic's ``fast``).
        batch: The call was part of a batch.
        when: The time of the call, because prices change with the day and the hour: a datetime
            (naive is UTC), nanoseconds since the epoch, or None for now.
        provider_hint: The genai-prices id of the provider, where it differs.
        request_model: The model as asked for. On Bedrock it says more than the answer, which
            leaves out the region that the price depends on.
    """
    if usage is None:
        return _NO_USAGE
    key = (provider, model, request_model, service_tier, batch, provider_hint)
    try:
        return _price(key, when).cost_of(usage)
    except Exception as error:
        return Cost(None, _why(error, key))


def dollars_of(key: PriceKey, usage: Usage, when: int) -> tuple[float | None, str | None]:
    """The same for every call's way: the nearest float, or why there is none. Never raises.

    Args:
        key: Provider, model, model as asked for, service tier, batch, and provider hint.
        usage: What was counted.
        when: The time of the call, in nanoseconds since the epoch.
    """
    try:
        price = _price(key, when)
        units = units_of_text(price.bands, price.output_priced, usage) if price.bands else None
        if units is not None:
            # Whole numbers divide to the nearest float (IEEE 754), whatever their size.
            return units[0] / 10 ** units[1], None
        cost = price.cost_of(usage)
        return None if cost.usd is None else float(cost.usd), cost.unknown
    except Exception as error:
        return None, _why(error, key)


def _price(key: PriceKey, when: datetime | int | None) -> _Price:
    price = _prices.get(key)
    if price is None or not price.since <= _seconds(when) < price.until:
        price = _keep(key, when)
    return price


def _why(error: Exception, key: PriceKey) -> str:
    if isinstance(error, Unpriced):
        return str(error)
    _log.debug("No cost for %s of %s", key[1], key[0], exc_info=True)
    return f"the price cannot be worked out: {error}"


@cache
def price_version() -> str:
    """The price table and its version, such as ``genai-prices 0.2.3``."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"genai-prices {version('genai-prices')}"
    except PackageNotFoundError:
        return "genai-prices"


def _seconds(when: datetime | int | None) -> float:
    if when is None:
        return time.time()
    return when / 1e9 if isinstance(when, int) else timestamp_of(when)


def _keep(key: PriceKey, when: datetime | int | None) -> _Price:
    price = _find(key, datetime.fromtimestamp(_seconds(when), timezone.utc))
    if len(_prices) >= _MAX_PRICES:
        _prices.clear()
    _prices[key] = price
    return price


def _find(key: PriceKey, moment: datetime) -> _Price:
    """The price of a model at a moment, or the reason for having none."""
    provider, model, request_model, service_tier, batch, hint = key
    table = _source.table()
    since, until = -FOREVER, FOREVER
    try:
        seller, reference = _named(provider, model, request_model, hint)
        info = find_model(table, seller, reference, provider)
        since, until = stretch_of(info, moment)
        tier = tier_of(service_tier)
        offer = Offer(table.providers[seller], info, moment, tier, batch or tier == "batch")
        return _price_of(offer, table, since, until)
    except Unpriced as reason:
        return _Price(since, until, unknown=str(reason))


def _named(
    provider: str, model: str | None, request_model: str | None, hint: str | None
) -> tuple[str, str]:
    """The table's id of the provider, and the model as that provider calls it."""
    answered, asked = model or request_model, request_model or model
    if not answered or not asked:
        raise Unpriced("the model is not known")
    seller, name = seller_of(provider, answered, hint)
    if seller == "aws":
        name = seller_of(provider, asked, hint)[1]
    return seller, reference_of(seller, name)


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
    """Whether the quick way gives what genai-prices gives: a guard against newer versions of it."""
    for band in bands:
        for entered in (band.above + 1, band.above + 2000):
            part = min(entered, 900) // 3
            usage = Usage(entered, 1000, None, part, part, part and band.write_1h and 5, part)
            try:
                if cost_of_text(bands, output_priced, usage) != calculate(usage):
                    return False
            except (Unpriced, ValueError):
                return False
    return True


# -- loading the table --------------------------------------------------------------------------


class _Source:
    """The price table: loaded once, on whichever thread wants it first."""

    def __init__(self) -> None:
        self._table: Table | None = None
        self._broken: str | None = None
        self._busy = False
        # Re-entrant, because a stream that is collected during the import may want its cost.
        self._lock = threading.RLock()
        self._ahead: threading.Thread | None = None

    def table(self) -> Table:
        """The table; waits while another thread loads it."""
        if self._table is None:
            with self._lock:
                if self._busy:
                    raise Unpriced("the price table was still being loaded")
                if self._table is None and self._broken is None:
                    self._load()
        if self._table is None:
            raise Unpriced(str(self._broken))
        return self._table

    def _load(self) -> None:
        self._busy = True
        try:
            self._table = _import_table()
        except Exception as error:
            self._broken = f"genai-prices cannot be imported: {error}"
            _log.warning("Calls are logged without their cost, because %s", self._broken)
        finally:
            self._busy = False

    def load_ahead(self) -> None:
        if self._table is None and not (self._ahead and self._ahead.is_alive()):
            self._ahead = threading.Thread(target=_load_ahead, name="hilt-prices", daemon=True)
            self._ahead.start()

    # A child that is forked amid the import would wait for ever for the lock of a module: its
    # owner is a thread that the child does not have.

    def before_fork(self) -> None:
        self._lock.acquire(timeout=_FORK_PATIENCE_S)

    def after_fork_in_parent(self) -> None:
        try:
            self._lock.release()
        except RuntimeError:
            _log.debug("Forked while the price table was being loaded")

    def after_fork_in_child(self) -> None:
        self._lock, self._busy, self._ahead = threading.RLock(), False, None


_source = _Source()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_source.before_fork,
        after_in_parent=_source.after_fork_in_parent,
        after_in_child=_source.after_fork_in_child,
    )


def preload() -> None:
    """Begin to load the price table on a thread of its own, unless that was done. Never raises.

    Best called as the first request leaves: the table then loads while the program waits for the
    answer, and no import of the program's own gets in its way.
    """
    try:
        _source.load_ahead()
    except RuntimeError:  # The interpreter is going down, or there are too many threads.
        _log.debug("The price table is not loaded ahead", exc_info=True)


def _load_ahead() -> None:
    try:
        _source.table()
        price_version()
    except Exception:
        _log.debug("The price table is not loaded ahead", exc_info=True)


def _import_table() -> Table:
    with _without_updater():
        from genai_prices.data import providers
        from genai_prices.data_units import unit_data

    return Table(
        {provider.id: provider for provider in providers},
        {count: unit["price_key"] for count, unit in unit_data.items()},
    )


@contextmanager
def _without_updater() -> Iterator[None]:
    """Keep genai-prices from importing its updater, and an HTTP client with it.

    The table is loaded while requests are under way, on a thread of its own. openai 2.x looks for
    httpx2 in `sys.modules` at each request, and must not find it half imported. The program gets
    the updater when it asks for it.
    """
    if "genai_prices" in sys.modules:
        yield
        return
    later, name = object(), "genai_prices.update_prices"
    stand_in = ModuleType(name)
    stand_in.__dict__["__getattr__"] = lambda attribute: _unless_special(attribute, later)
    sys.modules[name] = stand_in
    try:
        yield
    finally:
        if sys.modules.get(name) is stand_in:
            del sys.modules[name]
        package = sys.modules.get("genai_prices")
        if package is not None:
            _import_later(package, name, (later, stand_in))


def _unless_special(attribute: str, value: object) -> object:
    if attribute.startswith("__"):
        raise AttributeError(attribute)
    return value


def _import_later(package: ModuleType, name: str, stand_ins: tuple[object, ...]) -> None:
    """Let a package import what it was kept from when somebody asks for it."""
    missing = [
        key for key, value in vars(package).items() if any(value is each for each in stand_ins)
    ]
    for key in missing:
        delattr(package, key)

    def get(attribute: str) -> object:
        if attribute not in missing:
            raise AttributeError(f"module {package.__name__!r} has no attribute {attribute!r}")
        module = import_module(name)
        return module if name.endswith(f".{attribute}") else getattr(module, attribute)

    package.__dict__["__getattr__"] = get
