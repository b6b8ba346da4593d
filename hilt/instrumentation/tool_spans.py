"""Spans of tools that an SDK runs by itself, between two calls of a model.

They are for traces. In the log a tool's call and its result are events of the two calls of the
model, as everywhere else.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from opentelemetry.trace import SpanKind, Status, StatusCode

from hilt import semconv
from hilt.core.guard import guard
from hilt.genai.json_values import encode_json
from hilt.genai.outcome import qualified_name
from hilt.genai.values import Target
from hilt.instrumentation.engine import Engine
from hilt.instrumentation.observer import Ending
from hilt.instrumentation.wrapping import watching

if TYPE_CHECKING:
    from opentelemetry.trace import Span

__all__ = ["TOOL"]


class _Tool:
    """A function that runs a tool: it is given arguments by name, and the tool's function."""

    def wrap(
        self, engine: Engine, target: Target, original: Callable[..., Any]
    ) -> Callable[..., Any]:
        """A wrapper that makes an ``execute_tool`` span."""

        def begin(args: tuple[Any, ...], _kwargs: dict[str, Any]) -> _ToolSpan | None:
            if not engine.enabled:
                return None
            try:
                return _ToolSpan(engine, *args)
            except Exception:
                guard.report("starting the span of a tool")
                return None

        return watching(original, begin)


class _ToolSpan:
    """The span of a tool; the program's own spans do not become its children."""

    __slots__ = ("_content", "_span")

    def __init__(self, engine: Engine, arguments: object, function: object) -> None:
        name = getattr(function, "__name__", "tool")
        attributes = {
            semconv.OPERATION_NAME: "execute_tool",
            semconv.TOOL_NAME: name,
            semconv.TOOL_TYPE: "function",
        }
        self._content = engine.span_content
        if self._content:
            attributes[semconv.TOOL_CALL_ARGUMENTS] = encode_json(arguments).decode()
        self._span: Span = engine.tracer.start_span(
            f"execute_tool {name}",
            kind=SpanKind.INTERNAL,
            attributes=attributes,
            record_exception=False,
            set_status_on_exception=False,
        )

    def end(self, how: Ending, value: Any = None) -> None:
        """The tool returned or raised."""
        span = self._span
        try:
            if how is Ending.RAISED:
                # The SDK's exceptions hide the tool's own.
                cause = value.__context__ or value
                span.set_attribute(semconv.ERROR_TYPE, qualified_name(cause))
                span.set_status(Status(StatusCode.ERROR))
            elif self._content and span.is_recording():
                span.set_attribute(semconv.TOOL_CALL_RESULT, encode_json(value).decode())
            span.end()
        except Exception:
            guard.report("ending the span of a tool")


TOOL = _Tool()
"""A function that runs a tool: it is given arguments by name, and the tool's function."""
