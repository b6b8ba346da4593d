"""How the engine ties itself to a kind of function, and the hooks that several SDKs share.

A `hilt.genai.values.Target` names its hook. Hooks that only one SDK needs stand in the package of
its provider.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, Protocol, runtime_checkable

from hilt._context import ACTIVE
from hilt.core.guard import guard
from hilt.genai.json_values import decode_json
from hilt.genai.values import Target
from hilt.instrumentation.engine import Call, Engine
from hilt.instrumentation.streams import observe_async_stream, observe_stream, same_kind, tap

__all__ = [
    "HTTP_RESPONSE",
    "METHOD",
    "STREAM_IN_PLACE",
    "FunctionHook",
    "ResultHook",
    "body_of",
    "note_response",
]


@runtime_checkable
class FunctionHook(Protocol):
    """Wraps a function in a way of its own."""

    def wrap(self, engine: Engine, target: Target, original: Any) -> Callable[..., Any]:
        """What stands in the function's place from now on."""
        ...


@runtime_checkable
class ResultHook(Protocol):
    """Observes what a function returned that makes one call; the engine wraps the function."""

    def observe(self, call: Call, result: Any) -> Any:
        """Observe the result, and hand it back. Never raises."""
        ...


class _Method:
    """A method that makes one call and returns its answer, an iterator, or an async iterator."""

    def observe(self, call: Call, result: Any) -> Any:
        """Complete the call, or put a tap around the stream."""
        try:
            if not call.observation.request.stream:
                call.complete(result)
            elif hasattr(result, "__anext__"):
                call.open_stream()
                return same_kind(result, call)
            elif hasattr(result, "__next__"):
                call.open_stream()
                return tap(result, call)
            else:
                call.complete(result)
        except Exception:
            guard.report("observing an answer")
        return result


class _StreamInPlace:
    """A method that makes one call, and whose streams read from an ``_iterator`` of their own."""

    def observe(self, call: Call, result: Any) -> Any:
        """Complete the call from the bytes that came, or observe the stream in place."""
        try:
            if not (observe_stream(result, call) or observe_async_stream(result, call)):
                call.complete(body_of(call, result))
        except Exception:
            guard.report("observing an answer")
        return result


class _HttpResponse:
    """The function that returns the ``httpx`` response of a call in progress."""

    def wrap(self, engine: Engine, target: Target, original: Any) -> Callable[..., Any]:
        """A wrapper that shows the current call the response, and changes nothing else."""
        if inspect.iscoroutinefunction(original):

            @functools.wraps(original)
            async def send_async(*args: Any, **kwargs: Any) -> Any:
                return _shown(await original(*args, **kwargs))

            return send_async

        @functools.wraps(original)
        def send(*args: Any, **kwargs: Any) -> Any:
            return _shown(original(*args, **kwargs))

        return send


def _shown(http: Any) -> Any:
    call = ACTIVE.get()
    try:
        if isinstance(call, Call):
            note_response(call, http)
    except Exception:
        guard.report("looking at a response")
    return http


def note_response(call: Call, http: Any) -> None:
    """Note the HTTP response of a call."""
    call.http = http
    call.observation.status_code = http.status_code


def body_of(call: Call, result: Any) -> Any:
    """The JSON that the provider sent; the SDK's object where that cannot be seen."""
    http = call.http
    if isinstance(result, str) or call.surface.binary:
        return result
    try:
        return decode_json(http.content)
    except Exception:  # not read, not JSON, or no response: the SDK's object says the same
        return result


METHOD = _Method()
"""A method that makes one call and returns its answer, an iterator, or an async iterator."""

STREAM_IN_PLACE = _StreamInPlace()
"""A method that makes one call, and whose streams read from an ``_iterator`` of their own."""

HTTP_RESPONSE = _HttpResponse()
"""The function that returns the ``httpx`` response of a call in progress."""
