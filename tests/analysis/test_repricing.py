"""Costs computed again from what events have of their calls."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from hilt.analysis.repricing import NewCost, PriceChanges, Repricer, with_cost
from hilt.core.event import Event
from hilt.pricing.cost import Cost, use_prices
from hilt.pricing.price_file import load_price_file
from hilt.pricing.table import price_version
from hilt.providers._hosts import is_price_assumed
from hilt.providers.logged_usage import usage_of_log

VERSION = price_version()


def completion(*, model="gpt-4o-mini", cost=0.00015, action="completion", extensions=None, **more):
    """A completion of 1,000 input tokens, as HILT logs it."""
    return Event(
        event_id="evt_1",
        timestamp="2026-11-28T10:00:00.000000Z",
        session_id="s",
        actor={"type": "agent", "id": "openai"},
        action=action,
        metrics={
            "tokens": {"prompt": 1000, "completion": 0, "total": 1000},
            **({} if cost is None else {"cost_usd": cost}),
        },
        provenance={
            "provider": "openai",
            "response_model": model,
            "usage": {"prompt_tokens": 1000, "completion_tokens": 0, "total_tokens": 1000},
            **({} if cost is None else {"price_version": VERSION}),
            **more,
        },
        extensions=extensions,
    )


def repriced(event, as_of=None):
    """The new cost of an event."""
    return Repricer(usage_of_log, is_price_assumed, as_of).cost_of(event)


@pytest.fixture
def own(tmp_path):
    """A price file in which gpt-4o-mini and mine cost a dollar for a million tokens."""
    path = tmp_path / "prices.toml"
    path.write_text('[[models]]\nmodel = ["gpt-4o-mini", "mine"]\ninput = 1\noutput = 1\n')
    file = load_price_file(path)
    use_prices(file)
    yield file
    use_prices(None)


def test_the_same_table_gives_the_same_cost():
    """Nothing changes where nothing is different."""
    cost = repriced(completion())

    assert cost == NewCost("gpt-4o-mini", 0.00015, None, 0.00015, None, VERSION)
    assert not cost.differs


def test_a_price_file(own):
    """Its price is the new cost, and its version is said."""
    cost = repriced(completion())

    assert cost == NewCost("gpt-4o-mini", 0.00015, None, 0.001, None, own.version)


def test_a_call_that_had_no_price(own):
    """It has one now."""
    event = completion(model="mine", cost=None, extensions={"cost_unknown": "no price for mine"})

    cost = repriced(event)

    assert (cost.then_usd, cost.then_unknown, cost.usd) == (None, "no price for mine", 0.001)


def test_a_price_that_is_gone():
    """The reason is the new one."""
    cost = repriced(completion(model="mine", price_version="prices.toml 0123"))

    assert (cost.usd, cost.unknown) == (None, "no price for model mine of provider openai")


def test_a_cost_that_the_log_does_not_explain_is_kept():
    """The installed table does not give what the same table gave, so something is missing."""
    cost = repriced(completion(cost=0.000075))

    assert (cost.usd, cost.kept) == (
        0.000075,
        "the price table that the log names gives another cost for it",
    )


def test_a_reason_that_is_not_about_prices_stays():
    """An answer out of a cache costs nothing at any price."""
    reason = "the answer came from LangChain's cache: no provider was asked"

    cost = repriced(completion(cost=None, extensions={"cost_unknown": reason}))

    assert (cost.usd, cost.unknown, cost.kept) == (None, reason, reason)


def test_a_batch_is_at_its_price():
    """Half of the list price, where the batch is in the log."""
    cost = repriced(completion(cost=0.000075, batch_id="batch_1"))

    assert (cost.usd, cost.kept) == (0.000075, None)


def test_prices_of_another_date():
    """Claude's cost of a day is by the prices of that day."""
    day = datetime(2020, 1, 1, tzinfo=timezone.utc)

    event = with_cost(completion(cost=1.0, price_version="old"), repriced(completion(), day), day)

    assert event.provenance["price_date"] == "2020-01-01T00:00:00.000000Z"


def test_an_unknown_host_is_said_to_be_assumed():
    """Also where the log had a price of one's own before."""
    event = completion(server="my.proxy:8443", price_version="prices.toml 0123")

    assert repriced(event).assumed


@pytest.mark.parametrize("action", ["prompt", "tool_call", "feedback"])
def test_other_events_have_no_cost(action):
    """Only endings have."""
    assert repriced(completion(action=action)) is None


def test_an_event_with_its_new_cost(own):
    """Cost and table are new, everything else stays."""
    event = completion(model="mine", cost=None, price_assumed=True,
                       extensions={"cost_unknown": "no price", "model": "mine"})  # fmt: skip

    new = with_cost(event, repriced(event))

    assert new.metrics.cost_usd == 0.001
    assert new.extensions == {"model": "mine"}
    assert new.provenance["price_version"] == own.version
    assert "price_assumed" not in new.provenance


def test_an_event_without_a_cost_any_more():
    """The reason stands in its place."""
    event = completion(model="mine", price_version="prices.toml 0123")

    new = with_cost(event, repriced(event))

    assert new.metrics.cost_usd is None
    assert new.extensions == {"cost_unknown": "no price for model mine of provider openai"}
    assert "price_version" not in new.provenance


def test_sums():
    """By model, and what has a price on one side only, with the reason."""
    changes = PriceChanges().add_all(
        [
            None,
            NewCost("a", 1.0, None, 3.0, None, "v"),
            NewCost("a", None, "no", 1.0, None, "v", assumed=True),
            NewCost("b", 2.0, None, None, "gone", None),
            NewCost("b", None, "no", None, "still", None),
            NewCost("b", 5.0, None, 5.0, None, "v", "why"),
        ]
    )

    assert changes.to_dict() == {
        "calls": 5, "then_usd": 8.0, "now_usd": 9.0, "difference_usd": 1.0,
        "models": [
            {"model": "a", "calls": 2, "then_usd": 1.0, "now_usd": 4.0, "difference_usd": 3.0},
            {"model": "b", "calls": 3, "then_usd": 7.0, "now_usd": 5.0, "difference_usd": -2.0},
        ],
        "priced_now": {"calls": 1, "cost_usd": 1.0},
        "unpriced_now": {"gone": 1}, "cost_unknown": {"still": 1}, "kept": {"why": 1},
        "price_assumed": 1,
    }  # fmt: skip


@pytest.mark.parametrize(("usd", "date"), [(0.5, "2026-06-01T00:00:00.000000Z"), (None, None)])
def test_only_a_price_has_a_date(usd, date):
    """An event without a cost is not said to be priced as of a day."""
    cost = repriced(completion())._replace(usd=usd, unknown=None if usd else "no price")

    event = with_cost(completion(), cost, datetime(2026, 6, 1, tzinfo=timezone.utc))

    assert event.provenance.get("price_date") == date


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, {}),
        ({"usage": {"speed": "fast", "inference_geo": "us"}}, {"service_tier": "fast", "region": "us"}),
        ({"usage": {"speed": "standard"}, "service_tier": "flex"}, {"service_tier": "flex"}),
        ({"batch_id": "batch_1"}, {"batch": True}),
        ({"server": "localhost:8000"}, {"host": "localhost"}),
        ({"server": ":8000"}, {}),
        ({"provider": 7}, {}),
        ({"request_model": "gpt-4o"}, {"request_model": "gpt-4o"}),
    ],
)  # fmt: skip
def test_a_price_is_asked_for_with_all_that_the_log_has_of_it(monkeypatch, given, expected):
    """Tier, region, batch, host and the model that was asked for; now, and as it was then."""
    asked = []

    def cost_of(provider, model, usage, **given):
        asked.append({"provider": provider, "model": model, **given})
        return Cost(None, None, None)

    monkeypatch.setattr("hilt.analysis.repricing.cost_of", cost_of)
    repriced(completion(**given))

    assert asked[0] == {
        "provider": "openai", "model": "gpt-4o-mini", "service_tier": None, "batch": False,
        "when": datetime(2026, 11, 28, 10, tzinfo=timezone.utc), "request_model": None,
        "region": None, "host": None, **expected,
    }  # fmt: skip
