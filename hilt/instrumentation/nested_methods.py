"""Calls that are seen at two places: the door that the caller uses, and the request inside.

Some SDKs try again between the two. The request is read inside, where it is built; the ending
is seen at the door, where the caller sees it.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from typing import Any

from hilt._context import ACTIVE
from hilt.core.guard import guard
from hilt.genai.values import Arguments, Target
from hilt.instrumentation.attempts import count_attempt
from hilt.instrumentation.engine import Call, Engine

__all__ = ["INNER_METHOD", "OUTER_METHOD"]


class _Visit:
    """One use of a door, and the call that came of it."""

    __slots__ = ("call",)

    def __init__(self) -> None:
        self.call: Call | None = None

    def end(self, result: Any) -> None:
        """The door returned."""
        if self.call is not None:
            body = self.call.http
            self.call.complete(result if body is None else body)

    def fail(self, error: BaseException) -> None:
        """The door raised."""
        if self.call is not None:
            self.call.fail(error)


_VISIT: ContextVar[_Visit | None] = ContextVar("hilt_visit", default=None)


class _OuterMethod:
    """A method that the caller uses, and that makes a call by way of an `Inner` one."""

    def wrap(self, engine: Engine, target: Target, original: Any) -> Callable[..., Any]:
        """A wrapper that ends what the inner function begins."""
        if inspect.iscoroutinefunction(original):
            return _async_door(engine, original)

        @functools.wraps(original)
        def door(*args: Any, **kwargs: Any) -> Any:
            if not engine.enabled or ACTIVE.get() is not None or _VISIT.get() is not None:
                return original(*args, **kwargs)
            visit = _Visit()
            token = _VISIT.set(visit)
            try:
                result = original(*args, **kwargs)
            except BaseException as error:
                visit.fail(error)
                raise
            finally:
                _VISIT.reset(token)
            visit.end(result)
            return result

        return door


def _async_door(engine: Engine, original: Any) -> Callable[..., Any]:
    @functools.wraps(original)
    async def door(*args: Any, **kwargs: Any) -> Any:
        if not engine.enabled or ACTIVE.get() is not None or _VISIT.get() is not None:
            return await original(*args, **kwargs)
        visit = _Visit()
        token = _VISIT.set(visit)
        try:
            result = await original(*args, **kwargs)
        except BaseException as error:
            visit.fail(error)
            raise
        finally:
            _leave(token)
        visit.end(result)
        return result

    return door


def _leave(token: Any) -> None:
    with suppress(ValueError):  # the coroutine is being closed from another context
        _VISIT.reset(token)


class _InnerMethod:
    """The function that makes each attempt; it is given the request as it will be sent."""

    def wrap(self, engine: Engine, target: Target, original: Any) -> Callable[..., Any]:
        """A wrapper that begins the call at the first attempt and keeps what each one answers."""
        if inspect.iscoroutinefunction(original):

            @functools.wraps(original)
            async def inner_async(self: Any, *args: Any, **kwargs: Any) -> Any:
                visit = _enter(engine, target, self, args, kwargs)
                result = await original(self, *args, **kwargs)
                return _noted(visit, result)

            return inner_async

        @functools.wraps(original)
        def inner(self: Any, *args: Any, **kwargs: Any) -> Any:
            visit = _enter(engine, target, self, args, kwargs)
            return _noted(visit, original(self, *args, **kwargs))

        return inner


def _enter(
    engine: Engine, target: Target, instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> _Visit | None:
    visit = _VISIT.get()
    if visit is None or not engine.enabled:
        return None
    if visit.call is None:
        visit.call = engine.begin(Arguments(target, instance, args, kwargs))
    if visit.call is not None:
        count_attempt(visit.call)
    return visit


def _noted(visit: _Visit | None, result: Any) -> Any:
    """Keep the answer's JSON and headers for the door."""
    call = visit.call if visit is not None else None
    if call is not None:
        try:
            call.http = result.data
            headers = getattr(result, "_headers", None) or {}
            call.observation.request_id = headers.get("x-request-id") or headers.get("X-Request-Id")
        except Exception:
            guard.report("looking at a response")
    return result


OUTER_METHOD = _OuterMethod()
"""A method that the caller uses, and that makes a call by way of an `INNER_METHOD`."""

INNER_METHOD = _InnerMethod()
"""The function that makes each attempt; it is given the request as it will be sent."""
