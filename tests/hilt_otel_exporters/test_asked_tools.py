"""One tool call, seen by a model and by the span of the tool."""

from __future__ import annotations

import json

import pytest

from hilt.recording.step_events import Step
from hilt_otel_exporters.asked_tools import AskedTools
from tests.hilt_otel_exporters.conftest import actions, chat, events_of, record


def _asked(event_id, name, arguments=None, call_id=None):
    tool = {"name": name, "arguments": arguments, "call_id": call_id}
    return {"event_id": event_id, "action": "tool_call", "content": {"tool": tool}}


def _step(name, arguments=None, call_id=None):
    step = Step("tool", "execute_tool", name, 1, 2)
    step.arguments, step.call_id = arguments, call_id
    return step


@pytest.mark.parametrize(
    ("arguments", "in_span"),
    [
        ({"city": "Lima"}, {"city": "Lima"}),
        ({"city": "Lima"}, '{"city": "Lima"}'),
        ({"city": "Lima"}, {"args": [], "kwargs": {"city": "Lima"}}),
        ('{"city": "Lima"}', {"kwargs": {"city": "Lima"}, "sanitize": True}),
    ],
)
def test_the_call_with_its_arguments_is_meant(arguments, in_span) -> None:
    """In whatever dress the emitter has them."""
    tools = AskedTools()
    tools.add(
        "t", [_asked("evt_1", "weather", {"city": "Quito"}), _asked("evt_2", "weather", arguments)]
    )
    step = _step("weather", in_span)
    tools.link("t", step)
    assert step.start_id == "evt_2"


def test_an_id_decides_before_arguments() -> None:
    """Two calls with the same arguments are told by their ids."""
    tools = AskedTools()
    tools.add("t", [_asked("evt_1", "w", {}, "a"), _asked("evt_2", "w", {}, "b")])
    step = _step("w", {}, "b")
    tools.link("t", step)
    assert (step.start_id, step.call_id) == ("evt_2", "b")


def test_an_id_that_a_framework_made_up_gives_way() -> None:
    """The call keeps the id that the model gave."""
    tools = AskedTools()
    tools.add("t", [_asked("evt_1", "weather", {"city": "Lima"}, "call_1")])
    step = _step("weather", {"city": "Lima"}, "adk-9def")
    tools.link("t", step)
    assert (step.start_id, step.call_id) == ("evt_1", "call_1")


def test_each_call_is_run_once() -> None:
    """Two spans of one tool are two calls, in their order; a third is one that nobody asked for."""
    tools = AskedTools()
    tools.add("t", [_asked("evt_1", "w", {"x": 1}), _asked("evt_2", "w", {"x": 1})])
    steps = [_step("w", {"x": 1}) for _ in range(3)]
    for step in steps:
        tools.link("t", step)
    assert [step.start_id for step in steps] == ["evt_1", "evt_2", None]


def test_other_traces_and_other_tools_are_not_meant() -> None:
    """A tool of another name or trace has its own call."""
    tools = AskedTools()
    tools.add("t", [_asked("evt_1", "weather")])
    other, elsewhere = _step("news"), _step("weather")
    tools.link("t", other)
    tools.link("u", elsewhere)
    assert (other.start_id, elsewhere.start_id) == (None, None)


def test_a_handoff_runs_the_tool_that_hands_over() -> None:
    """The span has the agent's name, the tool is transfer_to_ and that name."""
    tools = AskedTools()
    tools.add("t", [_asked("evt_1", "transfer_to_spanish_agent", {})])
    step = _step("Spanish agent", "triage")
    tools.link("t", step)
    assert step.start_id == "evt_1"


def test_without_content_the_order_decides() -> None:
    """A log that has no content has no names of tools in its events."""
    tools = AskedTools()
    tools.add(
        "t",
        [{"event_id": "evt_1", "action": "tool_call"}, {"event_id": "x", "action": "completion"}],
    )
    step = _step("weather")
    tools.link("t", step)
    assert step.start_id == "evt_1"


def test_result_without_an_id_is_the_tools() -> None:
    """What a later call sends is the result that the tool's span gave, and is logged once."""
    asks = {
        **chat(),
        "gen_ai.output.messages": (
            '[{"role": "assistant", "parts": [{"type": "tool_call", "id": "call_1",'
            ' "name": "sky", "arguments": {}}]}]'
        ),
    }
    tool = {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "sky",
        "gen_ai.tool.call.id": "call_1",
        "gen_ai.tool.call.result": "blue",
    }
    sent = (
        '[{"role": "user", "parts": [{"type": "text", "content": "Hi"}]},'
        ' {"role": "assistant", "parts": []},'
        ' {"role": "tool", "parts": [{"type": "tool_call_response", "response": "blue"}]}]'
    )
    then = chat(**{"gen_ai.input.messages": sent, "gen_ai.response.id": "resp-2"})
    events = events_of(
        record(asks, span=2, parent=1, at=(0, 10)),
        record(tool, span=3, parent=1, at=(11, 12)),
        record(then, span=4, parent=1, at=(20, 30)),
        record({"gen_ai.operation.name": "invoke_agent"}, span=1, at=(0, 40)),
    )

    assert actions(events).count("tool_result") == 1
    assert actions(events).count("tool_call") == 1


def test_equal_results_without_ids_are_of_their_tools_in_order() -> None:
    """The answer follows the last of them, not the first twice."""
    call = {"type": "tool_call", "name": "mail"}
    asked = [{**call, "id": each, "arguments": {"to": each}} for each in ("a", "b")]
    result = {"role": "tool", "parts": [{"type": "tool_call_response", "response": "sent"}]}
    question = {"role": "user", "parts": [{"type": "text", "content": "Hi"}]}
    answer = {"role": "assistant", "parts": asked}
    asks = {**chat(), "gen_ai.output.messages": json.dumps([answer])}
    sent = json.dumps([question, answer, result, result])
    then = chat(**{"gen_ai.input.messages": sent, "gen_ai.response.id": "resp-2"})
    events = events_of(
        record(asks, span=2, parent=1, at=(0, 10)),
        record(_tool_span("a"), span=3, parent=1, at=(11, 12)),
        record(_tool_span("b"), span=4, parent=1, at=(13, 14)),
        record(then, span=5, parent=1, at=(20, 30)),
        record({"gen_ai.operation.name": "invoke_agent"}, span=1, at=(0, 40)),
    )

    results = [each for each in events if each["action"] == "tool_result"]
    last = [each for each in events if each["action"] == "completion"][-1]
    assert [each["content"]["tool"]["call_id"] for each in results] == ["a", "b"]
    assert last["extensions"]["reply_to"] == results[-1]["event_id"]


def _tool_span(call_id):
    return {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "mail",
        "gen_ai.tool.call.id": call_id,
        "gen_ai.tool.call.arguments": json.dumps({"to": call_id}),
        "gen_ai.tool.call.result": "sent",
    }
