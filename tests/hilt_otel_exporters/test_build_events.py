"""Tests for the events of calls and steps, in the order of their times."""

from __future__ import annotations

from typing import Any

import pytest

from hilt_otel_exporters.span_record import SpanEvent
from tests.hilt_otel_exporters.conftest import (
    MILLI,
    actions,
    chat,
    events_of,
    plain_events_of,
    record,
)
from tests.hilt_otel_exporters.expected import call_events

AGENT = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "geo"}
TOOL = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "f"}


def story(events: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """When each event was, and what it is."""
    return [(event["timestamp"][17:-1], event["action"]) for event in events]


def test_events_are_in_the_order_of_their_times() -> None:
    """Whatever the order in which spans ended."""
    events = events_of(
        record(chat(**{"gen_ai.response.id": "b"}), span=4, parent=1, at=(60, 90)),
        record(TOOL, span=3, parent=1, at=(40, 50)),
        record(chat(**{"gen_ai.response.id": "a"}), span=2, parent=1, at=(10, 30)),
        record(AGENT, span=1, at=(0, 100)),
    )

    assert story(events) == [
        ("00.000000", "system"),
        ("00.010000", "prompt"),
        ("00.030000", "completion"),
        ("00.040000", "tool_call"),
        ("00.050000", "tool_result"),
        ("00.060000", "prompt"),
        ("00.090000", "completion"),
        ("00.100000", "system"),
    ]


def test_of_one_time_the_step_begins_first_and_ends_last() -> None:
    """A call that is all that an agent does lies within it."""
    events = events_of(record(chat(), span=2, parent=1), record(AGENT, span=1))

    assert actions(events) == ["system", "prompt", "completion", "system"]


def test_step_does_not_end_before_what_happened_in_it() -> None:
    """Clocks of one program differ by microseconds: the agent's end is moved to its call's."""
    events = events_of(
        record(chat(), span=2, parent=1, at=(0, 120)), record(AGENT, span=1, at=(0, 100))
    )

    assert story(events)[2:] == [("00.120000", "completion"), ("00.120000", "system")]
    assert events[-1]["extensions"]["latency_ms"] == 120.0


def test_step_that_ended_long_before_is_left_alone() -> None:
    """What it started may go on without it."""
    events = events_of(
        record(chat(), span=2, parent=1, at=(0, 900)), record(AGENT, span=1, at=(0, 100))
    )

    assert story(events)[2:] == [("00.100000", "system"), ("00.900000", "completion")]


def test_step_that_ends_last_is_left_alone() -> None:
    """Its own end is the right one."""
    events = events_of(
        record(chat(), span=2, parent=1, at=(0, 80)), record(AGENT, span=1, at=(0, 100))
    )

    assert story(events)[-1] == ("00.100000", "system")


def test_chunk_comes_before_the_ending() -> None:
    """An emitter may note it after its call has ended: it keeps its time, and the order holds."""
    chunks = [
        SpanEvent("hilt.completion_chunk", at * MILLI, {"hilt.chunk.text": "x"}) for at in (50, 150)
    ]
    span = record(chat(), scope="hilt.instrumentation.openai", events=chunks)

    assert story(events_of(span)) == [
        ("00.000000", "prompt"),
        ("00.050000", "completion_chunk"),
        ("00.150000", "completion_chunk"),
        ("00.100000", "completion"),
    ]
    assert actions(events_of(span, capture_chunks=False)) == ["prompt", "completion"]


def test_content_may_be_left_out() -> None:
    """Of calls and of steps."""
    known = {"input.value": "Hi"}
    events = events_of(
        record(chat(), span=2, parent=1), record({**AGENT, **known}), capture_content=False
    )

    assert [event for event in events if "content" in event] == []
    assert len(events) == 4


def test_losses_are_in_the_events() -> None:
    """Of all spans of a call, added up."""
    lossy = {"attributes": 2, "events": 1}
    prompt, _ = plain_events_of(
        record(chat(), span=2, parent=1, at=(10, 90), scope="sdk", dropped={"attributes": 1}),
        record(chat(), span=1, at=(0, 100), scope="framework", dropped=lossy),
    )

    assert prompt["extensions"] == {
        "model": "house-model",
        "dropped_attributes": 3,
        "dropped_events": 1,
    }


@pytest.mark.parametrize("where", ["agent", "call", "sibling"])
def test_conversation_is_that_of_the_span_or_of_one_around_it_or_of_its_trace(where: str) -> None:
    """So all events of a trace are in one."""
    named = {"gen_ai.conversation.id": "order-42"}
    events = events_of(
        record({**TOOL, **(named if where == "sibling" else {})}, span=3, parent=1, at=(40, 50)),
        record(chat(**(named if where == "call" else {})), span=2, parent=1, at=(10, 30)),
        record({**AGENT, **(named if where == "agent" else {})}, span=1),
    )

    assert {event["session_id"] for event in events} == {"order-42"}


def test_nearest_conversation_counts() -> None:
    """An agent within another may have its own."""
    outer, inner = {"gen_ai.conversation.id": "outer"}, {"gen_ai.conversation.id": "inner"}
    events = events_of(
        record(chat(), span=3, parent=2, at=(20, 30)),
        record({**AGENT, **inner, "gen_ai.agent.name": "b"}, span=2, parent=1, at=(10, 40)),
        record({**AGENT, **outer}, span=1),
    )

    assert [event["session_id"] for event in events] == [
        "outer",
        "inner",
        "inner",
        "inner",
        "inner",
        "outer",
    ]


def test_step_has_the_derived_conversation_of_its_trace() -> None:
    """Where nobody names one; without a call it is the trace's own."""
    with_call = events_of(record(chat(), span=2, parent=1), record(AGENT, span=1))
    alone = events_of(record(AGENT, trace=0xABC << 68))

    assert len({event["session_id"] for event in with_call}) == 1
    assert {event["session_id"] for event in alone} == {f"conv_{0xABC << 68:032x}"[:21]}


def test_cost_that_the_emitter_reports_stands_beside_the_price_tables() -> None:
    """A cost of nothing is none."""
    reported = {"provenance": {"reported_cost_usd": 0.5}}
    cost = "gen_ai.usage.cost"

    assert plain_events_of(record(chat(**{cost: 0.5}))) == call_events(
        "conventions", ending=reported
    )
    assert plain_events_of(record(chat(**{cost: 0}))) == call_events("conventions")


def test_result_of_a_tool_is_logged_once() -> None:
    """Its span has it, and the messages of the next call have it, too."""
    asks = (
        '[{"role":"assistant","parts":[{"type":"tool_call","id":"c1","name":"f","arguments":{}}]}]'
    )
    result = '{"role":"tool","parts":[{"type":"tool_call_response","id":"c1","response":"14"}]}'
    user = '{"role":"user","parts":[{"type":"text","content":"Hi"}]}'
    known = {"gen_ai.tool.call.id": "c1", "gen_ai.tool.call.result": "14"}
    events = events_of(
        record(chat(**{"gen_ai.output.messages": asks, "gen_ai.response.id": "a"}), span=2, at=(0, 10)),
        record({**TOOL, **known}, span=3, at=(20, 30)),
        record(chat(**{"gen_ai.input.messages": f"[{user},{asks[1:-1]},{result}]", "gen_ai.response.id": "b"}), span=4, at=(40, 50)),
    )  # fmt: skip

    assert actions(events) == ["prompt", "completion", "tool_call", "tool_result", "completion"]
    assert events[4]["extensions"]["reply_to"] == events[3]["event_id"]


def test_calls_of_a_run_are_one_conversation() -> None:
    """Also where the second one does not go on with the texts of the first."""
    hello = '[{"role":"user","parts":[{"type":"text","content":"Sum up the page"}]}]'
    events = events_of(
        record(chat(**{"gen_ai.response.id": "a"}), span=2, parent=1, at=(10, 30)),
        record(
            chat(**{"gen_ai.response.id": "b", "gen_ai.input.messages": hello}),
            span=3,
            parent=1,
            at=(60, 90),
        ),
        record(AGENT, span=1, at=(0, 100)),
    )

    assert {event["session_id"] for event in events} == {events[0]["session_id"]}


def test_runs_that_begin_alike_are_two_conversations() -> None:
    """Each trace is one of its own."""
    events = events_of(
        record(chat(**{"gen_ai.response.id": "a"}), span=2, parent=1, at=(10, 30)),
        record(AGENT, span=1, at=(0, 100)),
        record(chat(**{"gen_ai.response.id": "b"}), span=2, parent=1, trace=2, at=(210, 230)),
        record(AGENT, span=1, trace=2, at=(200, 300)),
    )
    sessions = [event["session_id"] for event in events]

    assert len(set(sessions[:4])) == len(set(sessions[4:])) == 1
    assert sessions[0] != sessions[4]


def test_a_call_is_of_the_user_and_the_session_of_the_span_above_it() -> None:
    """Frameworks name both once, on the span of the agent."""
    prompt = next(
        event
        for event in events_of(
            record(chat(), span=2, parent=1),
            record({**AGENT, "user.id": "ada", "session.id": "order-42"}, span=1),
        )
        if event["action"] == "prompt"
    )

    assert (prompt["session_id"], prompt["actor"]["id"]) == ("order-42", "ada")


@pytest.mark.parametrize("ids", [{}, {"gen_ai.tool.call.id": "made-up"}])
def test_a_result_that_the_history_has_is_that_of_the_tools_span(ids: dict[str, str]) -> None:
    """Where no answer asked for it: by the name and the arguments of the tool call before it."""
    history = (
        '[{"role":"user","parts":[{"type":"text","content":"Hi"}]},'
        '{"role":"assistant","parts":[{"type":"tool_call","id":"call_1","name":"f","arguments":{"a":1}}]},'
        '{"role":"tool","parts":[{"type":"tool_call_response","id":"call_1","response":"42"}]}]'
    )
    ran = {**TOOL, **ids, "gen_ai.tool.call.arguments": '{"a":1}', "gen_ai.tool.call.result": "42"}
    events = events_of(
        record(ran, span=2, parent=1, at=(40, 50)),
        record(chat(**{"gen_ai.input.messages": history}), span=3, parent=1, at=(60, 90)),
        record(AGENT, span=1, at=(0, 100)),
    )

    results = [event["content"]["tool"] for event in events if event["action"] == "tool_result"]
    assert results == [{"name": "f", "call_id": "call_1", "result": "42"}]


def test_a_run_that_two_emitters_name_differently_is_one_conversation() -> None:
    """The name of the emitter whose span stands outermost counts."""
    events = events_of(
        record({**AGENT, "session.id": "order-42"}, span=1, at=(0, 100), scope="outer"),
        record(chat(**{"gen_ai.conversation.id": "t-1"}), span=2, parent=1, at=(10, 30), scope="b"),
    )

    assert {event["session_id"] for event in events} == {"order-42"}


def test_a_trace_in_which_one_emitter_names_two_conversations_keeps_both() -> None:
    """They are two conversations that one program held."""
    events = events_of(
        record({**AGENT, "session.id": "run"}, span=1, at=(0, 100), scope="outer"),
        record(chat(**{"gen_ai.conversation.id": "t-1"}), span=2, parent=1, at=(10, 30)),
        record(
            chat(**{"gen_ai.conversation.id": "t-2", "gen_ai.response.id": "b"}),
            span=3,
            parent=1,
            at=(40, 50),
        ),
    )

    assert {event["session_id"] for event in events} == {"run", "t-1", "t-2"}


def test_a_call_without_a_price_costs_what_its_emitter_says() -> None:
    """The event says where the cost is from."""
    reported = {"gen_ai.cost.total_cost": 0.25}
    priced = chat(
        **reported, **{"gen_ai.request.model": "gpt-4o", "gen_ai.response.model": "gpt-4o"}
    )
    (_, ending), (_, other) = events_of(record(chat(**reported))), events_of(record(priced))

    assert ending["metrics"]["cost_usd"] == 0.25
    assert ending["provenance"]["price_version"] == "reported"
    assert "cost_unknown" not in ending["extensions"]
    assert other["metrics"]["cost_usd"] < 0.01
    assert other["provenance"]["reported_cost_usd"] == 0.25


_ASKED = {
    "gen_ai.operation.name": "chat",
    "gen_ai.request.model": "house-model",
    "gen_ai.input.messages": '[{"role":"user","parts":[{"type":"text","content":"Hi"}]}]',
}


@pytest.mark.parametrize(
    ("more", "status", "outcome"),
    [
        ({}, "UNSET", "abandoned"),
        ({}, "OK", "completed"),  # the emitter says that there was an answer
        ({"gen_ai.response.model": "house-1"}, "UNSET", "completed"),
        ({"gen_ai.response.finish_reasons": ["stop"]}, "UNSET", "completed"),
        ({"gen_ai.usage.input_tokens": 3}, "UNSET", "completed"),
    ],
)
def test_a_call_that_nothing_answered_is_not_completed(
    more: dict[str, Any], status: str, outcome: str
) -> None:
    """Nothing of an answer is on the span, and nothing says that it failed."""
    ending = events_of(record({**_ASKED, **more}, status=status))[-1]

    assert ending["extensions"]["outcome"] == outcome
    assert ending["extensions"].get("status_code") == (200 if outcome == "completed" else None)


def test_an_exception_on_a_call_that_nothing_answered_is_its_failure() -> None:
    """On one that was answered it is what the program did with the answer."""
    raised = {"exception.type": "openai.RateLimitError", "exception.message": "Error code: 429"}
    event = SpanEvent("exception", 5 * MILLI, raised)
    failed = events_of(record(_ASKED, events=[event]))[-1]
    answered = events_of(record(chat(), events=[event]))[-1]

    assert failed["extensions"]["status_code"] == 429
    assert (failed["action"], answered["action"]) == ("system", "completion")
