"""Reading the context of the frameworks that a program imports, before or after `instrument`.

Nothing here imports a framework. As soon as one is imported, HILT is registered where the
framework lets observers in, and `FRAMEWORK_READERS` gets a function that each call asks.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

from wrapt import register_post_import_hook

from hilt._context import FRAMEWORK_READERS
from hilt.core.guard import guard
from hilt.instrumentation.frameworks.run_steps import Framework, RunSteps

__all__ = ["Frameworks"]

_HERE = "hilt.instrumentation.frameworks"
_OBSERVERS = {
    "agents": f"{_HERE}.openai_agents",
    "crewai.events.types.agent_events": f"{_HERE}.crewai",
    "google.adk.telemetry.tracing": f"{_HERE}.current_span",
    "strands.telemetry.tracer": f"{_HERE}.current_span",
    "agno": f"{_HERE}.running_agents",
    "agent_framework": f"{_HERE}.running_agents",
    "semantic_kernel": f"{_HERE}.running_agents",
    "dspy": f"{_HERE}.dspy",
    "haystack": f"{_HERE}.running_agents",
    "google.adk": f"{_HERE}.running_agents",
    "strands": f"{_HERE}.running_agents",
    "smolagents": f"{_HERE}.smolagents",
    "langchain_core.tracers.context": f"{_HERE}.langchain",
    "llama_index.core.instrumentation": f"{_HERE}.llama_index",
    "pydantic_ai._run_context": f"{_HERE}.pydantic_ai",
}
"""The module of a framework whose import says that it is used, and what observes the framework."""


class Frameworks:
    """The frameworks of this process, observed from `install` to `undo`.

    Args:
        steps: Writes the steps that they report.
    """

    def __init__(self, steps: RunSteps) -> None:
        self._steps = steps
        self._observed: list[Framework] = []
        self._on = False

    def install(self) -> None:
        """Observe each framework now, or as soon as it is imported."""
        self._on = True
        for name in _OBSERVERS:
            register_post_import_hook(self._on_import, name)

    def _on_import(self, module: Any) -> None:
        if not self._on:  # a hook cannot be taken back
            return
        try:
            framework = import_module(_OBSERVERS[module.__name__]).observe(module, self._steps)
        except Exception:
            guard.report(f"observing {module.__name__}")
            return
        if framework is not None:
            self._observed.append(framework)
            FRAMEWORK_READERS.append(framework.read)

    def renew(self) -> None:
        """Observe anew what is imported: a program may have replaced a framework's observers."""
        self._close()
        for name in _OBSERVERS:
            module = sys.modules.get(name)
            if module is not None:
                self._on_import(module)

    def undo(self) -> None:
        """Observe nothing any longer."""
        self._on = False
        self._close()

    def _close(self) -> None:
        while self._observed:
            framework = self._observed.pop()
            FRAMEWORK_READERS.remove(framework.read)
            framework.close()
