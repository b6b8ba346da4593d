"""CrewAI: the crew or flow that runs here, by its events, and the agent that executes a task."""

from __future__ import annotations

import sys
from contextvars import ContextVar
from typing import Any

from hilt._context import FrameworkContext
from hilt.core.bounded import BoundedDict
from hilt.core.guard import guard
from hilt.instrumentation.frameworks.run_steps import RunSteps

__all__ = ["CrewAI", "observe"]

_NAME = "crewai"
_MOST_EVENTS = 10_000


def observe(module: Any, _steps: RunSteps) -> CrewAI | None:
    """Read the scope of events; None if this version has none."""
    stack = getattr(sys.modules.get("crewai.events.event_context"), "_event_id_stack", None)
    bus = getattr(sys.modules.get("crewai.events.event_bus"), "crewai_event_bus", None)
    if not isinstance(stack, ContextVar) or bus is None:
        return None
    return CrewAI(bus, stack, module.AgentExecutionStartedEvent)


class CrewAI:
    """Reads which events enclose a call: the outermost is the run, another names the agent.

    Args:
        bus: CrewAI's event bus, which calls its handlers in threads of its own.
        stack: The ids and the types of the events around what runs here.
        started: The type of the event of an agent that begins a task.
    """

    def __init__(self, bus: Any, stack: ContextVar[Any], started: Any) -> None:
        self._bus = bus
        self._stack = stack
        self._started = started
        self._agents: BoundedDict[str, str] = BoundedDict(_MOST_EVENTS)
        self._handler = self._on_started  # the very object that the bus will be asked to forget
        bus.on(started)(self._handler)

    def _on_started(self, _source: Any, event: Any) -> None:
        try:
            role = getattr(event.agent, "role", None)
            if role:
                self._agents.keep(str(event.event_id), str(role).strip())
        except Exception:
            guard.report("reading an event of CrewAI")

    def read(self) -> FrameworkContext | None:
        """The outermost event around this, and the agent."""
        scope = self._stack.get()
        if not scope:
            return None
        ids = [str(event_id) for event_id, _ in scope]
        agents = (self._agents.get(event_id) for event_id in reversed(ids))
        return FrameworkContext(_NAME, run=ids[0], agent=next(filter(None, agents), None))

    def close(self) -> None:
        """Take the handler back."""
        if hasattr(self._bus, "off"):
            self._bus.off(self._started, self._handler)
