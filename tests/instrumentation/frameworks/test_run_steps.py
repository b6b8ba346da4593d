"""Steps that a framework reports: which conversation they belong to."""

from __future__ import annotations

import pytest

import hilt
from hilt import Session, get_context
from hilt._context import FrameworkContext
from hilt.instrumentation.frameworks.run_steps import RunSteps
from hilt.recording.step_events import Step
from hilt.recording.writer import Recorder
from hilt.testing.memory import MemorySink


@pytest.mark.parametrize("run", [None, "run-1"])
@pytest.mark.parametrize(
    ("around", "named", "expected"),
    [
        ("order-42", None, "order-42"),
        ("order-42", "thread", "order-42"),
        (None, "thread", "thread"),
    ],
)
def test_conversation_of_a_run_without_calls(
    run: str | None, around: str | None, named: str | None, expected: str
) -> None:
    """That of `hilt.conversation`, as of calls; else the framework's own."""
    sink = MemorySink()
    steps = RunSteps(Recorder())
    with Session(sink) as session, get_context().use_session(session):
        with hilt.conversation(around):
            step = Step("tool", "execute_tool", "weather", 1, 2)
            steps.add(step, FrameworkContext("agents", run=run, conversation=named))
        if run is not None:
            steps.end(run)

    assert [event.action for event in sink.events] == ["tool_call", "tool_result"]
    assert {event.session_id for event in sink.events} == {expected}
