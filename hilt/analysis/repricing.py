"""What the calls of a log would cost at other prices."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import NamedTuple

from hilt.core.event import ENDING_ACTIONS, Event, Metrics
from hilt.core.exceptions import EventError
from hilt.core.ids_and_times import parse_timestamp, to_timestamp
from hilt.core.json_types import JsonObject
from hilt.genai.values import Usage
from hilt.pricing.cost import cost_of
from hilt.pricing.table import price_version

__all__ = ["ModelChange", "NewCost", "PriceChanges", "Repricer", "with_cost"]

ReadUsage = Callable[[object, "Mapping[str, int] | None"], "tuple[Usage | None, str | None]"]
"""Reads ``provenance.usage`` and ``metrics.tokens``; returns the usage, or why there is none."""

_NOT_FOR_PRICES = ("LiteLLM made", "the answer came from", "hf-inference is", "the router chooses")
"""How those reasons begin for which a call has no cost, whatever its model costs."""
_INCOMPLETE = "the price table that the log names gives another cost for it"
_NO_REASON = "no reason is given"


class NewCost(NamedTuple):
    """What a call cost according to the log, and what it costs now."""

    model: str
    then_usd: float | None
    then_unknown: str | None
    usd: float | None
    unknown: str | None
    price_version: str | None  #: the price table or file; None where there is no price
    kept: str | None = None  #: why its cost cannot be computed again, and stays as it is
    assumed: bool = False  #: whether it is not known who sells the model at the host

    @property
    def differs(self) -> bool:
        """Whether the cost, or the reason for having none, has changed."""
        return (self.usd, self.unknown) != (self.then_usd, self.then_unknown)


class Repricer:
    """Computes costs again, from what events say about their calls.

    Args:
        read_usage: Reads the counts of an event.
        is_assumed: Whether it is not known who sells models at a host and port.
        as_of: The moment whose prices apply; the time of each call if None.
    """

    def __init__(
        self,
        read_usage: ReadUsage,
        is_assumed: Callable[[str | None, int | None], bool],
        as_of: datetime | None = None,
    ) -> None:
        self._read_usage = read_usage
        self._is_assumed = is_assumed
        self.as_of = as_of

    def cost_of(self, event: Event) -> NewCost | None:
        """The cost of the call that an event ends; None for any other event."""
        if event.action not in ENDING_ACTIONS:
            return None
        provenance, extensions = event.provenance or {}, event.extensions or {}
        metrics = event.metrics or Metrics()
        then, reason = metrics.cost_usd, _text(extensions.get("cost_unknown"))
        raw = provenance.get("usage")
        if then is None and reason is None and not raw and not metrics.tokens:
            return None
        model = _text(provenance.get("response_model"))
        requested = _text(extensions.get("model")) or _text(provenance.get("request_model"))
        assumed = bool(provenance.get("price_assumed"))
        old = NewCost(
            model or requested or "(unknown)", then, reason, then, reason,
            _text(provenance.get("price_version")), None, assumed,
        )  # fmt: skip
        if reason is not None and reason.startswith(_NOT_FOR_PRICES):
            return old._replace(kept=reason)
        usage, problem = self._read_usage(raw, metrics.tokens)
        if usage is None or problem:
            return old._replace(kept=problem) if then is not None else old._replace(unknown=problem)
        return self._priced(event, old, usage, model, requested)

    def _priced(
        self, event: Event, old: NewCost, usage: Usage, model: str | None, requested: str | None
    ) -> NewCost:
        provenance, extensions = event.provenance or {}, event.extensions or {}
        raw = provenance.get("usage")
        details = raw if isinstance(raw, dict) else {}
        fast = "fast" if details.get("speed") == "fast" else None
        begun = _beginning_of(event)
        host, _, port = (_text(provenance.get("server")) or "").partition(":")

        def cost_at(moment: datetime | None) -> tuple[float | None, str | None, str | None]:
            cost = cost_of(
                _text(provenance.get("provider")) or event.actor.id,
                model,
                usage,
                service_tier=fast or _text(provenance.get("service_tier")),
                batch="batch_id" in provenance or "batch_id" in extensions,
                when=moment,
                request_model=requested,
                region=_text(details.get("inference_geo")),
                host=host or None,
            )
            return None if cost.usd is None else float(cost.usd), cost.unknown, cost.table

        usd, unknown, table = cost_at(self.as_of or begun)
        if table is None and old.price_version == price_version():
            # The same table must give the same cost, or something is missing from the log.
            same = usd if self.as_of is None else cost_at(begun)[0]
            if not _is_equal(same, old.then_usd):
                return old._replace(kept=_INCOMPLETE)
        version = None if usd is None else table or price_version()
        # A price that the user gave, as the log may have now, is not assumed.
        unknown_host = self._is_assumed(host or None, int(port) if port.isdecimal() else None)
        assumed = table is None and (old.assumed or unknown_host)
        if _is_equal(usd, old.then_usd):
            usd = old.then_usd
        return old._replace(usd=usd, unknown=unknown, price_version=version, assumed=assumed)


@dataclass
class ModelChange:
    """The costs of one model's calls, then and now."""

    calls: int = 0
    then_usd: float = 0.0
    usd: float = 0.0

    @property
    def difference(self) -> float:
        """How much more they cost now, in US dollars."""
        return self.usd - self.then_usd


@dataclass
class PriceChanges:
    """The costs of many calls, then and now."""

    models: dict[str, ModelChange] = field(default_factory=dict)
    total: ModelChange = field(default_factory=ModelChange)
    priced: ModelChange = field(default_factory=ModelChange)  #: had no price, and have one now
    unpriced: Counter[str] = field(default_factory=Counter)  #: had a price; by the reason now
    unknown: Counter[str] = field(default_factory=Counter)  #: have no price, then and now
    kept: Counter[str] = field(default_factory=Counter)  #: cannot be computed again
    assumed: int = 0  #: at the price of a model at an unknown host

    def add(self, cost: NewCost) -> None:
        """Count a call."""
        for each in (self.total, self.models.setdefault(cost.model, ModelChange())):
            each.calls += 1
            each.then_usd += cost.then_usd or 0
            each.usd += cost.usd or 0
        self.assumed += cost.assumed and cost.usd is not None
        if cost.kept is not None:
            self.kept[cost.kept] += 1
        elif cost.usd is None:
            reasons = self.unknown if cost.then_usd is None else self.unpriced
            reasons[cost.unknown or _NO_REASON] += 1
        elif cost.then_usd is None:
            self.priced.calls += 1
            self.priced.usd += cost.usd

    def add_all(self, costs: Iterable[NewCost | None]) -> PriceChanges:
        """Count many calls; return this object."""
        for cost in costs:
            if cost is not None:
                self.add(cost)
        return self

    def to_dict(self) -> JsonObject:
        """The figures as JSON, the models with the largest difference first."""
        models = sorted(self.models.items(), key=lambda each: -abs(each[1].difference))
        return {
            **_figures(self.total),
            "models": [{"model": name, **_figures(change)} for name, change in models],
            "priced_now": {"calls": self.priced.calls, "cost_usd": self.priced.usd},
            "unpriced_now": dict(self.unpriced),
            "cost_unknown": dict(self.unknown),
            "kept": dict(self.kept),
            "price_assumed": self.assumed,
        }


def with_cost(event: Event, cost: NewCost, as_of: datetime | None = None) -> Event:
    """An event with a new cost, or the reason for having none, and the prices that it is from.

    Args:
        event: The event; it is changed.
        cost: Its cost.
        as_of: The moment whose prices apply, if that is not the time of the call.
    """
    metrics = event.metrics or Metrics()
    metrics.cost_usd = cost.usd
    event.metrics = metrics if metrics != Metrics() else None
    extensions, provenance = dict(event.extensions or {}), dict(event.provenance or {})
    extensions["cost_unknown"] = cost.unknown
    provenance["price_version"] = cost.price_version
    provenance["price_assumed"] = (cost.assumed and cost.usd is not None) or None
    dated = as_of is not None and cost.usd is not None
    provenance["price_date"] = to_timestamp(as_of) if as_of is not None and dated else None
    event.extensions = _without_none(extensions)
    event.provenance = _without_none(provenance)
    return event


def _without_none(values: JsonObject) -> JsonObject | None:
    return {name: value for name, value in values.items() if value is not None} or None


def _figures(change: ModelChange) -> JsonObject:
    return {
        "calls": change.calls,
        "then_usd": change.then_usd,
        "now_usd": change.usd,
        "difference_usd": change.difference,
    }


def _beginning_of(event: Event) -> datetime:
    """When the call began, from when it ended and how long it took."""
    try:
        ended = parse_timestamp(event.timestamp)
        latency = (event.extensions or {}).get("latency_ms")
        if isinstance(latency, (int, float)) and not isinstance(latency, bool):
            return ended - timedelta(milliseconds=latency)
    except (EventError, OverflowError, ValueError):
        return datetime.now(timezone.utc)
    return ended


def _is_equal(first: float | None, second: float | None) -> bool:
    if first is None or second is None:
        return first is second
    return math.isclose(first, second, rel_tol=1e-9, abs_tol=1e-12)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
