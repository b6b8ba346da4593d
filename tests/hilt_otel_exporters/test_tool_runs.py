"""Runs of tools: each once, and none before the answer that asks for it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hilt.recording.step_events import Step
from hilt_otel_exporters.tool_runs import comparable, is_same_run, take_over
from tests.hilt_otel_exporters.conftest import actions, chat, events_of, record

LIMA, CUSCO = '{"city":"Lima"}', '{"city":"Cusco"}'


def _run(arguments: str | None = LIMA, **more: Any) -> Any:
    attributes = {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "weather",
        "gen_ai.tool.call.arguments": arguments,
        "gen_ai.tool.call.result": more.pop("result", "18 degrees"),
        "gen_ai.tool.call.id": more.pop("call_id", None),
    }
    present = {name: value for name, value in attributes.items() if value is not None}
    return record(present, **more)


def _asking(*arguments: str, **more: Any) -> Any:
    parts = [{"type": "tool_call", "name": "weather", "arguments": each} for each in arguments]
    return record(
        chat(**{"gen_ai.output.messages": json.dumps([{"role": "assistant", "parts": parts}])}),
        span=9,
        **more,
    )


@pytest.mark.parametrize(
    ("arguments", "plain"),
    [
        (LIMA, {"city": "Lima"}),
        ({"args": [], "kwargs": {"city": "Lima"}}, {"city": "Lima"}),
        ({"args": ["Lima"], "kwargs": {}}, ["Lima"]),
        ("Lima", "Lima"),
    ],
)
def test_arguments_are_compared_without_their_envelopes(arguments: Any, plain: Any) -> None:
    """JSON as text, and the call of a Python function."""
    assert comparable(arguments) == plain


def test_two_emitters_beside_each_other_saw_one_run() -> None:
    """The first lends the id of the second."""
    other = _run(span=2, at=(1, 99), scope="other", call_id="call_1")
    events = events_of(_run(), other)

    assert actions(events) == ["tool_call", "tool_result"]
    assert [each["content"]["tool"]["call_id"] for each in events] == ["call_1"] * 2


@pytest.mark.parametrize(
    ("other", "runs"),
    [
        (_run(span=2, at=(1, 99)), 2),  # of the same emitter: two equal calls in parallel
        (_run(CUSCO, span=2, at=(1, 99), scope="other"), 2),
        (_run(span=2, at=(1, 99), scope="other", result="20 degrees"), 2),
        (_run(span=2, at=(50, 200), scope="other"), 2),  # neither is within the other
        (_run(None, span=2, at=(1, 99), scope="other"), 2),  # nothing says that they are one
        (_run(span=2, at=(1, 99), scope="other", trace=2), 2),
        (_run(span=2, at=(1, 99), scope="other", result=None), 1),
        (_run(span=2, parent=1, at=(1, 99)), 1),
        (_run(CUSCO, span=2, parent=1, at=(1, 99)), 2),  # a tool that calls itself
    ],
)
def test_what_differs_is_another_run(other: Any, runs: int) -> None:
    """Arguments, results, times, traces; within one emitter's span nothing may."""
    assert actions(events_of(_run(), other)).count("tool_result") == runs


def test_two_emitters_see_two_equal_runs_in_parallel() -> None:
    """Each span has one of the other emitter's at the most."""
    runs = [_run(span=number, at=(number, 100 + number)) for number in (1, 2)]
    others = [_run(span=10 + n, at=(n + 1, 99 + n), scope="other") for n in (1, 2)]

    assert actions(events_of(*runs, *others)).count("tool_result") == 2


def test_the_outer_span_of_a_run_keeps_what_it_has() -> None:
    """What it lacks comes from the inner one."""
    outer, inner = Step("tool", "execute_tool", "w", 0, 9), Step("tool", "execute_tool", "w", 1, 8)
    outer.arguments, inner.arguments = {"a": 1}, {"a": 1}
    inner.call_id, inner.result = "call_1", "18"

    assert is_same_run(inner, outer, same_emitter=True)
    take_over(inner, outer)
    assert (outer.call_id, outer.arguments, outer.result) == ("call_1", {"a": 1}, "18")


def test_a_tool_that_runs_while_the_answer_streams_comes_behind_it() -> None:
    """With the time that it took."""
    events = events_of(_asking(LIMA), _run(at=(40, 70)))

    assert actions(events) == ["prompt", "completion", "tool_call", "tool_result"]
    assert [each["timestamp"][-5:-1] for each in events[1:]] == ["0000"] * 3
    assert events[3]["extensions"]["reply_to"] == events[2]["event_id"]
    assert events[3]["extensions"]["latency_ms"] == 30.0


def test_equal_calls_of_two_answers_come_behind_their_own() -> None:
    """The second run, while the second answer streams, is that of the second answer."""
    second = _asking(LIMA, at=(200, 300))
    second.span_id, second.attributes["gen_ai.response.id"] = f"{8:016x}", "resp-2"
    events = events_of(_asking(LIMA), _run(at=(110, 120)), second, _run(span=2, at=(250, 260)))

    assert actions(events)[1:4] == ["completion", "tool_call", "tool_result"]
    assert actions(events)[-3:] == ["completion", "tool_call", "tool_result"]
    assert actions(events).count("tool_call") == 2


def test_a_tool_that_no_answer_asks_for_stays_where_it_ran() -> None:
    """The SDK's own loop is one span, with the tools within it."""
    events = events_of(record(chat(), span=9), _run(parent=9, at=(40, 70)))

    assert actions(events) == ["prompt", "tool_call", "tool_result", "completion"]
