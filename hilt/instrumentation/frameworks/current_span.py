"""Google ADK and Strands: what their current OpenTelemetry span says of the call within it.

Their spans have attributes only where the program has an OpenTelemetry SDK and a global tracer
provider. A span names the framework by its instrumentation scope; spans of the program's own, and
of frameworks whose conversation ids name something else, are not read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from opentelemetry import trace

from hilt import semconv
from hilt._context import FrameworkContext
from hilt.instrumentation.frameworks.run_steps import RunSteps

__all__ = ["CurrentSpan", "observe"]

_FRAMEWORKS = {
    "google.adk.telemetry.tracing": ("gcp.vertex.agent", "google-adk"),
    "strands.telemetry.tracer": ("strands.telemetry.tracer", "strands"),
}
_INVOCATION = "gcp.vertex.agent.invocation_id"
_CONVERSATION = (semconv.CONVERSATION_ID, "session.id")


def observe(module: Any, _steps: RunSteps) -> CurrentSpan:
    """Read the spans of the framework that has this module."""
    return CurrentSpan(*_FRAMEWORKS[module.__name__])


class CurrentSpan:
    """Reads the current span, if it is one of a framework.

    Args:
        scope: The name of its instrumentation scope.
        framework: What the framework is called.
    """

    def __init__(self, scope: str, framework: str) -> None:
        self._scope = scope
        self._framework = framework

    def read(self) -> FrameworkContext | None:
        """What the span around this says."""
        span = trace.get_current_span()
        scope = getattr(span, "instrumentation_scope", None)
        if scope is None or scope.name != self._scope:
            return None
        attributes = getattr(span, "attributes", None)
        if not isinstance(attributes, Mapping):
            return None
        return FrameworkContext(
            self._framework,
            next(filter(None, (_text(attributes.get(name)) for name in _CONVERSATION)), None),
            _text(attributes.get(semconv.USER_ID)),
            _text(attributes.get(_INVOCATION)),
            _text(attributes.get(semconv.AGENT_NAME)),
        )

    def close(self) -> None:
        """Nothing was changed."""


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
