"""Tests for each call being logged once, however many spans are about it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.hilt_otel_exporters.conftest import actions, chat, events_of, record


def test_spans_with_one_response_id_are_one_call() -> None:
    """A framework's span and the SDK's, in traces of their own, make one set of events."""
    events = events_of(
        record(chat(), trace=1, scope="framework"),
        record(chat(), trace=2, at=(10, 90), scope="sdk"),
    )

    assert actions(events) == ["prompt", "completion"]
    assert events[1]["provenance"]["also_recorded_by"] == [
        {"instrumentation": "sdk", "span_id": f"{1:016x}"}
    ]


def test_same_answer_given_twice_by_a_cache_is_two_calls() -> None:
    """One instrumentation, one response id, one after the other: a cache answered the second."""
    events = events_of(
        record(chat(), trace=1, at=(0, 10), scope="sdk"),
        record(chat(), trace=2, at=(20, 30), scope="sdk"),
    )

    assert actions(events) == ["prompt", "completion"] * 2


def test_call_below_a_call_is_the_same_call() -> None:
    """Parent and child are one call also where neither has a response id."""
    plain = chat(**{"gen_ai.response.id": ""})
    events = events_of(
        record(plain, span=2, parent=1, at=(10, 90), scope="sdk"),
        record(plain, span=1, at=(0, 100), scope="framework"),
    )

    assert actions(events) == ["prompt", "completion"]
    assert events[0]["provenance"]["span_id"] == f"{1:016x}"


def test_step_between_two_spans_of_a_call_does_not_part_them() -> None:
    """Plumbing between a framework's call and the SDK's leaves them one call."""
    plain = chat(**{"gen_ai.response.id": ""})
    events = events_of(
        record(plain, span=3, parent=2, scope="sdk"),
        record({"gen_ai.operation.name": "execute_task"}, span=2, parent=1),
        record(plain, span=1, scope="framework"),
    )

    assert actions(events) == ["prompt", "completion"]


def test_call_made_by_a_tool_of_a_call_is_its_own() -> None:
    """A tool that asks a model itself makes a second call."""
    events = events_of(
        record(chat(**{"gen_ai.response.id": "b"}), span=3, parent=2, at=(20, 30)),
        record(
            {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "ask"},
            span=2,
            parent=1,
            at=(15, 40),
        ),
        record(chat(**{"gen_ai.response.id": ""}), span=1, at=(0, 100)),
    )

    assert actions(events).count("completion") == 2


def test_span_above_several_calls_is_their_summary() -> None:
    """A span that sums up the calls below it is not a call, and its usage counts nowhere."""
    summary = chat(**{"gen_ai.response.id": "", "gen_ai.usage.input_tokens": 99})
    events = events_of(
        record(chat(**{"gen_ai.response.id": "a"}), span=2, parent=1, at=(0, 10)),
        record(chat(**{"gen_ai.response.id": "b"}), span=3, parent=1, at=(20, 30)),
        record(summary, span=1, at=(0, 40)),
    )

    tokens = [each["metrics"]["tokens"]["prompt"] for each in events if "metrics" in each]
    assert tokens == [9, 9]


def test_failed_call_of_two_roots_is_logged_once() -> None:
    """Two instrumentations side by side saw a call fail, without a response id to go by."""
    failed = {"gen_ai.operation.name": "chat", "gen_ai.provider.name": "anthropic"}
    failed |= {"gen_ai.request.model": "claude-sonnet-4-5", "error.type": "RateLimitError"}
    events = events_of(
        record(
            {**failed, "http.response.status_code": 429},
            trace=1,
            at=(1, 99),
            scope="com.anthropic.sdk.python",
            status="ERROR",
        ),
        record(failed, trace=2, at=(0, 100), scope="other", status="ERROR"),
    )

    assert actions(events) == ["prompt", "system"]
    assert events[1]["extensions"]["status_code"] == 429


def test_failed_call_is_that_of_the_nearest_span_around_it() -> None:
    """Of two calls in progress that both failed, not the older one has the inner span's status."""
    failed = {"gen_ai.operation.name": "chat", "gen_ai.provider.name": "anthropic"}
    failed |= {"gen_ai.request.model": "claude-sonnet-4-5", "error.type": "RateLimitError"}
    inner = {**failed, "http.response.status_code": 429}
    events = events_of(
        record(failed, trace=1, span=1, at=(0, 1000), scope="other", status="ERROR"),
        record(failed, trace=2, span=2, at=(400, 900), scope="other", status="ERROR"),
        record(inner, trace=3, span=3, at=(500, 800), scope="sdk", status="ERROR"),
    )

    endings = [each for each in events if each["action"] == "system"]
    assert [
        (
            each["provenance"]["span_id"],
            each["extensions"].get("status_code"),
            [other["span_id"] for other in each["provenance"].get("also_recorded_by", ())],
        )
        for each in sorted(endings, key=lambda each: str(each["provenance"]["span_id"]))
    ] == [(f"{1:016x}", None, []), (f"{2:016x}", 429, [f"{3:016x}"])]


def test_parallel_calls_of_one_instrumentation_stay_apart() -> None:
    """Calls that run at the same time are not one call for that."""
    one = chat(**{"gen_ai.response.id": ""})
    events = events_of(
        record(one, trace=1, at=(0, 100), scope="sdk"),
        record(one, trace=2, at=(10, 90), scope="sdk"),
    )

    assert actions(events).count("completion") == 2


def test_usage_of_the_span_nearest_to_the_wire_counts() -> None:
    """Where two spans count differently, the SDK's own is right."""
    events = events_of(
        record(chat(**{"gen_ai.usage.output_tokens": 13}), trace=1, scope="other"),
        record(chat(), trace=2, scope="com.anthropic.sdk.python"),
    )

    assert events[1]["metrics"]["tokens"]["completion"] == 3


def test_content_of_the_span_that_has_it_is_kept() -> None:
    """The SDK's span has no content; the other one has."""
    silent = {name: value for name, value in chat().items() if "messages" not in name}
    events = events_of(
        record(silent, trace=1, scope="com.anthropic.sdk.python"),
        record(chat(), trace=2, at=(0, 99), scope="other"),
    )

    assert [each["content"]["text"] for each in events] == ["Hi", "Hello"]


def test_late_span_of_a_written_call_is_dropped() -> None:
    """A span that comes after its call was written, as the buffer was full, adds no events."""
    first = record(chat(), trace=1, scope="sdk")
    events = events_of(
        first,
        record(chat(**{"gen_ai.response.id": "b"}), trace=3, at=(500, 600)),
        record(chat(**{"gen_ai.response.id": "c"}), trace=4, at=(900, 950)),
        record(chat(), trace=2, at=(0, 120), scope="framework"),
        limit=1,
    )

    ids = [each["provenance"].get("response_id") for each in events]
    assert [each for each in ids if each] == ["resp-1", "b", "c"]


def test_tool_span_and_the_message_with_its_result_are_one_result() -> None:
    """The result on a tool's span is not logged again with the call that it is sent in."""
    call = (
        '[{"role":"assistant","parts":[{"type":"tool_call","id":"c1","name":"f","arguments":{}}]}]'
    )
    then = (
        '[{"role":"user","parts":[{"type":"text","content":"Hi"}]},'
        '{"role":"assistant","parts":[{"type":"tool_call","id":"c1","name":"f","arguments":{}}]},'
        '{"role":"tool","parts":[{"type":"tool_call_response","id":"c1","response":"14"}]}]'
    )
    tool = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "f"}
    tool |= {"gen_ai.tool.call.id": "c1", "gen_ai.tool.call.result": "14"}
    asks = chat(**{"gen_ai.output.messages": call, "gen_ai.response.id": "a"})
    then_answers = chat(**{"gen_ai.input.messages": then, "gen_ai.response.id": "b"})
    events = events_of(
        record(asks, span=2, parent=1, at=(0, 10)),
        record(tool, span=3, parent=1, at=(20, 30)),
        record(then_answers, span=4, parent=1, at=(40, 50)),
        record({"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "a"}, at=(0, 60)),
    )

    expected = [
        "system",
        "prompt",
        "completion",
        "tool_call",
        "tool_result",
        "completion",
        "system",
    ]
    assert actions(events) == expected
    assert events[5]["extensions"]["reply_to"] == events[4]["event_id"]


def test_pieces_of_an_answer_are_no_calls() -> None:
    """Spans below a call that know neither model nor messages nor tokens are left out."""
    piece = {"openinference.span.kind": "LLM"}
    events = events_of(
        record(piece, span=2, parent=1, at=(10, 20), scope="framework"),
        record(piece, span=3, parent=1, at=(30, 40), scope="framework"),
        record(chat(), span=1, at=(0, 100), scope="framework"),
    )

    assert actions(events) == ["prompt", "completion"]
    assert events[1]["content"]["text"] == "Hello"


def test_where_nothing_is_recorded_every_call_is_one() -> None:
    """An emitter that records no content at all still has its calls."""
    empty = {"openinference.span.kind": "LLM", "llm.model_name": "m"}
    events = events_of(
        record(empty, span=1, at=(0, 10), scope="framework"),
        record(empty, span=2, at=(20, 30), scope="framework"),
    )

    assert actions(events) == ["prompt", "completion"] * 2


def test_a_run_that_two_emitters_record_in_two_traces_is_one() -> None:
    """The call that both saw ties them together: one agent, one conversation."""
    agent = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "geo"}
    events = events_of(
        record({**agent, "session.id": "s-1"}, span=1, at=(0, 100), scope="one"),
        record(chat(), span=2, parent=1, at=(10, 30), scope="one"),
        record(
            {**agent, "gen_ai.conversation.id": "t-1"}, span=1, trace=2, at=(1, 99), scope="two"
        ),
        record(chat(), span=2, parent=1, trace=2, at=(11, 29), scope="two"),
    )

    assert [(event["action"], event["session_id"]) for event in events] == [
        ("system", "s-1"),
        ("prompt", "s-1"),
        ("completion", "s-1"),
        ("system", "s-1"),
    ]


def test_span_that_repeats_the_counts_of_a_call_is_no_call() -> None:
    """Some record the usage once more, beside the call; a call that only counts is one, alone."""
    counts = {
        "gen_ai.provider.name": "openai",
        "gen_ai.response.model": "house-1",
        "gen_ai.usage.input_tokens": 9,
        "gen_ai.usage.output_tokens": 3,
    }
    real = record(chat(), span=2, parent=1, at=(0, 10))
    repeated = record(counts, span=3, parent=1, at=(10, 11))

    assert actions(events_of(real, repeated)) == ["prompt", "completion"]
    assert actions(events_of(repeated)) == ["prompt", "completion"]


@pytest.mark.parametrize(
    ("trace", "other", "calls"),
    [
        (1, {}, 1),
        (2, {}, 2),
        (1, {"gen_ai.response.model": "house-2"}, 2),
        (1, {"gen_ai.usage.input_tokens": 8}, 2),
        (1, {"gen_ai.usage.output_tokens": 4}, 2),
        (1, {"gen_ai.request.model": "house-1"}, 2),
    ],
)
def test_only_the_same_counts_of_the_same_trace_are_a_repetition(
    trace: int, other: dict[str, Any], calls: int
) -> None:
    """Calls of two requests may have the same counts: neither is lost."""
    counts = {
        "gen_ai.provider.name": "openai",
        "gen_ai.response.model": "house-1",
        "gen_ai.usage.input_tokens": 9,
        "gen_ai.usage.output_tokens": 3,
    }
    real = chat(**{"gen_ai.request.model": "house-1", "gen_ai.response.model": "house-1"})
    events = events_of(
        record({**real, **counts}, span=2, parent=1, at=(0, 10)),
        record({**counts, **other}, trace=trace, span=3, parent=1, at=(5_000, 5_001)),
    )

    assert actions(events).count("completion") == calls
