"""OpenAI Agents: its traces say the run, its spans the agents, handoffs and guardrails."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hilt._context import CURRENT_CONVERSATION, FrameworkContext
from hilt.core import clock
from hilt.core.bounded import BoundedDict
from hilt.core.guard import guard
from hilt.genai.coerce import as_list
from hilt.genai.json_values import get_path
from hilt.genai.values import Failure
from hilt.instrumentation.frameworks.run_steps import RunSteps
from hilt.recording.step_events import Step

__all__ = ["OpenAIAgents", "observe"]

_NAME = "openai-agents"
_MOST_SPANS = 10_000
_NO_TRACE = "no-op"


def observe(module: Any, steps: RunSteps) -> OpenAIAgents | None:
    """Observe the runs of OpenAI Agents; None if the module ``agents`` is something else."""
    if not hasattr(module, "add_trace_processor") or not hasattr(module, "get_current_trace"):
        return None
    for processor in _processors(module):
        if isinstance(processor, OpenAIAgents):
            processor.open(steps)  # one that was closed, and could not be taken out
            return processor
    framework = OpenAIAgents(module, steps)
    module.add_trace_processor(framework)
    return framework


def _processors(module: Any) -> Iterable[object]:
    """Those that spans are reported to now; none where a release keeps them elsewhere."""
    provider = get_path(module, "tracing", "get_trace_provider")
    current = provider() if callable(provider) else None
    return as_list(get_path(current, "_multi_processor", "_processors"))


class OpenAIAgents:
    """A trace processor that sends nothing anywhere. A processor cannot be taken back.

    Args:
        module: ``agents``.
        steps: Writes handoffs, guardrails and the ends of agents.
    """

    def __init__(self, module: Any, steps: RunSteps) -> None:
        self._module = module
        self._steps: RunSteps | None = steps
        self._spans: BoundedDict[str, tuple[str | None, int]] = BoundedDict(_MOST_SPANS)

    def read(self) -> FrameworkContext | None:
        """The trace and the agent that run here."""
        trace = self._module.get_current_trace()
        if trace is None or trace.trace_id == _NO_TRACE:
            return None
        span = self._module.get_current_span()
        return self._context(trace, span.span_id if span is not None else None)

    def _context(self, trace: Any, span_id: str | None) -> FrameworkContext:
        agent, _ = self._spans.get(span_id or "", (None, 0))
        group = getattr(trace, "group_id", None)
        conversation = str(group) if group else None
        return FrameworkContext(_NAME, conversation, run=trace.trace_id, agent=agent)

    def open(self, steps: RunSteps) -> None:
        """Write to these steps from now on."""
        self._steps = steps

    def close(self) -> None:
        """Do nothing from now on."""
        self._steps = None
        self._spans.clear()

    # -- what the framework calls -------------------------------------------------------------

    def on_trace_start(self, trace: Any) -> None:
        """Nothing is known yet."""

    def on_trace_end(self, trace: Any) -> None:
        """Write what no call of the run was followed by."""
        try:
            if self._steps is not None:
                self._steps.end(trace.trace_id)
        except Exception:
            guard.report("ending a trace of OpenAI Agents")

    def on_span_start(self, span: Any) -> None:
        """Note the agent that a span belongs to."""
        try:
            if self._steps is not None:
                self._spans.keep(span.span_id, (self._agent_of(span), clock.unix_nanos()))
        except Exception:
            guard.report("reading a span of OpenAI Agents")

    def _agent_of(self, span: Any) -> str | None:
        data = span.span_data
        if data.type == "agent":
            return str(data.name)
        turn_of = getattr(data, "agent_name", None)
        return str(turn_of) if turn_of else self._spans.get(span.parent_id or "", (None, 0))[0]

    def on_span_end(self, span: Any) -> None:
        """Write an agent's end, a handoff, a guardrail, or the result of a tool."""
        try:
            if self._steps is None:
                return
            agent, started = self._spans.pop(span.span_id, (None, clock.unix_nanos()))
            step = _step_of(span, agent or "agent", started)
            trace = self._module.get_current_trace()
            if step is not None and trace is not None and trace.trace_id == span.trace_id:
                of = self._context(trace, None)
                self._steps.add(step, _of_agent(of, agent))
        except Exception:
            guard.report("reading a span of OpenAI Agents")

    def shutdown(self) -> None:
        """Nothing waits."""

    def force_flush(self) -> None:
        """Nothing waits."""


def _of_agent(of: FrameworkContext, agent: str | None) -> FrameworkContext:
    given = CURRENT_CONVERSATION.get()
    conversation = (given.id if given is not None else None) or of.conversation
    return FrameworkContext(of.framework, conversation, of.user, of.run, agent)


def _step_of(span: Any, agent: str, started: int) -> Step | None:
    data, ended = span.span_data, clock.unix_nanos()
    failure = _failure_of(span.error)
    if data.type == "agent":
        return Step("agent", "invoke_agent", agent, started, ended, failure=failure)
    if data.type == "handoff":
        step = Step("handoff", "handoff", data.from_agent or agent, started, ended)
        step.failure, step.extensions = failure, {"handoff_to": data.to_agent}
        step.output_text = f"Handoff to {data.to_agent}"
        return step
    if data.type == "guardrail":
        step = Step("guardrail", "guardrail", data.name, started, ended, failure=failure)
        step.output_text = "Triggered" if data.triggered else "Passed"
        step.extensions = {"triggered": bool(data.triggered)}
        return step
    return None


def _failure_of(error: Any) -> Failure | None:
    if not error:
        return None
    return Failure("unknown", "agents.SpanError", str(error.get("message") or ""))
