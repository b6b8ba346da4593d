"""Hooks: how a patched function is observed. Those here serve more than one SDK.

A `hilt.genai.values.Target` names its hook. Hooks that only one SDK needs are in the package of
its provider.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, runtime_checkable

from hilt._context import ACTIVE
from hilt.core.guard import guard
from hilt.genai.json_values import decode_json
from hilt.genai.values import Target
from hilt.instrumentation.engine import Call, Engine
from hilt.instrumentation.observer import Ending
from hilt.instrumentation.streams import observe_async_stream, observe_stream, tap, tap_async
from hilt.instrumentation.wrapping import Watch, watching

__all__ = [
    "HTTP_RESPONSE",
    "METHOD",
    "STREAM_IN_PLACE",
    "FunctionHook",
    "ResultHook",
    "WatchedFunction",
    "body_of",
]


@runtime_checkable
class FunctionHook(Protocol):
    """Wraps a function in a way of its own."""

    def wrap(
        self, engine: Engine, target: Target, original: Callable[..., Any]
    ) -> Callable[..., Any]:
        """The wrapper that replaces the function."""
        ...


@runtime_checkable
class ResultHook(Protocol):
    """Observes what a function returned that makes one call; the engine wraps the function."""

    def observe(self, call: Call, result: Any) -> Any:
        """Observe the result, and hand it back. Never raises."""
        ...


class WatchedFunction:
    """A function that is part of a call, whatever the engine.

    Args:
        begin: Is given its arguments; the observer of what it returns or raises, or None.
    """

    def __init__(self, begin: Watch) -> None:
        self._begin = begin

    def wrap(
        self, engine: Engine, target: Target, original: Callable[..., Any]
    ) -> Callable[..., Any]:
        """A wrapper that changes nothing."""
        return watching(original, self._begin)


class _Method:
    """A method that makes one call and returns its answer, an iterator, or an async iterator."""

    def observe(self, call: Call, result: Any) -> Any:
        """Complete the call, or put a tap around the stream."""
        try:
            if call.observation.request.stream:
                if hasattr(result, "__anext__"):
                    call.open_stream()
                    return tap_async(result, call)
                if hasattr(result, "__next__"):
                    call.open_stream()
                    return tap(result, call)
            call.end(Ending.RETURNED, result)
        except Exception:
            guard.report("observing an answer")
        return result


class _StreamInPlace:
    """A method that makes one call, and whose streams read from an ``_iterator`` of their own."""

    def observe(self, call: Call, result: Any) -> Any:
        """Complete the call from the bytes that came, or observe the stream in place."""
        try:
            if not (observe_stream(result, call) or observe_async_stream(result, call)):
                call.end(Ending.RETURNED, body_of(call, result))
        except Exception:
            guard.report("observing an answer")
        return result


class _Response:
    """Notes the HTTP response of a call in progress."""

    __slots__ = ("_call",)

    def __init__(self, call: Call) -> None:
        self._call = call

    def end(self, how: Ending, value: Any = None) -> None:
        """The response is there, or an error, which the call's own function raises again."""
        if how is not Ending.RETURNED:
            return
        try:
            self._call.http = value
            self._call.observation.status_code = value.status_code
        except Exception:
            guard.report("looking at a response")


def _response_of_current(_args: tuple[Any, ...], _kwargs: dict[str, Any]) -> _Response | None:
    call = ACTIVE.get()
    return _Response(call) if isinstance(call, Call) else None


def body_of(call: Call, result: Any) -> Any:
    """The JSON that the provider sent; the SDK's object where that cannot be had."""
    http = call.http
    if isinstance(result, str) or call.surface.binary:
        return result
    try:
        return decode_json(http.content)
    except Exception:  # not read, not JSON, or no response: the SDK's object has the same
        return result


METHOD = _Method()
"""A method that makes one call and returns its answer, an iterator, or an async iterator."""

STREAM_IN_PLACE = _StreamInPlace()
"""A method that makes one call, and whose streams read from an ``_iterator`` of their own."""

HTTP_RESPONSE = WatchedFunction(_response_of_current)
"""The function that returns the ``httpx`` response of a call in progress."""
