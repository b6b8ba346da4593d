"""Which price holds for a call, and where none does: tiers, batches, odd counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from genai_prices import Usage as TheirUsage
from genai_prices import calc_price
from genai_prices.data import providers
from hypothesis import given
from hypothesis import strategies as st

from hilt.genai.values import Usage
from hilt.pricing.cost import Cost, cost_of, cost_usd_of, use_prices
from hilt.pricing.names import Unpriced
from hilt.pricing.offers import FOREVER, find_model, validity_of
from hilt.pricing.table import Table

AS_OF = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)
"""When the calls of these tests were made."""
BEFORE_BATCHES = AS_OF.replace(month=9)  #: the table has no batch prices of that time
USAGE = Usage(1_000, 100, 1_100)


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
        ("openai", "gpt-oss-120b", "another provider's price"),
        ("azure.ai.openai", "o4-mini-2025-04-16.ft-0123", "fine-tuned"),
        ("azure.ai.openai", "our-deployment", "no price for model"),
        ("aws.bedrock", "arn:aws:bedrock:us-east-1:1:custom-model/anthropic.claude-3-haiku-20240307-v1:0/a", "custom-model"),
        ("aws.bedrock", "arn:aws:bedrock:us-east-1:1:application-inference-profile/abc", "application-inference-profile"),
        ("gcp.gemini", "tunedModels/my-gemini-1.5-flash", "name of an endpoint"),
        ("gcp.vertex_ai", "projects/p/locations/l/endpoints/42", "name of an endpoint"),
        ("ollama", "llama3", "one's own machines"),
        ("vllm", "facebook/opt-125m", "one's own machines"),
        ("transformers", "openai-community/gpt2", "one's own machines"),
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
        ("gpt-4o", Usage(wrong([1]), 5), "cannot be calculated"),
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
    nanos = int(AS_OF.timestamp()) * 10**9
    same = cost_of(provider, model, usage, service_tier=tier, when=nanos)
    dollars, unknown, _ = cost_usd_of(
        (provider, model, None, tier, False, None, None, None), usage, nanos
    )
    assert dollars == (None if same.usd is None else float(same.usd))
    assert unknown == same.unknown


@pytest.mark.parametrize(
    ("comments", "is_theirs"),
    [
        (None, True),
        ("Imported from OpenRouter", False),
        ("Imported from OpenRouter. Verified at https://mistral.ai/pricing.", True),
    ],
)
def test_price_that_somebody_else_asks_is_not_taken(comments: str | None, is_theirs: bool) -> None:
    """Unless the table says that it was compared with the provider's own."""
    provider = next(each for each in providers if each.id == "mistral")
    known = next(each for each in provider.models if provider.find_model(each.id) is each)
    model = replace(known, price_comments=comments)
    table = Table({"mistral": replace(provider, models=[model])}, {})

    if is_theirs:
        assert find_model(table, "mistral", model.id, "mistral_ai") is model
    else:
        with pytest.raises(Unpriced, match="another provider's price"):
            find_model(table, "mistral", model.id, "mistral_ai")


@pytest.mark.parametrize(
    ("model", "usage", "usd"),
    [
        # 4 and 16 for text, 32 and 64 for audio; a total that says that the rest is nothing
        (
            "gpt-realtime",
            Usage(1000, 500, 1000, input_audio_tokens=100, output_audio_tokens=0),
            "0.0148",
        ),
        (
            "gpt-realtime",
            Usage(1000, None, 1000, input_audio_tokens=100, output_audio_tokens=0),
            "0.0068",
        ),
        (
            "gpt-realtime",
            Usage(None, 500, 500, input_audio_tokens=0, output_audio_tokens=100),
            "0.0128",
        ),
        ("gpt-image-1", Usage(100, 50, input_image_tokens=0), "0.0025"),
        ("gpt-image-1", Usage(100, 0), "0.0005"),
    ],
)
def test_cost_of_sound_and_images(model: str, usage: Usage, usd: str) -> None:
    """Each at its own price, as far as it is counted."""
    assert cost_of("openai", model, usage, when=AS_OF) == Cost(Decimal(usd), None)


@pytest.mark.parametrize(
    ("provider", "model", "usage", "missing"),
    [
        ("openai", "gpt-image-1", Usage(100, 50), "input_image_tokens"),
        ("openai", "chatgpt-image-latest", Usage(100, 50), "input_image_tokens or output_image_tokens"),
        ("openai", "chatgpt-image-latest", Usage(0, 50, 50), "output_image_tokens"),
        ("gcp.gemini", "gemini-2.5-flash-image", Usage(1000, 500), "output_image_tokens"),
        ("openai", "gpt-realtime", Usage(1000, None, 1100, input_audio_tokens=1), "output_tokens"),
    ],
)  # fmt: skip
def test_counts_that_a_price_needs(provider: str, model: str, usage: Usage, missing: str) -> None:
    """Without them the cost would be a guess."""
    cost = cost_of(provider, model, usage, when=AS_OF)
    if model == "chatgpt-image-latest" and "no price for model" in str(cost.unknown):
        pytest.skip("the table of an older genai-prices does not have the model")

    assert cost == Cost(None, f"the usage does not say how many {missing}")


def test_first_of_what_has_no_price_is_named() -> None:
    """In the order of the alphabet, so that the reason is the same in every process."""
    units = {"x_searches": 1, "a_searches": 1, "m_searches": 1, "_none": 0, "web_fetches": 3}

    cost = cost_of("openai", "gpt-4o", Usage(1000, 500, units=units), when=AS_OF)

    assert cost == Cost(None, "no price for a_searches of model gpt-4o of openai")


@pytest.mark.parametrize(
    ("request_model", "model", "unknown"),
    [("gpt-4o", None, None), ("gpt-4o", "", None), (None, None, "the model is not known"),
     ("", "", "the model is not known")],
)  # fmt: skip
def test_answer_that_names_no_model(
    request_model: str | None, model: str | None, unknown: str | None
) -> None:
    """The price is that of the model that was asked for."""
    cost = cost_of("openai", model, Usage(1000, 0), request_model=request_model, when=AS_OF)

    assert cost == Cost(None if unknown else Decimal("0.0025"), unknown)


def test_price_of_a_batch_changes_on_its_day() -> None:
    """Whether or not the price of the day before is still remembered."""
    google = next(each for each in providers if each.id == "google")
    days = [
        (model.id, variant.constraint.start_date)
        for model in google.models
        for variant in model.price_variants or ()
        if variant.when == {"processing": "batch"} and hasattr(variant.constraint, "start_date")
    ]
    changed = 0
    for model_id, day in days[:12]:
        begins = datetime(day.year, day.month, day.day, tzinfo=timezone.utc)
        costs: list[list[Cost]] = [[], []]
        for are_forgotten, row in enumerate(costs):
            for when in (begins - timedelta(microseconds=1), begins):
                if are_forgotten or not row:
                    use_prices(None)
                usage = Usage(1000, 100, None, 500)
                row.append(cost_of("google", model_id, usage, batch=True, when=when))
        assert costs[0] == costs[1], model_id
        changed += costs[0][0] != costs[0][1]

    assert changed


def test_regional_price_of_a_long_input() -> None:
    """Ten per cent more in every tier; what is not paid by the token costs the same."""
    for size in (1_000, 300_000):
        for units in ({}, {"web_searches": 2}):
            usage = Usage(size, 1000, None, 500, units=units)
            listed, regional, without = (
                cost_of("openai", "gpt-5.4", each, host=host, when=AS_OF).usd
                for each, host in (
                    (usage, None), (usage, "eu.api.openai.com"), (Usage(size, 1000, None, 500), None)
                )
            )  # fmt: skip
            assert listed is not None
            assert without is not None
            assert regional == without * Decimal("1.1") + (listed - without)


def _hours(begin: str, end: str) -> Any:
    return SimpleNamespace(start_time=time.fromisoformat(begin), end_time=time.fromisoformat(end))


_OFF_PEAK = _hours("16:30:00+00:00", "00:30:00+00:00")
_FAR_EAST = _hours("00:00:00+14:00", "01:00:00+14:00")
_FAR_WEST = _hours("22:00:00-12:00", "23:00:00-12:00")
_DAYS = (
    SimpleNamespace(start_date=date(2026, 9, 1)),
    SimpleNamespace(start_date=date(2026, 11, 20)),
    SimpleNamespace(start_date=date(2026, 12, 1)),
)


@pytest.mark.parametrize(
    ("constraints", "moment", "since", "until"),
    [
        ([_OFF_PEAK], "2026-11-20T12:00", "2026-11-20T00:30", "2026-11-20T16:30"),
        ([_OFF_PEAK], "2026-11-20T20:00", "2026-11-20T16:30", "2026-11-21T00:30"),
        ([_OFF_PEAK], "2026-11-20T00:10", "2026-11-19T16:30", "2026-11-20T00:30"),
        ([_OFF_PEAK], "2026-11-20T00:30", "2026-11-20T00:30", "2026-11-20T16:30"),
        ([_OFF_PEAK], "2026-12-31T23:59", "2026-12-31T16:30", "2027-01-01T00:30"),
        ([_FAR_EAST], "2026-11-20T23:00", "2026-11-20T11:00", "2026-11-21T10:00"),
        ([_FAR_WEST], "2026-11-20T00:10", "2026-11-19T11:00", "2026-11-20T10:00"),
        ([*_DAYS], "2026-11-19T23:59", "2026-09-01T00:00", "2026-11-20T00:00"),
        ([*_DAYS], "2026-11-20T00:00", "2026-11-20T00:00", "2026-12-01T00:00"),
        ([*_DAYS], "2026-08-31T12:00", None, "2026-09-01T00:00"),
        ([*_DAYS], "2026-12-01T12:00", "2026-12-01T00:00", None),
        ([None, *_DAYS, _OFF_PEAK], "2026-11-20T12:00", "2026-11-20T00:30", "2026-11-20T16:30"),
        ([None], "2026-11-20T12:00", None, None),
        ([], "2026-11-20T12:00", None, None),
    ],
)
def test_how_long_a_price_holds(
    constraints: list[Any], moment: str, since: str | None, until: str | None
) -> None:
    """Else a program that runs on has the price of the evening all day, or that of last month."""
    when = datetime.fromisoformat(f"{moment}:00+00:00")
    expected = tuple(
        edge if text is None else datetime.fromisoformat(f"{text}:00+00:00").timestamp()
        for text, edge in ((since, -FOREVER), (until, FOREVER))
    )
    entries = [SimpleNamespace(constraint=each) for each in constraints]
    listed: Any = SimpleNamespace(prices=entries, price_variants=None)
    variants: Any = SimpleNamespace(prices=SimpleNamespace(), price_variants=entries)

    assert validity_of(listed, when) == validity_of(variants, when) == expected
    assert validity_of(listed, when.replace(tzinfo=None)) == expected
