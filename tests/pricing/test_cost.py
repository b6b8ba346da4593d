"""What calls cost: by hand from published prices, as genai-prices says, and not by a guess."""

from __future__ import annotations

import json
import time
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from hilt.core.bounded import BoundedDict
from hilt.genai.values import Usage
from hilt.pricing import cost as cost_module
from hilt.pricing.bands import Band
from hilt.pricing.cost import Cost, cost_of, cost_usd_of, units_of_text

PUBLISHED = json.loads((Path(__file__).parent / "published_prices.json").read_text())
AS_OF = datetime.fromisoformat(PUBLISHED["as_of"])
USAGE = Usage(1_000, 100, 1_100)
MILLION, THOUSAND = Decimal(1_000_000), Decimal(1_000)


# -- by hand ------------------------------------------------------------------------------------


def usage_of(row: dict[str, Any]) -> Usage:
    """A usage with some of every kind of token that a row has a price for."""
    has = row["usd_per_million"].keys()
    inputs = row.get("input_tokens", 10_000)
    usage = Usage(input_tokens=inputs, output_tokens=1_900 if "output" in has else None)
    if "cache_read" in has:
        usage.cache_read_tokens = 3_000
    if "cache_write" in has:
        usage.cache_write_tokens = 2_000
    if "cache_write_1h" in has:
        usage.cache_write_1h_tokens = 700
    if "output" in has:
        usage.reasoning_tokens = 400
    if "input_audio" in has:
        usage.input_audio_tokens, usage.cache_read_audio_tokens = 1_100, 0
    if "output_audio" in has:
        usage.output_audio_tokens = 600
    if "output_citation" in has:
        usage.units["output_citation_tokens"] = 250
    if "web_searches_per_1000" in has:
        usage.units["web_searches"] = 3
    return usage


def by_hand(price: dict[str, str], usage: Usage) -> Decimal:
    """What a usage costs, one kind of token after the other."""
    usd = {kind: Decimal(amount) for kind, amount in price.items()}
    total, inputs, outputs = Decimal(0), usage.input_tokens or 0, usage.output_tokens or 0
    if usage.cache_read_tokens:
        total += usage.cache_read_tokens * usd["cache_read"] / MILLION
        inputs -= usage.cache_read_tokens
    if usage.cache_write_1h_tokens:
        total += usage.cache_write_1h_tokens * usd["cache_write_1h"] / MILLION
        inputs -= usage.cache_write_1h_tokens
    if usage.cache_write_tokens:
        five_minutes = usage.cache_write_tokens - (usage.cache_write_1h_tokens or 0)
        total += five_minutes * usd["cache_write"] / MILLION
        inputs -= five_minutes
    if usage.input_audio_tokens:
        total += usage.input_audio_tokens * usd["input_audio"] / MILLION
        inputs -= usage.input_audio_tokens
    if usage.output_audio_tokens:
        total += usage.output_audio_tokens * usd["output_audio"] / MILLION
        outputs -= usage.output_audio_tokens
    if "output_reasoning" in usd and usage.reasoning_tokens:
        total += usage.reasoning_tokens * usd["output_reasoning"] / MILLION
        outputs -= usage.reasoning_tokens
    if "output_citation" in usd:
        total += 250 * usd["output_citation"] / MILLION
        outputs -= 250
    if "web_searches_per_1000" in usd:
        total += 3 * usd["web_searches_per_1000"] / THOUSAND
    total += inputs * usd["input"] / MILLION
    return total + outputs * usd.get("output", Decimal(0)) / MILLION


def name_of(row: dict[str, Any]) -> str:
    """A row's name in a test's name."""
    parts = (row["provider"], row["model"], row.get("service_tier"), row.get("input_tokens"))
    return " ".join(str(part) for part in (*parts, row.get("batch") and "batch") if part)


@pytest.mark.parametrize("row", PUBLISHED["models"], ids=name_of)
def test_cost_is_what_published_prices_give_by_hand(row: dict[str, Any]) -> None:
    """Each kind of token times its published price, added up, is the cost."""
    usage = usage_of(row)

    cost = cost_of(
        row["provider"], row["model"], usage,
        service_tier=row.get("service_tier"), batch=row.get("batch", False),
        when=datetime.fromisoformat(row.get("when", PUBLISHED["as_of"])),
        request_model=row.get("request_model"),
    )  # fmt: skip

    assert cost == Cost(by_hand(row["usd_per_million"], usage), None)


@pytest.mark.parametrize("row", PUBLISHED["models"], ids=name_of)
def test_cost_of_text_is_what_published_prices_give_by_hand(row: dict[str, Any]) -> None:
    """The same without audio and searches, which is the quick way."""
    usage = usage_of(row)
    usage.units, usage.input_audio_tokens, usage.output_audio_tokens = {}, None, None
    usage.cache_read_audio_tokens = None
    price = {
        kind: usd
        for kind, usd in row["usd_per_million"].items()
        if "search" not in kind and "citation" not in kind
    }

    when = datetime.fromisoformat(row.get("when", PUBLISHED["as_of"]))
    tier, batch, asked = row.get("service_tier"), row.get("batch", False), row.get("request_model")

    cost = cost_of(
        row["provider"], row["model"], usage,
        service_tier=tier, batch=batch, when=when, request_model=asked,
    )  # fmt: skip
    dollars = cost_usd_of(
        (row["provider"], row["model"], asked, tier, batch, None, None, None),
        usage,
        int(when.timestamp()) * 10**9,
    )

    assert cost == Cost(by_hand(price, usage), None)
    assert dollars == (float(by_hand(price, usage)), None, None)


def test_published_prices_cover_forty_models_and_every_provider_with_prices() -> None:
    """The table by hand is as wide as it claims to be, and every provider in it has a source."""
    models = {(row["provider"], row["model"]) for row in PUBLISHED["models"]}

    assert len(models) >= 40
    assert {provider for provider, _ in models} == PUBLISHED["sources"].keys()


@pytest.mark.parametrize(
    ("provider", "model", "usage", "usd"),
    [
        ("openai", "gpt-4o-mini", Usage(5, 87), "0.00005295"),
        ("openai", "gpt-4o-2024-08-06", Usage(1057, 71, cache_read_tokens=1024), "0.0020725"),
        ("anthropic", "claude-sonnet-4-20250514", Usage(2100, 50, None, 1500, 500), "0.003375"),
        ("anthropic", "claude-3-5-haiku-20241022", Usage(1000, 0, None, 0, 1000, 400), "0.00124"),
        ("openai", "text-embedding-3-small", Usage(8, None, 8), "0.00000016"),
        ("openai", "whisper-1", Usage(units={"audio_seconds": 60}), "0.006"),
        ("mistral_ai", "mistral-embed", Usage(30, None, 30), "0.000003"),
    ],
)
def test_cost_in_figures(provider: str, model: str, usage: Usage, usd: str) -> None:
    """A few costs written out, worked out on paper."""
    assert cost_of(provider, model, usage, when=AS_OF) == Cost(Decimal(usd), None)


BANDS = (Band(1_000, 6, 10, 20, 30, 40, 50, 70), Band(-1, 6, 1, 2, 3, None, 5, 7))
"""Rates that all differ, so that each count shows; the lower band has none for an hour."""


@pytest.mark.parametrize(
    ("usage", "units"),
    [
        (Usage(100, 50), 100 + 250),
        (Usage(0, 0), 0),
        (Usage(1_000, 50), 1_000 + 250),
        (Usage(1_001, 50), 10_010 + 2_500),
        (Usage(100, 50, None, 10), 350 + 20),
        (Usage(100, 50, None, 10, 20), 350 + 20 + 60),
        (Usage(100, 50, None, None, None, None, 9), 350 + 63),
        (Usage(100, 50, None, 10, 20, 0, 9), 350 + 20 + 60 + 63),
        (Usage(2_000, 50, None, 10, 20, 5, 9), 20_000 + 2_500 + 200 + 600 + 200 + 630),
        (Usage(100, 50, None, 80, 20), 350 + 160 + 60),
        (Usage(100, 50, None, None, None, None, 50), 350 + 350),
        # What is no part of its whole, and what has no rate, is left to the calculator:
        (Usage(100, 50, None, 10, 20, 5), None),
        (Usage(2_000, 50, None, 10, 20, 21), None),
        (Usage(100, 50, None, 80, 21), None),
        (Usage(100, 50, None, None, None, None, 51), None),
        (Usage(100, 50, None, -1), None),
        (Usage(-1, 50), None),
        (Usage(100, -1), None),
        (Usage(100, None), None),
        (Usage(None, 50), None),
    ],
)
def test_cost_of_text_by_bands(usage: Usage, units: int | None) -> None:
    """Each count at its rate, by the band that the input is in."""
    assert units_of_text(BANDS, True, usage) == (None if units is None else (units, 6))


def test_other_models_of_an_answer_cost_each_its_own() -> None:
    """What an advisor or a fallback counted is added at its price."""
    usage = Usage(1_000, 100, by_model={"gpt-4o-mini": USAGE, "gpt-4o": Usage(2_000, 0)})

    cost = cost_of("openai", "gpt-4o-mini", usage, when=AS_OF)

    assert cost == Cost(Decimal("0.00021") * 2 + Decimal("0.005"), None)


@pytest.mark.parametrize(
    ("model", "others", "unknown"),
    [
        ("gpt-4o", ["no-model-1", "gpt-4o"], "no-model-1"),
        ("gpt-4o", ["gpt-4o", "no-model-2", "no-model-1"], "no-model-2"),
        ("no-model-3", ["no-model-1"], "no-model-3"),
    ],
)
def test_one_model_without_a_price_leaves_the_cost_unknown(
    model: str, others: list[str], unknown: str
) -> None:
    """The first one is named; a sum of the others would be too little."""
    usage = Usage(1_000, 100, by_model=dict.fromkeys(others, USAGE))

    cost = cost_of("openai", model, usage, when=AS_OF)

    assert (cost.usd, cost.table) == (None, None)
    assert unknown in str(cost.unknown)


# -- names and times ----------------------------------------------------------------------------


def test_the_callers_hint_names_the_provider() -> None:
    """A hint replaces what the provider's name would say."""
    cost = cost_of("openai", "llama-3.1-8b-instant", USAGE, provider_hint="groq", when=AS_OF)

    assert cost.usd == Decimal("0.000058")


def test_bedrock_is_priced_by_the_model_asked_for() -> None:
    """The answer leaves out the region; only what was asked for tells the price."""
    asked = "global.anthropic.claude-sonnet-4-5-20250929-v1:0"
    answered = "claude-sonnet-4-5-20250929"

    everywhere = cost_of("aws.bedrock", answered, USAGE, request_model=asked, when=AS_OF)
    regional = cost_of("aws.bedrock", answered, USAGE, request_model=f"us{asked[6:]}", when=AS_OF)

    assert everywhere.usd == Decimal("0.0045")
    assert regional.usd == Decimal("0.00495")


def test_other_providers_are_priced_by_the_model_that_answered() -> None:
    """An Azure deployment's name says nothing; the answer names the model."""
    cost = cost_of("azure.ai.openai", "gpt-35-turbo", USAGE, request_model="gpt-4", when=AS_OF)

    assert cost.usd == Decimal("0.00065")


def test_price_changes_at_the_microsecond() -> None:
    """A price that is kept ends exactly when the table's does, also one used just before."""
    change = AS_OF.replace(hour=16, minute=30)
    moments = [change - timedelta(microseconds=1), change, change - timedelta(microseconds=1)]

    costs = [cost_of("deepseek", "deepseek-chat", USAGE, when=when).usd for when in moments]
    key = ("deepseek", "deepseek-chat", None, None, False, None, None, None)
    nanos = [round(when.timestamp() * 1_000_000) * 1000 for when in moments]
    quick = [cost_usd_of(key, USAGE, when)[0] for when in nanos]

    assert costs == [Decimal("0.00038"), Decimal("0.00019"), Decimal("0.00038")]
    assert quick == [0.00038, 0.00019, 0.00038]


def test_quick_way_that_disagrees_with_genai_prices_is_not_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Should a newer genai-prices reckon otherwise, then it is asked every time."""
    monkeypatch.setattr(cost_module, "_prices", BoundedDict(9))
    monkeypatch.setattr(cost_module, "_at_times", BoundedDict(9))
    monkeypatch.setattr(cost_module, "bands_of", lambda kinds: (Band(-1, 6, *range(1, 7)),))

    cost = cost_of("openai", "gpt-4o-mini", USAGE, when=AS_OF)

    assert cost.usd == Decimal("0.00021")


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the time zone of a process is fixed")
def test_time_without_a_zone_is_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever the program runs: DeepSeek's price goes by the hour of the day in UTC."""
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        costs = [
            cost_of("deepseek", "deepseek-chat", USAGE, when=datetime(2026, 11, 20, hour)).usd  # noqa: DTZ001
            for hour in (12, 20, 12)
        ]
    finally:
        monkeypatch.undo()
        time.tzset()

    assert costs == [Decimal("0.00038"), Decimal("0.00019"), Decimal("0.00038")]


def test_time_of_a_call_may_be_in_nanoseconds() -> None:
    """Spans count nanoseconds; DeepSeek's price goes by the hour of the day."""
    dear = AS_OF.replace(hour=12)
    cheap = AS_OF.replace(hour=20)

    costs = [
        cost_of("deepseek", "deepseek-chat", USAGE, when=int(when.timestamp()) * 10**9).usd
        for when in (dear, cheap, dear)
    ]

    assert costs == [Decimal("0.00038"), Decimal("0.00019"), Decimal("0.00038")]


# -- what is kept ------------------------------------------------------------------------------


def test_prices_that_are_kept_do_not_grow_without_end() -> None:
    """A thousand names of models, and no more."""
    for number in range(1_100):
        cost_of("openai", f"model-{number}", USAGE)

    assert len(cost_module._prices) <= 1_000
    assert len(cost_module._at_times) <= 1_000


def test_prices_at_several_times_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """A log that is priced as of a day asks for two of each model by turns."""
    monkeypatch.setattr(cost_module, "_prices", BoundedDict(9))
    monkeypatch.setattr(cost_module, "_at_times", BoundedDict(9))
    look_up, moments = cost_module._look_up, []
    monkeypatch.setattr(
        cost_module, "_look_up", lambda key, moment: moments.append(moment) or look_up(key, moment)
    )
    dear, cheap = AS_OF.replace(hour=12), AS_OF.replace(hour=20)

    costs = [cost_of("deepseek", "deepseek-chat", USAGE, when=dear).usd for _ in range(3)]
    for _ in range(3):
        costs += [
            cost_of("deepseek", "deepseek-chat", USAGE, when=when).usd for when in (cheap, dear)
        ]
    assert costs == [Decimal(usd) for usd in ["0.00038"] * 3 + ["0.00019", "0.00038"] * 3]
    assert moments == [dear, cheap]

    for days in range(20):
        cost_of("deepseek", "deepseek-chat", USAGE, when=dear + timedelta(days=days))
    assert [len(prices) for prices in cost_module._at_times.values()] == [8]
