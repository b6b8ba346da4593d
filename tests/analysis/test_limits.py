"""Limits, and sums that pass them."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from hilt.analysis.limits import Limit, LimitSums, parse_limit
from hilt.core.exceptions import ConfigurationError


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("user=5/day", ("user", None, 5.0, "usd", "day")),
        ("total=$0.5/month", ("total", None, 0.5, "usd", "month")),
        ("model:gpt-5*=1000calls/hour", ("model", "gpt-5*", 1000.0, "calls", "hour")),
        ("session=1 call/day", ("session", None, 1.0, "calls", "day")),
        ("user:a=b=2errors/day", ("user", "a=b", 2.0, "errors", "day")),
        ("provider=10 TOKENS/Day", ("provider", None, 10.0, "tokens", "day")),
    ],
)
def test_a_limit(text, limit):
    """By whom, how much of what, and in which time."""
    assert parse_limit(text) == Limit(text, *limit)


@pytest.mark.parametrize("text", ["", "5/day", "user=5", "user=-5/day", "tool=5/day", "user:=5/day",
                                  "user=5/year", "user=five/day", "user=5eur/day"])  # fmt: skip
def test_what_is_none(text):
    """The error has the text, and says what is right."""
    with pytest.raises(ConfigurationError) as error:
        parse_limit(text)

    assert str(error.value).startswith(
        f"limit: {text!r} is not a limit; expected one as user=5/day"
    )


def passed(log, *limits):
    """The limits that the calls of a log pass, as text."""
    sums = LimitSums([parse_limit(limit) for limit in limits], utc=True)
    return [str(excess) for call in log.open().calls() for excess in sums.add(call)]


def test_each_user_has_a_sum_and_passes_it_once(log):
    """The sum of a period starts anew in the next."""
    for user in ("alice", "bob", "alice", "alice"):
        log.call(user=user, cost=3.0)
    prompt = log.prompt(user="alice")
    log.write("s", ("agent", "openai"), "completion", timestamp="2026-11-29T00:00:00.000000Z",
              metrics={"cost_usd": 5.5}, extensions={"reply_to": prompt})  # fmt: skip

    assert passed(log, "user=5/day") == [
        "user alice: $6.00 in 2026-11-28, more than $5.00 a day",
        "user alice: $5.50 in 2026-11-29, more than $5.00 a day",
    ]


def test_days_that_are_over_are_forgotten(log):
    """A watch that runs for months keeps the sums of today, and what passed today."""
    for day in range(1, 29):
        log.write(
            "s", ("agent", "openai"), "completion", timestamp=f"2026-11-{day:02}T10:00:00.000000Z",
            metrics={"cost_usd": 2.0}, extensions={"outcome": "completed"},
        )  # fmt: skip
    sums = LimitSums([parse_limit("total=1/day")], utc=True)

    excesses = [excess for call in log.open().calls() for excess in sums.add(call)]

    assert len(excesses) == 28
    assert len(sums._sums) <= 2
    assert len(sums._passed) <= 2


def test_a_limit_that_is_reached_is_not_passed(log):
    """Also where floats add up to a little more."""
    for _ in range(3):
        log.call(cost=0.1)

    assert passed(log, "total=0.3/day") == []
    assert passed(log, "total=0.29/day") == ["total: $0.30 in 2026-11-28, more than $0.29 a day"]


def test_calls_tokens_and_errors(log):
    """Each measure, an hour and a month; a prompt without an ending is no call yet."""
    log.call()
    log.failure(log.prompt())
    log.failure(log.prompt())
    log.prompt()

    assert passed(log, "total=2calls/hour", "total=1error/month", "model:gpt-*=10tokens/day") == [
        "model gpt-5-2026: 14 tokens in 2026-11-28, more than 10 tokens a day",
        "total: 3 calls in 2026-11-28 10:00, more than 2 calls an hour",
        "total: 2 errors in 2026-11, more than 1 error a month",
    ]


def test_calls_without_a_cost_are_counted(log):
    """They are in no sum of costs, and somebody may want to know."""
    log.call(cost=None, cost_unknown="no price for it")
    log.failure(log.prompt())
    sums = LimitSums([parse_limit("total=1/day")])

    assert [excess for call in log.open().calls() for excess in sums.add(call)] == []
    assert (sums.calls, sums.cost_unknown) == (2, {"no price for it": 1})


@pytest.mark.parametrize(
    ("limits", "moment"),
    [
        (["user=1/hour"], datetime(2026, 11, 28, 14, tzinfo=timezone.utc)),
        (["user=1/hour", "user=1/day"], datetime(2026, 11, 28, tzinfo=timezone.utc)),
        (["user=1/day", "user=1/month"], datetime(2026, 11, 1, tzinfo=timezone.utc)),
    ],
)
def test_the_current_period(limits, moment):
    """The longest one of all limits is read."""
    now = datetime(2026, 11, 28, 14, 30, 5, tzinfo=timezone.utc)

    assert LimitSums([parse_limit(each) for each in limits], utc=True).first_moment(now) == moment


def test_a_call_at_no_time_is_in_no_period(log):
    """It is not counted at all."""
    log.call()
    log.path.write_bytes(log.path.read_bytes().replace(b"2026-11-28T10:00:02.000000Z", b"never"))
    sums = LimitSums([parse_limit("total=1calls/day")])

    assert [excess for call in log.open().calls() for excess in sums.add(call)] == []
    assert sums.calls == 0
