"""smolagents: its agents' names and steps, and the results of their tools."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from openai import OpenAI

import hilt
from hilt import Session
from hilt.core.event import Event
from hilt.testing import MemorySink, Provider
from hilt.testing.provider import ToolCall
from tests.instrumentation.frameworks.framed import framed

STEP = "def _step_stream(call, self, memory_step): return call()"


class Memory(SimpleNamespace):
    """A step of an agent's memory."""


class Agent(SimpleNamespace):
    """What HILT reads of an agent."""

    tools: Any = None


def tool_call(number: int, **fields: Any) -> Any:
    """A call as smolagents keeps it."""
    return SimpleNamespace(
        **{"name": "get_weather", "arguments": {"city": "Paris"}, "id": f"call_{number}", **fields}
    )


def action(number: int, observations: str | None, *calls: Any, **fields: Any) -> Memory:
    """A step that has been made."""
    timing = SimpleNamespace(start_time=1.0, end_time=2.0)
    return Memory(step_number=number, timing=timing, tool_calls=calls, observations=observations,
                  error=None, **fields)  # fmt: skip


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Lets an agent make its steps, and returns the events."""

    def steps(*made: Memory, asked: tuple[str, ...] = ("call_1",)) -> list[Event]:
        monkeypatch.setitem(sys.modules, "smolagents", ModuleType("smolagents"))
        agent = Agent(name="Weather", memory=Memory(steps=[Memory(task="Weather?")]))
        sink = MemorySink()
        with Provider() as provider, Session(sink) as session:
            provider.answer("", tool_calls=[ToolCall("get_weather", {}, id=each) for each in asked])
            provider.answer("Sunny.")
            provider.answer("Sunny.")
            hilt.instrument(session=session, providers=["openai"])
            with OpenAI(base_url=provider.openai_url, api_key="test") as client:
                for number, step in enumerate((None, *made), start=1):
                    if step is not None:
                        agent.memory.steps.append(step)
                    messages: Any = [{"role": "user", "content": f"Request {number}"}]
                    framed("smolagents.agents", STEP)(
                        lambda messages=messages: client.chat.completions.create(
                            model="gpt-4o-mini", messages=messages
                        ),
                        agent,
                        Memory(step_number=number),
                    )
            hilt.uninstrument()
        return sink.events

    return steps


def results(events: list[Event]) -> list[Any]:
    """The results of tools: what each replies to, and its text."""
    calls = {each.event_id: each for each in events if each.action == "tool_call"}
    return [
        (calls[(each.extensions or {})["reply_to"]].content.tool["call_id"], each.content.text)
        for each in events
        if each.action == "tool_result" and each.content is not None
    ]


def test_steps_of_a_run_are_one_conversation(run: Any) -> None:
    """Each step has its number and the agent's name, although its messages continue nothing."""
    events = run(action(1, "Sunny in Paris.", tool_call(1)))

    assert len({each.session_id for each in events}) == 1
    assert {each.provenance["agent"] for each in events} == {"Weather"}
    endings = [each for each in events if each.action == "completion"]
    assert [each.provenance["node"] for each in endings] == ["step 1", "step 2"]


def test_result_of_a_tool(run: Any) -> None:
    """It answers the tool call of the answer, once, and stands before the next request."""
    events = run(action(1, "Sunny in Paris.", tool_call(1)), Memory(task="More?"))

    assert results(events) == [("call_1", "Sunny in Paris.")]
    actions = [each.action for each in events]
    assert actions.index("tool_result") > actions.index("tool_call")


@pytest.mark.parametrize(
    ("observations", "expected"),
    [("Sunny.\nRain.", [("call_1", "Sunny."), ("call_2", "Rain.")]), ("Only one line.", [])],
)
def test_results_of_several_tools(run: Any, observations: str, expected: list[Any]) -> None:
    """A line each; where that is not so, nobody can tell which is whose."""
    step = action(1, observations, tool_call(1), tool_call(2))

    assert results(run(step, asked=("call_1", "call_2"))) == expected


def test_failed_tool(run: Any) -> None:
    """The error is the result."""
    step = action(1, None, tool_call(1))
    step.error = ValueError("no such city")

    assert results(run(step)) == [("call_1", "no such city")]


def test_code_of_a_code_agent(run: Any) -> None:
    """Its calls are no answer's: each is a tool call and a result of its own."""
    code = tool_call(1, name="python_interpreter", arguments="print(1)")
    events = run(action(1, "1", code, code_action="print(1)"), asked=())
    (called,) = [each for each in events if each.action == "tool_call"]

    assert called.content.tool == {"name": "python_interpreter", "arguments": "print(1)"}
    (result,) = [each for each in events if each.action == "tool_result"]
    assert result.extensions["reply_to"] == called.event_id
