"""LiteLLM: functions that one decorator wraps, and streams that are read by ``next``.

The functions are imported by name wherever they are used, so they stay as they are; what is
replaced is the function that the decorator's wrapper holds and calls. While a call is being made,
and while its stream is advanced, what LiteLLM calls below is part of it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from contextvars import Token
from typing import Any

from hilt._context import ACTIVE, reset
from hilt.core.guard import guard
from hilt.genai.values import Target
from hilt.instrumentation.engine import Call, Engine
from hilt.instrumentation.hooks import WatchedFunction
from hilt.instrumentation.observer import Ending
from hilt.instrumentation.streams import tap
from hilt.instrumentation.wrapping import observing

__all__ = ["ACLOSE", "FUNCTION", "NEXT"]


class _Function:
    """A function of LiteLLM's, which is no method."""

    def wrap(
        self, engine: Engine, target: Target, original: Callable[..., Any]
    ) -> Callable[..., Any]:
        """A wrapper that observes the call."""
        return observing(engine, target, original, engine.begin, _observe, is_method=False)


def _observe(call: Call, result: Any) -> Any:
    """Complete the call, or observe the stream, which stays the same object."""
    try:
        if not call.observation.request.stream:
            call.end(Ending.RETURNED, result)
        elif inspect.isgenerator(result):
            call.open_stream()
            return tap(result, call)
        else:
            call.open_stream()
            result._hilt_stream = _Stream(call)  # noqa: SLF001 # goes when the stream goes
    except Exception:
        guard.report("observing an answer")
    return result


class _Stream:
    """Observes a stream as it is advanced. The stream holds it: when that goes, this goes."""

    __slots__ = ("_call", "_token")

    def __init__(self, call: Call) -> None:
        self._call = call
        self._token: Token[Any] | None = None  #: while the stream is being advanced

    def advance(self) -> _Stream | None:
        """The stream is advanced; None if it is already, by itself."""
        if self._token is not None:
            return None
        self._token = ACTIVE.set(self._call)
        return self

    def end(self, how: Ending, value: Any = None) -> None:
        """One item was returned, or an exception raised."""
        token, self._token = self._token, None
        if token is not None:
            reset(ACTIVE, token)
        if how is Ending.RETURNED:
            self._call.item(value)
        elif isinstance(value, (StopIteration, StopAsyncIteration)):
            self._call.end(Ending.EXHAUSTED)
        else:
            self._call.end(how, value)

    def leave(self, how: Ending) -> None:
        """The stream is read no further; after a finish reason there is nothing to miss."""
        fold = self._call.fold
        is_whole = fold is not None and fold.reasons
        self._call.end(Ending.EXHAUSTED if is_whole else how)

    def close(self) -> None:
        """The caller closes the stream."""
        if self._token is None:
            self.leave(Ending.CLOSED)

    def __del__(self) -> None:
        self.leave(Ending.ABANDONED)


def _advance(args: tuple[Any, ...], _kwargs: dict[str, Any]) -> _Stream | None:
    stream: _Stream | None = vars(args[0]).get("_hilt_stream")
    return stream.advance() if stream is not None else None


def _close(args: tuple[Any, ...], _kwargs: dict[str, Any]) -> None:
    stream: _Stream | None = vars(args[0]).get("_hilt_stream")
    if stream is not None:
        stream.close()


FUNCTION = _Function()
"""A function of LiteLLM's, which is no method."""

NEXT = WatchedFunction(_advance)
"""``__next__`` or ``__anext__`` of a stream."""

ACLOSE = WatchedFunction(_close)
"""``aclose`` of a stream."""
