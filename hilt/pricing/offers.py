"""Which of the table's prices holds for a call: by model, time, service tier and batch.

Where the table does not have the price of a call, `Unpriced` is raised; no price is guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from hilt.genai.values import Usage
from hilt.pricing.names import Unpriced, is_fine_tuned, is_free
from hilt.pricing.table import Table

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo, ModelPrice, Provider

__all__ = [
    "FOREVER",
    "FREE_UNITS",
    "Offer",
    "calculator_of",
    "find_model",
    "timestamp_of",
    "validity_of",
]

FOREVER = float("inf")
"""The end of a price that has no known end."""

_BATCH_AT_HALF: Mapping[str, bool] = {
    "anthropic": True,  # platform.claude.com/docs/en/build-with-claude/batch-processing#pricing
    "google": False,  # ai.google.dev/gemini-api/docs/batch-api
    "groq": False,  # console.groq.com/docs/batch
    "mistral": True,  # docs.mistral.ai/capabilities/batch
    "openai": False,  # developers.openai.com/api/docs/guides/batch
}
"""Who publishes 50 % off for batches, for models and days of which the table has no batch price.

The value says whether cached tokens are at half price too; elsewhere their price stays.
"""

_PREPAID = frozenset({"provisioned_throughput", "provisioned", "reserved"})
_SAME_PRICE_TIERS = frozenset({("groq", "flex")})  # console.groq.com/docs/flex-processing
_AUDIO_IS_DEARER = frozenset({"azure", "openai"})
_IMAGES_ARE_DEARER = frozenset({"cohere"})  # embed-v4.0: cohere.com/pricing

_COUNTS = (
    ("input_tokens", "input_tokens"),
    ("output_tokens", "output_tokens"),
    ("cache_read_tokens", "cache_read_tokens"),
    ("cache_write_tokens", "cache_write_tokens"),
    ("cache_write_1h_tokens", "cache_write_1h_tokens"),
    ("reasoning_tokens", "output_reasoning_tokens"),
    ("input_audio_tokens", "input_audio_tokens"),
    ("output_audio_tokens", "output_audio_tokens"),
    ("cache_read_audio_tokens", "cache_audio_read_tokens"),
    ("input_image_tokens", "input_image_tokens"),
    ("output_image_tokens", "output_image_tokens"),
)
"""Our names of counts and genai-prices'."""

_UNIT_NAMES = {"search_units": "rerank_searches", "web_search_requests": "web_searches"}
FREE_UNITS = frozenset({"web_fetches", "web_fetch_requests", "tool_search_requests"})
"""What is counted, and nobody pays for."""
_IMAGE_MODELS = ("gpt-image-", "chatgpt-image-")
_ONE = Decimal(1)


def timestamp_of(when: datetime) -> float:
    """Seconds since the epoch; a naive time is UTC, as in genai-prices."""
    return (when if when.tzinfo else when.replace(tzinfo=timezone.utc)).timestamp()


def find_model(table: Table, provider_id: str, reference: str, provider: str) -> ModelInfo:
    """The table's entry for a model, where that has the model's price."""
    if provider_id not in table.providers:
        raise Unpriced(f"no prices for provider {provider}")
    providers = list(table.providers.values())
    info = table.providers[provider_id].find_model(reference, all_providers=providers)
    why = f"no price for model {reference} of provider {provider}"
    if info is None:
        raise Unpriced(why)
    if is_fine_tuned(reference) and "ft" not in info.id:
        raise Unpriced(f"{why}: it is fine-tuned, and its base model's price is not its own")
    notes = info.price_comments or ""
    if "Imported from OpenRouter" in notes and "Verified" not in notes:
        raise Unpriced(f"{why}: the table has another provider's price")
    return info


def validity_of(model: ModelInfo, moment: datetime) -> tuple[float, float]:
    """From when until when the model has the price that it has at a moment."""
    prices = model.prices if isinstance(model.prices, list) else []
    constraints = [entry.constraint for entry in (*prices, *(model.price_variants or ()))]
    edges = [edge for constraint in constraints for edge in _edges(constraint, moment)]
    at = timestamp_of(moment)
    return (
        max((edge for edge in edges if edge <= at), default=-FOREVER),
        min((edge for edge in edges if edge > at), default=FOREVER),
    )


def _edges(constraint: Any, moment: datetime) -> list[float]:
    """The moments near this one at which a constraint begins or ceases to hold."""
    if constraint is None:
        return []
    if hasattr(constraint, "start_date"):
        day = constraint.start_date
        return [timestamp_of(datetime(day.year, day.month, day.day, tzinfo=timezone.utc))]
    days = [moment.date() + timedelta(days=shift) for shift in range(-2, 3)]
    hours = (constraint.start_time, constraint.end_time)
    return [timestamp_of(datetime.combine(day, hour)) for day in days for hour in hours]


@dataclass(frozen=True, slots=True)
class Offer:
    """A model of a provider, under the conditions of a call."""

    provider: Provider
    model: ModelInfo
    moment: datetime
    tier: str  #: ``""`` for the standard one
    batch: bool
    factor: Decimal = _ONE  #: what the region makes of the prices of tokens

    def prices(self) -> ModelPrice:
        """The price of each kind."""
        price = self._half_price() if self._is_halved() else self._listed(self.context())
        return price if self.factor == 1 else _multiplied(price, self.factor)

    def context(self) -> dict[str, str]:
        """genai-prices' context for the tier and the batch, where they make a difference."""
        if self.batch:
            return {"processing": "batch"}
        if self.tier and (self.provider.id, self.tier) not in _SAME_PRICE_TIERS:
            return {"service_tier": self.tier, "speed": self.tier}
        return {}

    def calculate(self, counts: Mapping[str, Any]) -> Decimal:
        """The cost by genai-prices; ValueError if the counts contradict each other."""
        if self.factor != 1 or self._is_halved():
            return self.prices().calc_price(counts)["total_price"]
        price = self.model.calc_price(
            counts,
            self.provider,
            genai_request_timestamp=self.moment,
            price_context=self.context() or None,
        )
        return price.total_price

    def _is_halved(self) -> bool:
        return self.batch and not self._lists(self.context())

    def _lists(self, context: Mapping[str, str]) -> bool:
        """Whether the table has a price for a tier or a batch at the moment of the call."""
        if not any(model is self.model for model in self.provider.models):
            return False  # genai-prices takes the standard price of another provider's model.
        return any(
            variant.when.items() <= context.items()
            and (variant.constraint is None or variant.constraint.active(self.moment))
            for variant in self.model.price_variants or ()
        )

    def _listed(self, context: Mapping[str, str]) -> ModelPrice:
        if context and not self._lists(context):
            if self.tier in _PREPAID:
                raise Unpriced(f"the service tier {self.tier} is paid in advance, not by the token")
            raise Unpriced(f"no price for service tier {self.tier} of model {self.model.id}")
        return self.model.get_prices(self.moment, context)

    def _half_price(self) -> ModelPrice:
        """The price in a batch where the provider publishes 50 % off and the table has none."""
        cached_too = _BATCH_AT_HALF.get(self.provider.id)
        others = self.provider.id == "google" and not self.model.id.startswith("gemini")
        if cached_too is None or others:
            raise Unpriced(f"no batch price for model {self.model.id} of {self.provider.id}")
        standard = self.model.get_prices(self.moment)
        return _multiplied(standard, Decimal("0.5"), but_cached=not cached_too)


def _multiplied(prices: ModelPrice, factor: Decimal, *, but_cached: bool = False) -> ModelPrice:
    """The prices times a factor, without those of single requests and searches."""
    return type(prices)(
        **{
            kind: price
            if kind.endswith("_kcount") or (but_cached and "cache" in kind)
            else _times(price, factor)
            for kind, price in vars(prices).items()
            if price is not None
        }
    )


def _times(price: Any, factor: Decimal) -> Any:
    if isinstance(price, Decimal):
        return price * factor
    tiers = [type(tier)(start=tier.start, price=tier.price * factor) for tier in price.tiers]
    return type(price)(base=price.base * factor, tiers=tiers)


def calculator_of(
    offer: Offer, table: Table
) -> tuple[Callable[[Usage], Decimal], Mapping[str, Any]]:
    """What calculates the cost of a usage by genai-prices, and the price of each kind."""
    kinds = {kind: price for kind, price in vars(offer.prices()).items() if price is not None}
    name = f"{offer.model.id} of {offer.provider.id}"
    if not kinds and not is_free(offer.model.id):
        raise Unpriced(f"no price for model {name}")
    if "requests_kcount" in kinds:
        raise Unpriced(f"the price of a request to {name} depends on the size of its search")
    priced = frozenset(count for count, kind in table.kinds.items() if kind in kinds)

    def calculate(usage: Usage) -> Decimal:
        counts = _counts(usage)
        _fill_in(counts, priced, usage.total_tokens)
        _check_images(counts, priced, offer.model.id)
        for count in _unpriced(counts, usage, priced, offer):
            raise Unpriced(f"no price for {count} of model {name}")
        return offer.calculate({kind: counts[kind] for kind in counts.keys() & table.kinds.keys()})

    return calculate, kinds


def _counts(usage: Usage) -> dict[str, Any]:
    """The counts of a usage by genai-prices' names, without those that are None."""
    counts = {theirs: getattr(usage, ours) for ours, theirs in _COUNTS}
    counts |= {_UNIT_NAMES.get(unit, unit): count for unit, count in usage.units.items()}
    counts = {name: count for name, count in counts.items() if count is not None}
    if "input_audio_seconds" in counts:  # genai-prices wants the whole of it, too
        counts.setdefault("audio_seconds", counts["input_audio_seconds"])
    for name, count in counts.items():
        if isinstance(count, (bool, str)) or not 0 <= count < FOREVER:
            raise Unpriced(f"{name} is {count!r}, which is not a count")
    return counts


def _fill_in(counts: dict[str, Any], priced: frozenset[str], total: int | None) -> None:
    """Check that there is a count for what has a price; by the total the rest may be zero."""
    for count, other in (("output_tokens", "input_tokens"), ("input_tokens", "output_tokens")):
        if count not in counts and total is not None and total == counts.get(other):
            counts[count] = 0
    paid = priced & {"input_tokens", "output_tokens"} or priced
    missing = sorted(paid - counts.keys())
    if missing and (paid is not priced or len(missing) == len(paid)):
        raise Unpriced(f"the usage does not say how many {' or '.join(missing)}")


def _check_images(counts: Mapping[str, Any], priced: frozenset[str], model_id: str) -> None:
    """Check that images are counted apart from text where they have another price."""
    needed = {"output_image_tokens"} & priced
    if model_id.startswith(_IMAGE_MODELS) and counts.get("input_tokens"):
        needed |= {"input_image_tokens"} & priced
    missing = sorted(needed - counts.keys()) if counts.get("output_tokens") else ()
    if missing:
        raise Unpriced(f"the usage does not say how many {' or '.join(missing)}")


def _unpriced(
    counts: Mapping[str, Any], usage: Usage, priced: frozenset[str], offer: Offer
) -> list[str]:
    """What was counted, has a price apart, and has none in the table.

    The calculator would take it for free, or for ordinary tokens.
    """
    apart = {_UNIT_NAMES.get(unit, unit) for unit in usage.units.keys() - FREE_UNITS}
    apart = {unit for unit in apart if not unit.endswith("_tokens")}
    if "cache_write_tokens" in priced:
        apart.add("cache_write_1h_tokens")
    if offer.provider.id in _AUDIO_IS_DEARER:
        apart |= {"input_audio_tokens", "output_audio_tokens"}
    if offer.provider.id in _IMAGES_ARE_DEARER:
        apart.add("input_image_tokens")
    if offer.model.id.startswith("gemini-embedding"):
        apart.add("input_document_tokens")
    return sorted(name for name in apart - priced if counts.get(name))
