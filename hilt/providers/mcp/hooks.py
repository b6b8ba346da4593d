"""MCP's SDK: ``call_tool``, in which a server of the same process may call a model."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from hilt.core.guard import guard
from hilt.genai.values import Target
from hilt.instrumentation.engine import Call, Engine
from hilt.instrumentation.observer import Ending
from hilt.instrumentation.wrapping import observing

__all__ = ["CALL_TOOL"]

_CURRENT: ContextVar[Any] = ContextVar("hilt_mcp_tool", default=None)
"""The tool that is run. It is not the call in progress: what the tool calls is not part of it."""


class _CallTool:
    """``call_tool``, which returns a result."""

    def wrap(
        self, engine: Engine, target: Target, original: Callable[..., Any]
    ) -> Callable[..., Any]:
        """A wrapper that observes the call."""
        return observing(engine, target, original, engine.begin, _observe, variable=_CURRENT)


def _observe(call: Call, result: Any) -> Any:
    try:
        call.end(Ending.RETURNED, result)
    except Exception:
        guard.report("observing a tool")
    return result


CALL_TOOL = _CallTool()
"""``call_tool``, which returns a result."""
