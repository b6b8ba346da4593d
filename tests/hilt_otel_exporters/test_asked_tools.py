"""One tool call, seen by a model and by the span of the tool."""

from __future__ import annotations

import pytest

from hilt.recording.step_events import Step
from hilt_otel_exporters.asked_tools import AskedTools


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
