"""Sums over calls."""

from __future__ import annotations

import pytest

from hilt.core.exceptions import ConfigurationError


def test_figures_of_a_group(log):
    """All that calls add up to."""
    log.call(time_to_first_chunk_ms=100.0)
    log.call(cost=None, cost_unknown="no price", latency_ms=1000.0)
    log.failure(log.prompt())
    log.prompt()

    assert log.open().stats().total.to_dict() == {
        "calls": 4,
        "failed": 1,
        "error_rate": 0.25,
        "outcomes": {"completed": 2, "failed": 1, "unanswered": 1},
        "tokens_in": 20,
        "tokens_out": 8,
        "tokens_cached": 10,
        "cached_share": 0.5,
        "cost_usd": 0.5,
        "cost_unknown": {"no price": 1},
        "tokens_per_second": 8 / 3,
        "latency_ms_p50": 1500.0,
        "latency_ms_p95": 1950.0,
        "latency_ms_p99": 1990.0,
        "first_chunk_ms_p50": 100.0,
        "first_chunk_ms_p95": 100.0,
        "first_chunk_ms_p99": 100.0,
    }


@pytest.mark.parametrize(
    ("status", "outcome", "failed"),
    [(200, "completed", 0), (399, None, 0), (400, "completed", 1), (503, None, 1)],
)
def test_answer_with_the_status_of_an_error_has_failed(log, status, outcome, failed):
    """Wherever failures are counted: other programs write no code of an error."""
    log.call(status_code=status, outcome=outcome)
    opened = log.open()

    assert opened.stats().total.failed == failed
    assert [call.failed for call in opened.calls()] == [bool(failed)]
    assert opened.stats(errors=True).total.failed == failed
    assert sum(each.failed for each in opened.conversations()) == failed


@pytest.mark.parametrize(
    ("keys", "groups"),
    [
        ((), {(): 3}),
        (("model",), {("gpt-4o",): 1, ("gpt-5-2026",): 2}),
        (("user",), {("alice",): 2, ("bob",): 1}),
        (("user", "outcome"), {("alice", "completed"): 2, ("bob", "failed"): 1}),
        (("provider",), {("openai",): 2, ("(unknown)",): 1}),
        (("tool",), {("(none)",): 2, ("get_weather",): 1}),
        (("day",), {("2026-11-28",): 3}),
        (("month",), {("2026-11",): 3}),
        (("hour",), {("2026-11-28 10:00",): 3}),
        (("error",), {("(none)",): 2, ("rate_limit",): 1}),
        (("session",), {("a",): 2, ("b",): 1}),
        (("operation",), {("chat",): 3}),
    ],
)
def test_calls_are_grouped(log, keys, groups):
    """By one key or several, in the order of their values."""
    log.call(session_id="a", user="alice")
    log.tool_call(log.call(session_id="a", user="alice"), session_id="a")
    log.failure(log.prompt(session_id="b", user="bob"), "b", model="gpt-4o")

    statistics = log.open().stats(*keys, utc=True)

    assert {key: group.calls for key, group in statistics.groups.items()} == groups
    assert list(statistics.groups) == sorted(groups)
    assert statistics.total.calls == 3


@pytest.mark.parametrize("keys", [("tool",), ("model", "tool")])
def test_a_tool_is_used_by_the_call_that_calls_it(log, keys):
    """Each use counts once, and each call once a tool; who sends a result uses nothing by that."""
    asked = log.call("Rain?", "", cost=0.25)
    log.tool_result(log.tool_call(asked, call_id="c1"), asked)
    last = log.tool_result(log.tool_call(asked, call_id="c2"), asked, call_id="c2")
    again = log.answer(last, "", cost=0.5)
    log.tool_call(again, "search", call_id="c3")
    log.answer(log.tool_result("evt_lost", again, "search", call_id="c3"), "Rain", cost=1)

    statistics = log.open().stats(*keys)

    found = {
        key[-1]: (group.uses, group.calls, group.cost_usd)
        for key, group in statistics.groups.items()
    }
    assert found == {"(none)": (0, 1, 1), "get_weather": (2, 1, 0.25), "search": (1, 1, 0.5)}
    assert statistics.total.uses == 3


@pytest.mark.parametrize("keys", [("tool",), ("tool", "user")])
def test_a_call_of_several_tools_is_once_in_the_total(log, keys):
    """It is in the row of each, and the total says what all calls cost."""
    asked = log.call("Rain?", "", cost=0.25)
    log.tool_call(asked, call_id="c1")
    log.tool_call(asked, "search", call_id="c2")

    statistics = log.open().stats(*keys)

    assert [group.calls for group in statistics.groups.values()] == [1, 1]
    assert statistics.total.to_dict() == {**log.open().stats().total.to_dict(), "uses": 2}


@pytest.mark.parametrize("key", ["month", "day", "hour"])
def test_a_wrong_time_is_unknown_and_leaves_others_known(log, key):
    """Calls of the same minutes have their day behind it."""
    log.call()
    log.call()
    log.path.write_bytes(log.path.read_bytes().replace(b"T10:00:02", b"T10:00:99"))
    expected = {"month": "2026-11", "day": "2026-11-28", "hour": "2026-11-28 10:00"}[key]

    assert list(log.open().stats(key, utc=True).groups) == [("(unknown)",), (expected,)]


def test_days_are_local(log, monkeypatch):
    """The day of a call is that of the reader's clock, unless UTC is wanted."""
    import time

    monkeypatch.setenv("TZ", "Pacific/Auckland")
    time.tzset()
    try:
        log.write(
            actor=("agent", "openai"), action="completion", timestamp="2026-11-28T20:00:00.000000Z"
        )
        assert list(log.open().stats("day").groups) == [("2026-11-29",)]
        assert list(log.open().stats("day", utc=True).groups) == [("2026-11-28",)]
    finally:
        monkeypatch.undo()
        time.tzset()


def test_unknown_key(log):
    """It is named, with those there are."""
    with pytest.raises(
        ConfigurationError, match=r"by: no key 'colour'; expected one of agent, day, "
    ):
        log.open().stats("colour")


def test_speed_is_that_of_calls_with_an_answer(log):
    """The time of a call that gave no token is not time in which tokens were made."""
    log.call(latency_ms=2000.0)
    before = log.open().stats().total.to_dict()["tokens_per_second"]
    log.write(
        "s",
        ("agent", "openai"),
        "completion",
        metrics={"tokens": {"prompt": 10, "completion": 0}},
        extensions={"reply_to": log.prompt(), "latency_ms": 9000.0, "outcome": "completed"},
    )

    assert log.open().stats().total.to_dict()["tokens_per_second"] == before
