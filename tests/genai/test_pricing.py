"""What calls cost: by hand from published prices, as genai-prices says, and not by a guess."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from datetime import datetime, timedelta, timezone
from decimal import Decimal, Inexact, getcontext, localcontext
from pathlib import Path
from typing import Any

import pytest
from genai_prices import Usage as TheirUsage
from genai_prices import calc_price
from genai_prices.data import providers
from hypothesis import given, settings
from hypothesis import strategies as st

from hilt.genai import pricing
from hilt.genai.price_names import reference_of, seller_of, tier_of
from hilt.genai.pricing import Cost, cost_of, preload, price_version
from hilt.genai.values import Usage

PUBLISHED = json.loads((Path(__file__).parent / "published_prices.json").read_text())
AS_OF = datetime.fromisoformat(PUBLISHED["as_of"])
BEFORE_BATCHES = AS_OF.replace(month=9)  #: the table has no batch prices of that time
MILLION, THOUSAND = Decimal(1_000_000), Decimal(1_000)


def in_new_process(program: str, *arguments: str) -> str:
    """What a program prints in a fresh interpreter."""
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program), *arguments],
        check=True, capture_output=True, text=True, timeout=60,
    ).stdout  # fmt: skip


# -- by hand ------------------------------------------------------------------------------------


def usage_of(row: dict[str, Any]) -> Usage:
    """A usage with some of every kind of token that a row has a price for."""
    has = row["usd_per_million"].keys()
    entered = row.get("input_tokens", 10_000)
    usage = Usage(input_tokens=entered, output_tokens=1_900 if "output" in has else None)
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
    total, entered, left = Decimal(0), usage.input_tokens or 0, usage.output_tokens or 0
    if usage.cache_read_tokens:
        total += usage.cache_read_tokens * usd["cache_read"] / MILLION
        entered -= usage.cache_read_tokens
    if usage.cache_write_1h_tokens:
        total += usage.cache_write_1h_tokens * usd["cache_write_1h"] / MILLION
        entered -= usage.cache_write_1h_tokens
    if usage.cache_write_tokens:
        five_minutes = usage.cache_write_tokens - (usage.cache_write_1h_tokens or 0)
        total += five_minutes * usd["cache_write"] / MILLION
        entered -= five_minutes
    if usage.input_audio_tokens:
        total += usage.input_audio_tokens * usd["input_audio"] / MILLION
        entered -= usage.input_audio_tokens
    if usage.output_audio_tokens:
        total += usage.output_audio_tokens * usd["output_audio"] / MILLION
        left -= usage.output_audio_tokens
    if "output_reasoning" in usd and usage.reasoning_tokens:
        total += usage.reasoning_tokens * usd["output_reasoning"] / MILLION
        left -= usage.reasoning_tokens
    if "output_citation" in usd:
        total += 250 * usd["output_citation"] / MILLION
        left -= 250
    if "web_searches_per_1000" in usd:
        total += 3 * usd["web_searches_per_1000"] / THOUSAND
    total += entered * usd["input"] / MILLION
    return total + left * usd.get("output", Decimal(0)) / MILLION


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

    cost = cost_of(
        row["provider"], row["model"], usage,
        service_tier=row.get("service_tier"), batch=row.get("batch", False),
        when=datetime.fromisoformat(row.get("when", PUBLISHED["as_of"])),
        request_model=row.get("request_model"),
    )  # fmt: skip

    assert cost == Cost(by_hand(price, usage), None)


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


# -- batches and tiers ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("provider", "model", "usage", "usd"),
    [
        # 1,000 input at 0.4, 500 cache reads at 0.04, 500 writes at 0.5, 100 output at 2.
        ("anthropic", "claude-3-5-haiku-20241022", Usage(2000, 100, None, 500, 500), "0.00087"),
        # 500 input at 1, 500 cache reads at the standard 0.5, 100 output at 4.
        ("openai", "gpt-4.1", Usage(1000, 100, None, 500), "0.00115"),
        ("openai", "text-embedding-3-small", Usage(1_000_000, None, 1_000_000), "0.01"),
        ("gcp.gemini", "gemini-2.0-flash", Usage(1000, 1000), "0.00025"),
        ("mistral_ai", "mistral-tiny", Usage(1000, 1000), "0.00025"),
        ("groq", "llama-3.1-8b-instant", Usage(1000, 1000), "0.000065"),
    ],
)
def test_batch_is_half_where_the_provider_says_so_and_the_table_does_not(
    provider: str, model: str, usage: Usage, usd: str
) -> None:
    """A batch costs half the published price; cached tokens only where that is published too."""
    cost = cost_of(provider, model, usage, batch=True, when=BEFORE_BATCHES)

    assert cost == Cost(Decimal(usd), None)


def test_searches_of_a_batch_are_not_at_half_price() -> None:
    """Anthropic's 50 % are off tokens only."""
    usage = Usage(1000, 0, units={"web_searches": 2})

    cost = cost_of("anthropic", "claude-3-5-haiku-20241022", usage, batch=True, when=AS_OF)

    assert cost.usd == Decimal("0.0004") + Decimal("0.02")


def test_batch_as_a_service_tier_is_a_batch() -> None:
    """Anthropic's usage says ``batch`` as its service tier."""
    usage = Usage(1000, 100)

    cost = cost_of("anthropic", "claude-haiku-4-5", usage, service_tier="batch", when=AS_OF)

    assert cost == Cost(Decimal("0.00075"), None)


@pytest.mark.parametrize(
    "tier", [None, "", "default", "auto", "standard", "on_demand", "ON_DEMAND", "Standard"]
)
def test_standard_tiers_have_the_standard_price(tier: str | None) -> None:
    """However a provider spells it, the standard tier has the standard price."""
    cost = cost_of("openai", "gpt-4.1", Usage(1000, 0), service_tier=tier, when=AS_OF)

    assert cost == Cost(Decimal("0.002"), None)


def test_groq_flex_costs_what_on_demand_costs() -> None:
    """Groq publishes the same price for flex."""
    usage = Usage(1000, 1000)

    flex = cost_of("groq", "llama-3.1-8b-instant", usage, service_tier="flex", when=AS_OF)

    assert flex == cost_of("groq", "llama-3.1-8b-instant", usage, when=AS_OF)
    assert flex.usd == Decimal("0.00013")


def test_every_variant_of_the_table_is_reached() -> None:
    """Tier and batch prices of the table are genai-prices' own, for every model that has some."""
    usage, reached = Usage(10_000, 900, None, 1_000), 0
    theirs = TheirUsage(input_tokens=10_000, output_tokens=900, cache_read_tokens=1_000)
    for provider in providers:
        for model in provider.models:
            for variant in model.price_variants or ():
                if variant.when.keys() - {"service_tier", "processing", "speed"} or "_kpages" in (
                    str(vars(variant.prices))
                ):
                    continue
                tier = variant.when.get("service_tier") or variant.when.get("speed")
                batch = "processing" in variant.when
                cost = cost_of(
                    provider.id, model.id, usage, service_tier=tier, batch=batch, when=AS_OF
                )
                if cost.usd is None or provider.find_model(model.id) is not model:
                    continue
                expected = calc_price(
                    theirs, model.id, provider_id=provider.id, genai_request_timestamp=AS_OF,
                    price_context=variant.when,
                )  # fmt: skip
                assert cost.usd == expected.total_price, (provider.id, model.id, variant.when)
                reached += 1

    assert reached > 100


# -- as genai-prices says -------------------------------------------------------------------------


def references(clause: Any) -> list[str]:
    """Names that a table's clause matches."""
    if hasattr(clause, "or_"):
        return [name for part in clause.or_ for name in references(part)]
    names = [getattr(clause, kind, None) for kind in ("equals", "starts_with", "contains")]
    return [name for name in names if name]


MODELS = sorted({(p.id, name) for p in providers for m in p.models for name in references(m.match)})
TIERED = [
    (p.id, name)
    for p in providers
    for m in p.models
    if "TieredPrices" in repr(m.prices)
    for name in references(m.match)
]
EDGES = [
    datetime(day.year, day.month, day.day, tzinfo=timezone.utc)
    for day in {
        getattr(entry.constraint, "start_date", AS_OF)
        for p in providers
        for m in p.models
        if isinstance(m.prices, list)
        for entry in m.prices
    }
]
WHEN = st.one_of(
    st.none(),
    st.integers(-500, 500).map(lambda days: AS_OF + timedelta(days=days, minutes=days)),
    st.builds(
        lambda edge, hours, micros: edge + timedelta(hours=hours, microseconds=micros),
        st.sampled_from(sorted(EDGES)),
        st.sampled_from([0, 0.5, 1, 4, 6, 10, 16.5]),
        st.sampled_from([-1, 0, 1]),
    ),
)
COUNTS = st.one_of(st.integers(0, 3_000), st.integers(90_000, 1_100_000), st.integers(0, 10**12))
THEIRS = {
    "cache_read_tokens": "cache_read_tokens",
    "cache_write_tokens": "cache_write_tokens",
    "cache_write_1h_tokens": "cache_write_1h_tokens",
    "reasoning_tokens": "output_reasoning_tokens",
    "input_audio_tokens": "input_audio_tokens",
    "output_audio_tokens": "output_audio_tokens",
    "cache_read_audio_tokens": "cache_audio_read_tokens",
    "input_image_tokens": "input_image_tokens",
    "output_image_tokens": "output_image_tokens",
}
NOT_GUESSED = (
    "fine-tuned",
    "another seller",
    "no price for model",
    "no price for cache_write_1h_tokens",
    "no price for input_audio_tokens",
    "no price for output_audio_tokens",
    "size of its search",
    "the usage does not say",
)
"""Where the table has a figure that would be a guess."""


@st.composite
def usages(draw: st.DrawFn) -> Usage:
    """Usages of text, and some with audio and images; not all of them make sense."""
    usage = Usage(draw(COUNTS), draw(COUNTS))
    kinds = st.sampled_from(sorted(THEIRS)[2:] if draw(st.booleans()) else sorted(THEIRS))
    for kind in draw(st.lists(kinds, max_size=5, unique=True)):
        whole = usage.output_tokens if kind.startswith(("out", "rea")) else usage.input_tokens
        setattr(usage, kind, draw(st.integers(0, max(1, (whole or 0) // 3))))
    return usage


def check(model: tuple[str, str], usage: Usage, when: datetime | None) -> bool:
    """Compare our cost with theirs; says whether there was a cost."""
    counts = {theirs: getattr(usage, ours) for ours, theirs in THEIRS.items()}
    seller, name = model
    cost = cost_of(seller, name, usage, when=when)
    try:
        expected = calc_price(
            TheirUsage(
                input_tokens=usage.input_tokens, output_tokens=usage.output_tokens, **counts
            ),
            reference_of(seller, name),
            provider_id=seller,
            genai_request_timestamp=when,
        ).total_price
    except (LookupError, ValueError):
        assert cost.usd is None
        assert cost.unknown
        return False
    if cost.usd is None:
        assert any(reason in str(cost.unknown) for reason in NOT_GUESSED), cost.unknown
        return False
    assert cost == Cost(expected, None)
    return True


@settings(max_examples=600, deadline=None)
@given(model=st.sampled_from(MODELS), usage=usages(), when=WHEN)
def test_cost_is_what_genai_prices_says(
    model: tuple[str, str], usage: Usage, when: datetime | None
) -> None:
    """For any model, time and usage the cost is genai-prices' own to the last digit, or unknown."""
    check(model, usage, when)


@settings(max_examples=300, deadline=None)
@given(
    model=st.sampled_from(TIERED),
    entered=st.sampled_from([128_000, 199_999, 200_000, 256_000, 272_000]),
    more=st.integers(-1, 1),
    left=st.integers(0, 5_000),
)
def test_cost_at_the_edge_of_a_tier_is_what_genai_prices_says(
    model: tuple[str, str], entered: int, more: int, left: int
) -> None:
    """Prices by the size of the input change where genai-prices changes them."""
    check(model, Usage(entered + more, left, None, 1_000), AS_OF)


def test_text_has_a_cost_for_nearly_every_model_of_the_table() -> None:
    """What is unknown stays a small part, so that the comparison above compares something."""
    known = sum(check(model, Usage(1_000, 100, 1_100, 200, 0, 0, 50), AS_OF) for model in MODELS)

    assert known / len(MODELS) > 0.9


def test_known_prices_do_not_ask_the_calculator_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second call with text, flat or tiered, is priced without genai-prices."""
    usage = Usage(1_000, 100, None, 200, 0, 0, 50)
    for model in ("gpt-4o-mini", "gpt-5.4"):
        cost_of("openai", model, usage, when=AS_OF)

    monkeypatch.setattr("genai_prices.types.ModelPrice.calc_price", None)

    for model in ("gpt-4o-mini", "gpt-5.4"):
        assert cost_of("openai", model, usage, when=AS_OF).usd


def test_cost_is_exact_whatever_the_decimal_context() -> None:
    """The application's own rounding of decimals does not reach the cost."""
    usage = Usage(123_457, 7_891)
    cost_of("openai", "gpt-4o-mini", usage)

    with localcontext() as context:
        context.prec = 3
        context.traps[Inexact] = True
        cost = cost_of("openai", "gpt-4o-mini", usage)

    assert cost.usd == Decimal("0.02325315")
    assert getcontext().prec == 28


# -- unknown ------------------------------------------------------------------------------------

USAGE = Usage(1_000, 100, 1_100)


def wrong(value: Any) -> Any:
    """A value of the wrong type."""
    return value


@pytest.mark.parametrize(
    ("provider", "model", "why"),
    [
        ("openai", "gpt-99", "no price for model gpt-99 of provider openai"),
        ("openai", "gpt-4o-2031-01-01", "no price for model"),
        ("openai", "this-model-does-not-exist", "no price for model"),
        ("openai", "ft:gpt-4.1-2025-04-14:acme::x", "no price for model"),
        ("openai", "ft:gpt-4-0613:acme::x", "fine-tuned"),
        ("openai", "davinci:ft-acme-2023-01-01", "no price for model"),
        ("openai", "gpt-oss-120b", "another seller's price"),
        ("azure.ai.openai", "o4-mini-2025-04-16.ft-0123", "fine-tuned"),
        ("azure.ai.openai", "our-deployment", "no price for model"),
        ("aws.bedrock", "arn:aws:bedrock:us-east-1:1:custom-model/anthropic.claude-3-haiku-20240307-v1:0/a", "custom-model"),
        ("aws.bedrock", "arn:aws:bedrock:us-east-1:1:application-inference-profile/abc", "application-inference-profile"),
        ("gcp.gemini", "tunedModels/my-gemini-1.5-flash", "name of an endpoint"),
        ("gcp.vertex_ai", "projects/p/locations/l/endpoints/42", "name of an endpoint"),
        ("ollama", "llama3", "one's own machines"),
        ("vllm", "facebook/opt-125m", "one's own machines"),
        ("lmstudio", "qwen", "one's own machines"),
        ("ai21", "jamba-large", "no prices for provider ai21"),
        ("my-openai-proxy", "gpt-4o", "no prices for provider my-openai-proxy"),
        ("litellm", "gpt-4o", "does not say which provider"),
        ("openrouter", "openai/gpt-4o:online", "no price for model"),
        ("perplexity", "sonar", "size of its search"),
        ("cerebras", "qwen-3-coder-480b", "no price for model"),
        ("openai", "", "the model is not known"),
        ("openai", None, "the model is not known"),
    ],
)  # fmt: skip
def test_unknown_price_says_why(provider: str, model: str | None, why: str) -> None:
    """Where the price is not known there is none, and a reason."""
    cost = cost_of(provider, model, USAGE)

    assert cost.usd is None
    assert why in str(cost.unknown)


@pytest.mark.parametrize(
    ("model", "usage", "why"),
    [
        ("gpt-4o", None, "sent no usage"),
        ("gpt-4o", Usage(), "does not say how many input_tokens or output_tokens"),
        ("gpt-4o", Usage(output_tokens=5), "input_tokens"),
        ("gpt-4o", Usage(input_tokens=5), "output_tokens"),
        ("gpt-4o", Usage(-5, 5), "input_tokens is -5"),
        ("gpt-4o", Usage(5, -5), "output_tokens is -5"),
        ("gpt-4o", Usage(5, 5, cache_read_tokens=-1), "cache_read_tokens is -1"),
        ("gpt-4o", Usage(5, 5, cache_read_tokens=6), "cannot exceed"),
        ("gpt-4o", Usage(wrong("5"), 5), "is '5'"),
        ("gpt-4o", Usage(True, 5), "is True"),
        ("gpt-4o", Usage(wrong(float("nan")), 5), "is nan"),
        ("gpt-4o", Usage(wrong([1]), 5), "cannot be worked out"),
        ("gpt-4o", Usage(5, 5, units={"container_hours": 1}), "no price for container_hours"),
        ("gpt-5.3", Usage(5, 5, units={"web_searches": 1}), "no price for web_searches"),
        ("gpt-4o-audio-preview", Usage(50, 5, input_audio_tokens=9), "no price for input_audio_tokens"),
        ("whisper-1", Usage(5, 5), "does not say how many"),
    ],
)  # fmt: skip
def test_odd_usage_has_no_cost_and_says_why(model: str, usage: Usage | None, why: str) -> None:
    """Counts that are missing, impossible or not paid for by any known price give no cost."""
    cost = cost_of("openai", model, usage, when=AS_OF)

    assert cost.usd is None
    assert why in str(cost.unknown)


def test_writes_for_an_hour_need_a_price_of_their_own() -> None:
    """Where only the five-minute price is known, writes for an hour are not taken for those."""
    usage = Usage(1_000, 10, cache_write_tokens=500, cache_write_1h_tokens=200)

    cost = cost_of("gcp.vertex_ai", "claude-sonnet-4@20250514", usage, when=AS_OF)

    assert cost == Cost(
        None, "no price for cache_write_1h_tokens of model claude-4-sonnet of google"
    )


@pytest.mark.parametrize(
    ("provider", "model", "options", "why"),
    [
        ("openai", "gpt-4o-audio-preview", {"service_tier": "priority"}, "tier priority"),
        ("openai", "gpt-4.1", {"service_tier": "scale"}, "tier scale"),
        ("anthropic", "claude-opus-4-5", {"service_tier": "priority"}, "tier priority"),
        ("azure.ai.openai", "gpt-4o", {"service_tier": "priority"}, "tier priority"),
        ("gcp.vertex_ai", "gemini-2.5-pro", {"service_tier": "PROVISIONED_THROUGHPUT"}, "tier"),
        ("x_ai", "grok-4", {"batch": True}, "no batch price"),
        ("cohere", "command-a-03-2025", {"batch": True}, "no batch price"),
        ("gcp.vertex_ai", "claude-sonnet-4@20250514", {"batch": True}, "no batch price"),
    ],
)
def test_tiers_and_batches_without_a_price_are_unknown(
    provider: str, model: str, options: dict[str, Any], why: str
) -> None:
    """A tier or batch that the table does not know is not taken for the standard one."""
    cost = cost_of(provider, model, USAGE, when=AS_OF, **options)

    assert cost.usd is None
    assert why in str(cost.unknown)


ODD = st.one_of(
    st.none(), st.integers(), st.floats(), st.booleans(), st.text(), st.decimals(), st.just([])
)


@settings(max_examples=400, deadline=None)
@given(
    values=st.lists(ODD, max_size=12),
    units=st.dictionaries(st.sampled_from(["web_searches", "x", "input_tokens"]), ODD),
    model=st.one_of(st.sampled_from(["gpt-4o", "gpt-5.4", "whisper-1"]), ODD),
    provider=st.one_of(st.just("openai"), ODD),
    tier=st.one_of(st.none(), st.text(), st.integers()),
    when=st.one_of(st.none(), st.datetimes(), st.just("yesterday")),
)
def test_cost_never_raises(
    values: list[Any], units: dict[str, Any], model: Any, provider: Any, tier: Any, when: Any
) -> None:
    """Whatever comes in, a cost comes out: a finite sum, or none and a reason."""
    usage = Usage(**dict(zip(Usage.__struct_fields__, values, strict=False)) | {"units": units})

    cost = cost_of(provider, model, usage, service_tier=tier, when=when)

    assert (cost.usd is None) == (cost.unknown is not None)
    assert cost.usd is None or (cost.usd.is_finite() and cost.usd >= 0)


# -- names --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("provider", "model", "seller", "reference"),
    [
        ("openai", "gpt-4o", "openai", "gpt-4o"),
        ("az.ai.openai", "gpt-4o", "azure", "gpt-4o"),
        ("gcp.gemini", "models/gemini-2.5-flash", "google", "gemini-2.5-flash"),
        ("vertex_ai", "google/gemini-2.5-flash", "google", "gemini-2.5-flash"),
        ("gcp.vertex_ai", "projects/p/locations/l/publishers/anthropic/models/claude-opus-4@20250514", "google", "claude-opus-4@20250514"),
        ("aws.bedrock", "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0", "aws", "amazon.nova-pro-v1:0"),
        ("litellm", "vertex_ai/gemini-2.5-flash", "google", "gemini-2.5-flash"),
        ("litellm", "openrouter/openai/gpt-4o", "openrouter", "openai/gpt-4o"),
        ("xai", "grok-4", "x-ai", "grok-4"),
        ("Groq", "openai/gpt-oss-120b", "groq", "openai/gpt-oss-120b"),
    ],
)  # fmt: skip
def test_names_of_providers_and_models(
    provider: str, model: str, seller: str, reference: str
) -> None:
    """OpenTelemetry's and the SDKs' names become the table's."""
    found, name = seller_of(provider, model)

    assert (found, reference_of(found, name)) == (seller, reference)


@pytest.mark.parametrize(
    ("given_tier", "tier"),
    [("SERVICE_TIER_FLEX", "flex"), ("ON_DEMAND_PRIORITY", "priority"), ("fast", "fast"), ("auto", "")],
)  # fmt: skip
def test_names_of_service_tiers(given_tier: str, tier: str) -> None:
    """One spelling for each tier."""
    assert tier_of(given_tier) == tier


def test_the_callers_hint_names_the_seller() -> None:
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


def test_time_of_a_call_may_be_in_nanoseconds() -> None:
    """Spans count nanoseconds; DeepSeek's price goes by the hour of the day."""
    dear = AS_OF.replace(hour=12)
    cheap = AS_OF.replace(hour=20)

    costs = [
        cost_of("deepseek", "deepseek-chat", USAGE, when=int(when.timestamp()) * 10**9).usd
        for when in (dear, cheap, dear)
    ]

    assert costs == [Decimal("0.00038"), Decimal("0.00019"), Decimal("0.00038")]


# -- loading ------------------------------------------------------------------------------------


def test_price_version_names_the_installed_table() -> None:
    """The version that prices come from can be looked up."""
    name, version = price_version().split()

    assert name == "genai-prices"
    assert version[0].isdigit()


def test_prices_that_are_kept_do_not_grow_without_end() -> None:
    """A thousand names of models, and no more."""
    for number in range(1_100):
        cost_of("openai", f"model-{number}", USAGE)

    assert len(pricing._prices) <= 1_000


def test_import_does_not_load_genai_prices() -> None:
    """Neither `hilt` nor its pricing imports the table; `cost_of` does."""
    program = """
        import sys
        import hilt
        import hilt.genai.pricing as pricing
        from hilt.genai.values import Usage
        print("genai_prices" in sys.modules)
        print(pricing.cost_of("openai", "gpt-4o-mini", Usage(5, 87)).usd)
        print("genai_prices" in sys.modules)
    """

    assert in_new_process(program).split() == ["False", "0.000052950", "True"]


def test_preload_loads_on_another_thread_and_cost_waits_for_it() -> None:
    """The table is loaded once, ahead, without a socket, and the first cost finds it."""
    program = """
        import sys, threading
        import hilt.genai.pricing as pricing
        from hilt.genai.values import Usage
        loaded = []
        def watch(event, arguments):
            if event.startswith("socket."):
                loaded.append(event)
            elif event == "import" and arguments[0] == "genai_prices.data":
                loaded.append(threading.current_thread().name)
        sys.addaudithook(watch)
        pricing.preload()
        pricing.preload()
        cost = pricing.cost_of("openai", "gpt-4o-mini", Usage(5, 87))
        print(cost.usd, *loaded)
    """

    assert in_new_process(program).split() == ["0.000052950", "hilt-prices"]


def test_preload_survives_a_fork_while_it_loads() -> None:
    """A child that is forked amid the loading has costs too, and so has its parent."""
    program = """
        import os, sys
        import hilt.genai.pricing as pricing
        from hilt.genai.values import Usage
        pricing.preload()
        while "genai_prices" not in sys.modules:
            pass
        child = os.fork()
        usd = pricing.cost_of("openai", "gpt-4o-mini", Usage(5, 87)).usd
        if child == 0:
            pricing.preload()
            os._exit(0 if str(usd) == "0.000052950" else 1)
        print(usd, os.waitpid(child, 0)[1])
    """

    assert in_new_process(program).split() == ["0.000052950", "0"]


def test_cost_wanted_in_the_middle_of_the_loading_is_unknown_and_does_not_hang() -> None:
    """A stream that is collected during the import wants its cost on the importing thread."""
    program = """
        import sys
        import hilt.genai.pricing as pricing
        from hilt.genai.values import Usage
        class Collected:
            def find_spec(self, name, path=None, target=None):
                if name == "genai_prices.data_units":
                    print(pricing.cost_of("openai", "gpt-4o-mini", Usage(5, 87)).unknown)
        sys.meta_path.insert(0, Collected())
        print(pricing.cost_of("openai", "gpt-4o-mini", Usage(5, 87)).usd)
    """

    during, after = in_new_process(program).splitlines()[-2:]
    assert during == "the price table was still being loaded"
    assert after == "0.000052950"


def test_broken_genai_prices_costs_the_cost_only() -> None:
    """Without a price table there is one warning, and every call says why it has no cost."""
    program = """
        import logging, sys
        logging.basicConfig(stream=sys.stdout, format="%(levelname)s")
        sys.modules["genai_prices"] = None
        import hilt.genai.pricing as pricing
        from hilt.genai.values import Usage
        for _ in range(3):
            cost = pricing.cost_of("openai", "gpt-4o-mini", Usage(5, 87))
        pricing.preload()
        print(cost.usd, "cannot be imported" in cost.unknown)
    """

    assert in_new_process(program).splitlines() == ["WARNING", "None True"]


def test_preload_never_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no thread can be started, the table is loaded when it is wanted."""

    def refuse(_: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(pricing, "_source", pricing._Source())
    monkeypatch.setattr("threading.Thread.start", refuse)

    preload()

    assert cost_of("openai", "gpt-4o-mini", USAGE).usd
