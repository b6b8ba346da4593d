"""Pydantic AI: the run, the conversation and the agent of its current run context."""

from __future__ import annotations

from typing import Any

from hilt._context import FrameworkContext
from hilt.instrumentation.frameworks.run_steps import RunSteps

__all__ = ["PydanticAI", "observe"]

_NAME = "pydantic-ai"


def observe(module: Any, _steps: RunSteps) -> PydanticAI | None:
    """Read run contexts; None if this version does not say which is current."""
    return PydanticAI(module) if hasattr(module, "get_current_run_context") else None


class PydanticAI:
    """Reads the run context that Pydantic AI keeps for each model request.

    Args:
        module: ``pydantic_ai._run_context``.
    """

    def __init__(self, module: Any) -> None:
        self._current = module.get_current_run_context

    def read(self) -> FrameworkContext | None:
        """The run that requests a model here."""
        run = self._current()
        if run is None:
            return None
        return FrameworkContext(
            _NAME,
            getattr(run, "conversation_id", None),
            run=getattr(run, "run_id", None),
            agent=getattr(getattr(run, "agent", None), "name", None),
        )

    def close(self) -> None:
        """Nothing was changed."""
