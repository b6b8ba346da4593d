"""Agents, chains, tools and retrievals as events."""

from __future__ import annotations

import re
from typing import Any

import pytest

from hilt.genai.values import Failure
from hilt.recording.history import History
from hilt.recording.step_events import Step, begin_step, end_step, step_events
from hilt.testing import fixed
from tests.recording.calls import ENDED, STARTED

FAILURE = Failure("timeout", "TimeoutError", "Too slow.", 408, "timeout")


def step(kind: str, operation: str, name: str, **fields: Any) -> Step:
    """A step of a quarter of a second."""
    return Step(kind, operation, name, STARTED, ENDED, "conv_1", **fields)


def agent(**fields: Any) -> Step:
    """An agent's step."""
    return step("agent", "invoke_agent", "planner", **fields)


def tool(**fields: Any) -> Step:
    """A tool's step."""
    return step("tool", "execute_tool", "weather", call_id="c1", **fields)


def retrieval(**fields: Any) -> Step:
    """A retrieval's step."""
    return step("retrieval", "retrieval", "docs", **fields)


def events_of(each: Step, history: History | None = None) -> list[dict[str, Any]]:
    """The events of a step, with ids that count."""
    with fixed():
        return [event for _, event in step_events(each, history or History())]


def head(number: int, actor: str, who: str, action: str, ended: bool) -> dict[str, Any]:
    """What every event begins with."""
    return {
        "hilt_version": "1.0.0",
        "event_id": f"evt_019b76daa800700{number - 1}800000000000000{number}",
        "timestamp": f"2026-01-01T00:00:00.{250000 if ended else 0:06d}Z",
        "session_id": "conv_1",
        "actor": {"type": actor, "id": who},
        "action": action,
    }


FIRST = "evt_019b76daa80070008000000000000001"


def test_agent() -> None:
    """Two `system` events at its boundaries, the second a reply to the first."""
    each = agent(
        input_text="Plan.", output_text="Done.", provenance={"sdk": "x 1"}, extensions={"mine": 1}
    )

    assert events_of(each) == [
        {
            **head(1, "agent", "planner", "system", ended=False),
            "content": {"text": "Plan."},
            "provenance": {"operation": "invoke_agent", "sdk": "x 1"},
            "extensions": {"phase": "start", "step": "agent", "mine": 1},
        },
        {
            **head(2, "agent", "planner", "system", ended=True),
            "content": {"text": "Done."},
            "provenance": {"operation": "invoke_agent", "sdk": "x 1"},
            "extensions": {
                "reply_to": FIRST,
                "phase": "end",
                "step": "agent",
                "latency_ms": 250.0,
                "outcome": "completed",
                "mine": 1,
            },
        },
    ]


def test_times_of_the_boundaries() -> None:
    """Each event is given with the moment by which it sorts."""
    assert [moment for moment, _ in step_events(agent(), History())] == [STARTED, ENDED]


def test_agent_that_failed() -> None:
    """The error is in the event of its end."""
    _, end = events_of(agent(output_text="Half", failure=FAILURE))

    assert end["content"] == {"text": "Too slow."}
    assert end["extensions"] == {
        "reply_to": FIRST,
        "phase": "end",
        "step": "agent",
        "latency_ms": 250.0,
        "outcome": "timeout",
        "error_code": "timeout",
        "error_type": "TimeoutError",
        "status_code": 408,
    }


@pytest.mark.parametrize(
    ("nanos", "latency"),
    [(-1, {}), (0, {"latency_ms": 0.0}), (1_234_567, {"latency_ms": 1.235})],
)
def test_how_long_a_step_took(nanos: int, latency: dict[str, float]) -> None:
    """In milliseconds; unknown where the clock was put back meanwhile."""
    each = agent()
    each.ended = each.started + nanos
    _, end = events_of(each)

    assert end["extensions"] == {
        "reply_to": FIRST, "phase": "end", "step": "agent", **latency, "outcome": "completed",
    }  # fmt: skip


def test_agent_that_is_created() -> None:
    """One event, which replies to nothing."""
    (event,) = events_of(step("agent", "create_agent", "planner"))

    assert event["extensions"] == {
        "phase": "created",
        "step": "agent",
        "latency_ms": 250.0,
        "outcome": "completed",
    }
    assert "content" not in event


@pytest.mark.parametrize("kind", ["workflow", "chain"])
def test_chain_is_a_system(kind: str) -> None:
    """Only an agent is one; a step without a name has that of its type."""
    start, end = events_of(step(kind, "invoke_workflow", ""))

    assert start["actor"] == end["actor"] == {"type": "system", "id": "system"}


def test_tool() -> None:
    """Its call, and its result as a reply."""
    history = History()

    events = events_of(
        tool(agent="planner", arguments={"city": "Paris"}, result={"c": 14}), history
    )

    assert events == [
        {
            **head(1, "agent", "planner", "tool_call", ended=False),
            "content": {
                "tool": {"name": "weather", "call_id": "c1", "arguments": {"city": "Paris"}}
            },
            "provenance": {"operation": "execute_tool"},
            "extensions": {},
        },
        {
            **head(2, "tool", "weather", "tool_result", ended=True),
            "content": {
                "text": '{"c":14}',
                "tool": {"name": "weather", "call_id": "c1", "result": {"c": 14}},
            },
            "provenance": {"operation": "execute_tool"},
            "extensions": {"reply_to": FIRST, "latency_ms": 250.0, "outcome": "completed"},
        },
    ]
    assert history.tool_call("c1") == ("c1", "weather", FIRST, "conv_1")
    assert history.tool_result(FIRST) == events[1]["event_id"]


def test_tool_whose_call_is_logged() -> None:
    """The model's answer has its call: only the result is new, and replies to it."""
    history = History()
    history.remember_tool_call("c1", "weather", "evt_call")

    (event,) = events_of(tool(result="14 C"), history)

    assert event["action"] == "tool_result"
    assert event["content"]["text"] == "14 C"
    assert event["extensions"]["reply_to"] == "evt_call"


@pytest.mark.parametrize(
    ("session_id", "call"), [("conv_1", "evt_1"), ("conv_3", None), ("", "evt_2")]
)
def test_tool_whose_id_several_conversations_have(session_id: str, call: str | None) -> None:
    """Hosts count their ids from 0: the call is that of the step's own conversation, or its own.

    Where nobody knows the conversation, it is the newest one.
    """
    history, each = History(), tool(result="14 C")
    for number in ("1", "2"):
        history.remember_tool_call("c1", "weather", f"evt_{number}", f"conv_{number}")
    each.session_id = session_id

    *begun, result = events_of(each, history)

    assert result["extensions"]["reply_to"] == (call or begun[0]["event_id"])
    assert [event["action"] for event in begun] == ([] if call else ["tool_call"])


@pytest.mark.parametrize("remember", ["remember_tool_result", "remember_sent_result"])
def test_tool_whose_result_is_logged(remember: str) -> None:
    """By a span or by the next request: it is not logged again."""
    history = History()
    history.remember_tool_call("c1", "weather", "evt_call")
    getattr(history, remember)("evt_call", "evt_result")

    assert events_of(tool(result="14 C"), history) == []


def test_tool_without_an_id() -> None:
    """It is linked by the step itself, and by nothing else."""
    each = tool()
    each.call_id = None

    call, result = events_of(each)

    assert call["actor"]["id"] == "agent"
    assert call["content"] == {"tool": {"name": "weather"}}
    assert result["content"] == {"tool": {"name": "weather"}}
    assert result["extensions"]["reply_to"] == call["event_id"]


def test_tool_that_failed() -> None:
    """Its result is the message of the error."""
    _, result = events_of(tool(failure=FAILURE))

    assert result["content"]["text"] == "Too slow."
    assert result["content"]["tool"]["result"] == "Too slow."
    assert result["extensions"]["error_code"] == "timeout"


def test_retrieval() -> None:
    """One event with the query, the documents and the best score."""
    documents = [{"id": "a", "score": 0.5}, {"id": "b", "score": 0.9}, {"id": "c"}]

    assert events_of(retrieval(input_text="Alpha?", documents=documents)) == [
        {
            **head(1, "tool", "docs", "retrieval", ended=True),
            "content": {"text": "Alpha?", "documents": documents},
            "provenance": {"operation": "retrieval"},
            "extensions": {"score": 0.9, "latency_ms": 250.0, "outcome": "completed"},
        }
    ]


def test_retrieval_that_failed() -> None:
    """The message of the error, and no score."""
    (event,) = events_of(retrieval(input_text="Alpha?", failure=FAILURE))

    assert event["content"] == {"text": "Too slow."}
    assert "score" not in event["extensions"]


def test_begin_and_end_of_a_step_as_they_happen() -> None:
    """A live step has the same events."""
    history, each = History(), tool(result="14 C")
    with fixed():
        live = [*begin_step(each, history), *end_step(each, history)]

    assert live == events_of(tool(result="14 C"))


def test_steps_without_content() -> None:
    """Where content is not captured, there is none."""
    history = History()
    steps = [
        agent(input_text="Plan.", output_text="Done.", capture_content=False),
        tool(arguments={"a": 1}, result="14 C", capture_content=False),
        retrieval(input_text="Alpha?", documents=[{"text": "a"}], capture_content=False),
    ]

    events = [event for each in steps for event in events_of(each, history)]

    assert len(events) == 5
    assert not [event for event in events if "content" in event]


def test_names_of_steps_without_content() -> None:
    """A conversation has a pseudonym, and so has a name that is a person's."""
    each = agent(capture_content=False)
    each.name, each.session_id = "ann@example.com", "order-42"

    events = events_of(each)

    assert [re.sub("[0-9a-f]{16}", "#", event["actor"]["id"]) for event in events] == [
        "agent_#"
    ] * 2
    assert [re.sub("[0-9a-f]{16}", "#", event["session_id"]) for event in events] == ["conv_#"] * 2


@pytest.mark.parametrize(
    ("kind", "actor"),
    [("agent", "agent"), ("handoff", "agent"), ("workflow", "system"), ("guardrail", "system")],
)
def test_who_does_a_step(kind: str, actor: str) -> None:
    """An agent hands over itself; what a program does around it is the system's."""
    start, end = events_of(step(kind, "invoke", "planner"))

    assert start["actor"] == end["actor"] == {"type": actor, "id": "planner"}
