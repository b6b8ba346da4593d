"""The quick way to a cost gives what genai-prices gives."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from decimal import Decimal, Inexact, getcontext, localcontext
from typing import Any, NamedTuple

import pytest
from genai_prices import Usage as TheirUsage
from genai_prices import calc_price
from genai_prices.data import providers
from hypothesis import given
from hypothesis import strategies as st

from hilt.genai.values import Usage
from hilt.pricing.bands import Band, bands_of
from hilt.pricing.cost import Cost, cost_of, cost_of_text
from hilt.pricing.names import reference_of

AS_OF = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)
"""When the calls of these tests were made."""


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
    "another provider",
    "no price for model",
    "no price for cache_write_1h_tokens",
    "no price for input_audio_tokens",
    "no price for input_image_tokens",
    "no price for output_image_tokens",
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
    provider_id, name = model
    cost = cost_of(provider_id, name, usage, when=when)
    try:
        expected = calc_price(
            TheirUsage(
                input_tokens=usage.input_tokens, output_tokens=usage.output_tokens, **counts
            ),
            reference_of(provider_id, name),
            provider_id=provider_id,
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


@given(model=st.sampled_from(MODELS), usage=usages(), when=WHEN)
def test_cost_is_what_genai_prices_says(
    model: tuple[str, str], usage: Usage, when: datetime | None
) -> None:
    """For any model, time and usage the cost is genai-prices' own to the last digit, or unknown."""
    check(model, usage, when)


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


@pytest.mark.slow
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


@pytest.mark.parametrize(
    "usage",
    [
        Usage(100, 10, None, 60, 41),
        Usage(100, 10, None, 101),
        Usage(100, 10, None, 0, 101),
        Usage(100, 10, None, 0, 5, 6),
        Usage(100, 10, None, 0, 0, 0, 11),
    ],
)
def test_parts_are_no_more_than_the_whole(usage: Usage) -> None:
    """Of counts that contradict each other there is no cost by bands."""
    rates = {"input_mtok": 1, "output_mtok": 2, "cache_write_1h_mtok": 3}
    bands = bands_of({kind: Decimal(rate) for kind, rate in rates.items()})

    assert cost_of_text(bands, True, usage) is None
    assert cost_of_text(bands, True, Usage(100, 10, None, 60, 40, 40, 10)) is not None


class Tier(NamedTuple):
    """As genai-prices': what input that is larger than ``start`` costs."""

    start: int
    price: Decimal


class Tiered(NamedTuple):
    """A price with tiers."""

    base: Decimal
    tiers: list[Tier]


def test_bands_of_several_tiers() -> None:
    """The highest comes first; each kind has the price of its own tier that holds there."""
    inputs = Tiered(Decimal(1), [Tier(100, Decimal(2)), Tier(300, Decimal("2.5"))])
    outputs = Tiered(Decimal(10), [Tier(200, Decimal(20))])

    bands = bands_of(
        {"input_mtok": inputs, "output_mtok": outputs, "cache_read_mtok": Decimal("0.5")}
    )

    assert [(each.above, each.digits, each.input, each.read, each.output) for each in bands] == [
        (300, 7, 25, -20, 200), (200, 7, 20, -15, 200), (100, 7, 20, -15, 100), (-1, 7, 10, -5, 100),
    ]  # fmt: skip
    assert [cost_of_text(bands, True, Usage(size, 1)) for size in (0, 100, 101, 201, 300, 301)] == [
        Decimal(each) / 10**7 for each in (100, 1100, 2120, 4220, 6200, 7725)
    ]


@pytest.mark.parametrize(
    ("usage", "units"),
    [
        (Usage(100, 10), 3_000),
        (Usage(0, 0), 0),
        (Usage(0, 10), 1_000),
        (Usage(100, 10, None, 100), 1_200),
        (Usage(100, 10, None, 0, 100), 3_500),
        (Usage(100, 10, None, 60, 40), 2_120),
        (Usage(100, 10, None, 0, 40, 40), 4_000),
        (Usage(100, 10, None, None, 40, 1), 3_220),
        (Usage(100, 10, None, None, None, None, 10), 4_000),
        (Usage(100, 10, None, None, None, None, 0), 3_000),
        (Usage(100, None, 100), 2_000),
        (Usage(100, None, 101), None),
        (Usage(100, 10, 100), 3_000),
        (Usage(None, 10, 10), None),
        (Usage(100, 10, None, -1), None),
        (Usage(100, 10, None, 0, 5, -1), None),
        (Usage(100, 10, None, 0, 0, 0, -1), None),
        (Usage(-1, 10), None),
        (Usage(100, -1), None),
        (Usage(100, 10, None, True), None),
        (Usage(100, 10, input_audio_tokens=1), None),
        (Usage(100, 10, input_audio_tokens=0), 3_000),
        (Usage(100, 10, units={"web_searches": 1}), None),
        (Usage(100, 10, by_model={"m": Usage(1)}), None),
    ],
)
def test_cost_of_counts(usage: Usage, units: int | None) -> None:
    """Parts are in the wholes, and cost what they cost more or less than these."""
    rates = {
        "input_mtok": "2", "cache_read_mtok": "0.2", "cache_write_mtok": "2.5",
        "cache_write_1h_mtok": "4.5", "output_mtok": "10", "output_reasoning_mtok": "20",
    }  # fmt: skip
    bands = bands_of({kind: Decimal(rate) for kind, rate in rates.items()})

    cost = cost_of_text(bands, True, usage)

    assert cost == (None if units is None else Decimal(units) / 10**7)


def test_model_that_writes_nothing() -> None:
    """Where output has no price, it need not be counted; what is counted costs nothing."""
    bands = bands_of({"input_mtok": Decimal(2)})

    assert cost_of_text(bands, False, Usage(100)) == Decimal("0.0002")
    assert cost_of_text(bands, True, Usage(100)) is None
    assert cost_of_text(bands, True, Usage(100, 5)) == Decimal("0.0002")
    assert cost_of_text(bands, True, Usage(100, 5, None, 0, 5, 5)) is None
    assert cost_of_text((), True, Usage(100, 5)) is None


@pytest.mark.parametrize(
    ("kinds", "bands"),
    [
        ({}, [(-1, 6, 0, 0, 0, None, 0, 0)]),
        ({"input_mtok": "1.5", "output_mtok": "10"}, [(-1, 7, 15, 0, 0, None, 100, 0)]),
        ({"input_mtok": "2", "cache_read_mtok": "0.25"}, [(-1, 8, 200, -175, 0, None, 0, 0)]),
        ({"input_mtok": "2", "cache_write_mtok": "2.5"}, [(-1, 7, 20, 0, 5, None, 0, 0)]),
        ({"input_mtok": "2", "cache_write_1h_mtok": "4"}, [(-1, 6, 2, 0, 0, 2, 0, 0)]),
        (
            {"input_mtok": "2", "cache_read_mtok": "0.2", "cache_write_mtok": "2.5",
             "cache_write_1h_mtok": "4", "output_mtok": "8", "output_reasoning_mtok": "9"},
            [(-1, 7, 20, -18, 5, 15, 80, 10)],
        ),
        (
            {"input_mtok": ("1", {200: "2", 500: "3"}), "output_mtok": ("4", {300: "5"})},
            [(500, 6, 3, 0, 0, None, 5, 0), (300, 6, 2, 0, 0, None, 5, 0),
             (200, 6, 2, 0, 0, None, 4, 0), (-1, 6, 1, 0, 0, None, 4, 0)],
        ),
    ],
)  # fmt: skip
def test_bands_of_prices(kinds: dict[str, Any], bands: list[tuple[Any, ...]]) -> None:
    """What has no price of its own costs what it is a part of, and not nothing."""
    prices = {
        kind: Decimal(price)
        if isinstance(price, str)
        else Tiered(Decimal(price[0]), [Tier(start, Decimal(p)) for start, p in price[1].items()])
        for kind, price in kinds.items()
    }

    assert bands_of(prices) == tuple(Band(*each) for each in bands)
