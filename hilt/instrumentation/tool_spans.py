"""Spans of tools that an SDK runs by itself, between two calls of a model.

They are for traces. In the log a tool's call and its result are told by the two calls of the
model, as everywhere else.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from opentelemetry.trace import SpanKind, Status, StatusCode

from hilt import semconv
from hilt.core.guard import guard
from hilt.genai.json_values import encode_json
from hilt.genai.outcome import qualified_name
from hilt.genai.values import Target
from hilt.instrumentation.engine import Engine

if TYPE_CHECKING:
    from opentelemetry.trace import Span

__all__ = ["TOOL"]


class _Tool:
    """A function that runs a tool: it is given arguments by name, and the tool's function."""

    def wrap(self, engine: Engine, target: Target, original: Any) -> Callable[..., Any]:
        """A wrapper that makes an ``execute_tool`` span."""
        if inspect.iscoroutinefunction(original):

            @functools.wraps(original)
            async def run_async(*args: Any, **kwargs: Any) -> Any:
                span = _start(engine, args)
                try:
                    result = await original(*args, **kwargs)
                except BaseException as error:
                    _end(engine, span, error=error)
                    raise
                _end(engine, span, result)
                return result

            return run_async

        @functools.wraps(original)
        def run(*args: Any, **kwargs: Any) -> Any:
            span = _start(engine, args)
            try:
                result = original(*args, **kwargs)
            except BaseException as error:
                _end(engine, span, error=error)
                raise
            _end(engine, span, result)
            return result

        return run


def _start(engine: Engine, args: tuple[Any, ...]) -> Span | None:
    """Start a span; the program's own spans do not become its children."""
    if not engine.enabled:
        return None
    try:
        arguments, function = args
        name = getattr(function, "__name__", "tool")
        attributes = {
            semconv.OPERATION_NAME: "execute_tool",
            semconv.TOOL_NAME: name,
            semconv.TOOL_TYPE: "function",
        }
        if engine.span_content:
            attributes[semconv.TOOL_CALL_ARGUMENTS] = encode_json(arguments).decode()
        return engine.tracer.start_span(
            f"execute_tool {name}",
            kind=SpanKind.INTERNAL,
            attributes=attributes,
            record_exception=False,
            set_status_on_exception=False,
        )
    except Exception:
        guard.report("starting the span of a tool")
        return None


def _end(
    engine: Engine, span: Span | None, result: Any = None, error: BaseException | None = None
) -> None:
    if span is None:
        return
    try:
        if error is not None:
            # The SDK's exceptions hide the tool's own.
            cause = error.__context__ or error
            span.set_attribute(semconv.ERROR_TYPE, qualified_name(cause))
            span.set_status(Status(StatusCode.ERROR))
        elif engine.span_content and span.is_recording():
            span.set_attribute(semconv.TOOL_CALL_RESULT, encode_json(result).decode())
        span.end()
    except Exception:
        guard.report("ending the span of a tool")


TOOL = _Tool()
"""A function that runs a tool: it is given arguments by name, and the tool's function."""
