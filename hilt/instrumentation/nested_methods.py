"""Calls that take two functions: the method that the caller uses, and the request inside it.

Some SDKs try again between the two. The request is read inside, where it is built; the ending is
observed outside, where the caller learns of it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from hilt.core.guard import guard
from hilt.genai.values import Arguments, Target
from hilt.instrumentation.attempts import count_attempt
from hilt.instrumentation.engine import Call, Engine
from hilt.instrumentation.observer import Ending
from hilt.instrumentation.wrapping import observing, watching

__all__ = ["INNER_METHOD", "OUTER_METHOD", "NestedCall"]


class NestedCall:
    """One use of the outer method, and the call that the inner one begins."""

    __slots__ = ("call",)

    def __init__(self) -> None:
        self.call: Call | None = None

    def end(self, how: Ending, value: Any = None) -> None:
        """The outer method returned or raised."""
        if self.call is not None:
            self.call.end(how, value)


_OUTER: ContextVar[NestedCall | None] = ContextVar("hilt_outer_method", default=None)


class _OuterMethod:
    """A method that the caller uses, and that makes a call by way of an `INNER_METHOD`."""

    def wrap(
        self, engine: Engine, target: Target, original: Callable[..., Any]
    ) -> Callable[..., Any]:
        """A wrapper that ends what the inner function begins."""
        return observing(engine, target, original, _begin_outer, _observe, variable=_OUTER)


def _begin_outer(_: Arguments) -> NestedCall:
    return NestedCall()


def _observe(outer: NestedCall, result: Any) -> Any:
    call = outer.call
    if call is not None:
        call.end(Ending.RETURNED, result if call.http is None else call.http)
    return result


class _InnerMethod:
    """The function that makes each attempt; it is given the request as it will be sent."""

    def wrap(
        self, engine: Engine, target: Target, original: Callable[..., Any]
    ) -> Callable[..., Any]:
        """A wrapper that begins the call at the first attempt and keeps what each one answers."""

        def begin(args: tuple[Any, ...], kwargs: dict[str, Any]) -> _Attempt | None:
            outer = _OUTER.get()
            if outer is None or not engine.enabled:
                return None
            if outer.call is None:
                outer.call = engine.begin(Arguments(target, args[0], args[1:], kwargs))
            return _Attempt(outer.call) if outer.call is not None else None

        return watching(original, begin)


class _Attempt:
    """One request and its answer."""

    __slots__ = ("_call",)

    def __init__(self, call: Call) -> None:
        self._call = call
        count_attempt(call)

    def end(self, how: Ending, value: Any = None) -> None:
        """Keep the answer's JSON and headers for the outer method."""
        if how is not Ending.RETURNED:
            return
        try:
            self._call.http = value.data
            headers = getattr(value, "_headers", None) or {}
            request_id = headers.get("x-request-id") or headers.get("X-Request-Id")
            self._call.observation.request_id = request_id
        except Exception:
            guard.report("looking at a response")


OUTER_METHOD = _OuterMethod()
"""A method that the caller uses, and that makes a call by way of an `INNER_METHOD`."""

INNER_METHOD = _InnerMethod()
"""The function that makes each attempt; it is given the request as it will be sent."""
