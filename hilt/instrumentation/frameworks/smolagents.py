"""smolagents: the agent and the step that run here, and the results of its tools.

It writes what its tools gave as a text into the messages of the next step, so that the results
are read from the agent's memory. That of the last step, which no request follows, is not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import CodeType, FrameType
from typing import Any

from hilt._context import FrameworkContext
from hilt.core import clock
from hilt.genai.coerce import list_or_empty, text_or_none
from hilt.genai.json_values import get_path, to_plain_json
from hilt.instrumentation.frameworks.current_frames import frames_of, merged
from hilt.instrumentation.frameworks.object_ids import ObjectIds
from hilt.instrumentation.frameworks.run_steps import RunSteps
from hilt.recording.step_events import Step

__all__ = ["SmolAgents", "observe"]

_NAME = "smolagents"
_NANOS = 10**9


def observe(_module: Any, steps: RunSteps) -> SmolAgents:
    """Read the frames of smolagents' agents."""
    return SmolAgents(steps)


class SmolAgents:
    """Reads the agents that run here.

    Args:
        steps: Writes the results of tools.
    """

    def __init__(self, steps: RunSteps) -> None:
        self._steps = steps
        self._runs = ObjectIds()
        self._written = ObjectIds()

    def read(self) -> FrameworkContext | None:
        """The step of the innermost agent; the first task of the outermost names the run."""
        agents, context = [], None
        for _, code, frame in frames_of(_NAME):
            agent = _agent_of(code, frame)
            if agent is not None:
                agents.append(agent)
                context = merged(context, self._context(agent, frame))
        if context is not None:
            self._write_results(agents[0], context)
        return context

    def _context(self, agent: Any, frame: FrameType) -> FrameworkContext:
        first = get_path(agent, "memory", "steps", 0)
        number = getattr(frame.f_locals.get("memory_step"), "step_number", None)
        return FrameworkContext(
            _NAME,
            run=None if first is None else self._runs.id_of(first),
            agent=text_or_none(getattr(agent, "name", None)),
            node=None if number is None else f"step {number}",
        )

    def _write_results(self, agent: Any, context: FrameworkContext) -> None:
        """Write what the tools of the agent's earlier steps have given."""
        for step in list_or_empty(get_path(agent, "memory", "steps")):
            calls = list_or_empty(getattr(step, "tool_calls", None))
            if calls and getattr(step, "timing", None) and self._written.is_new(step):
                for result in _results_of(step, calls):
                    self._steps.add(result, context)

    def close(self) -> None:
        """Nothing was changed."""


def _agent_of(code: CodeType, frame: FrameType) -> Any:
    """The agent whose method runs in a frame, while it works on a task."""
    if code.co_name not in ("run", "_run_stream", "_step_stream"):
        return None
    owner = frame.f_locals.get("self")
    return owner if hasattr(owner, "memory") and hasattr(owner, "tools") else None


def _results_of(step: Any, calls: Sequence[Any]) -> Iterator[Step]:
    """A step of HILT's for each tool; several results are told apart where each is one line."""
    observations = text_or_none(getattr(step, "observations", None))
    error = getattr(step, "error", None)
    lines = [observations] if len(calls) == 1 else (observations or "").splitlines()
    if len(lines) != len(calls):
        return
    is_code = getattr(step, "code_action", None) is not None  # Its ids are the same in all runs.
    for call, line in zip(calls, lines, strict=True):
        started, ended = _times_of(step)
        yield Step(
            "tool",
            "execute_tool",
            str(getattr(call, "name", "tool")),
            started,
            ended,
            call_id=None if is_code else text_or_none(getattr(call, "id", None)),
            arguments=to_plain_json(getattr(call, "arguments", None)),
            result=line if error is None else str(error),
        )


def _times_of(step: Any) -> tuple[int, int]:
    now = clock.unix_nanos()
    started = getattr(step.timing, "start_time", None)
    ended = getattr(step.timing, "end_time", None)
    return int((started or now / _NANOS) * _NANOS), int((ended or now / _NANOS) * _NANOS)
