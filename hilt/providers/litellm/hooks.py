"""LiteLLM: functions that one decorator wraps, and streams that are read by ``next``.

The functions are imported by name wherever they are used, so they stay as they are; what is
replaced is the function that the decorator's wrapper holds and calls. While a call is being made,
and while its stream is advanced, what LiteLLM calls below is part of it.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from hilt._context import ACTIVE
from hilt.core.guard import guard
from hilt.genai.values import Arguments, Target
from hilt.instrumentation.engine import Call, Engine
from hilt.instrumentation.streams import tap

__all__ = ["ACLOSE", "ANEXT", "FUNCTION", "NEXT"]


class _Function:
    """A function of LiteLLM's, which is no method."""

    def wrap(self, engine: Engine, target: Target, original: Any) -> Callable[..., Any]:
        """A wrapper that observes the call."""
        driver = _drive_async if inspect.iscoroutinefunction(original) else _drive
        return driver(engine, target, original)


def _observe(call: Call, result: Any) -> Any:
    """Complete the call, or watch the stream, which stays the same object."""
    try:
        if not call.observation.request.stream:
            call.complete(result)
        elif inspect.isgenerator(result):
            call.open_stream()
            return tap(result, call)
        else:
            call.open_stream()
            result._hilt_watch = _Watch(call)  # noqa: SLF001 # goes when the stream goes
    except Exception:
        guard.report("observing an answer")
    return result


def _drive(engine: Engine, target: Target, original: Any) -> Callable[..., Any]:
    @functools.wraps(original)
    def observed(*args: Any, **kwargs: Any) -> Any:
        call = _begin(engine, target, args, kwargs)
        if call is None:
            return original(*args, **kwargs)
        token = ACTIVE.set(call)
        try:
            result = original(*args, **kwargs)
        except BaseException as error:
            call.fail(error)
            raise
        finally:
            _leave(token)
        return _observe(call, result)

    return observed


def _drive_async(engine: Engine, target: Target, original: Any) -> Callable[..., Any]:
    @functools.wraps(original)
    async def observed(*args: Any, **kwargs: Any) -> Any:
        call = _begin(engine, target, args, kwargs)
        if call is None:
            return await original(*args, **kwargs)
        token = ACTIVE.set(call)
        try:
            result = await original(*args, **kwargs)
        except BaseException as error:
            call.fail(error)
            raise
        finally:
            _leave(token)
        return _observe(call, result)

    return observed


def _begin(
    engine: Engine, target: Target, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Call | None:
    if not engine.enabled or ACTIVE.get() is not None:
        return None
    return engine.begin(Arguments(target, None, args, kwargs))


def _leave(token: Any) -> None:
    with suppress(ValueError):  # the coroutine is being closed from another context
        ACTIVE.reset(token)


# -- streams ----------------------------------------------------------------------------------


class _Watch:
    """A stream's call. The stream holds it: when that goes, this goes."""

    __slots__ = ("call", "within")

    def __init__(self, call: Call) -> None:
        self.call = call
        self.within = False

    def left(self, outcome: str) -> None:
        """The stream is read no further; after the last word there is nothing to miss."""
        fold = self.call.fold
        if fold is not None and fold.reasons:
            self.call.exhausted()
        else:
            self.call.left(outcome)

    def __del__(self) -> None:
        self.left("abandoned")


def _next(original: Any) -> Callable[..., Any]:
    @functools.wraps(original)
    def advance(self: Any) -> Any:
        watch = vars(self).get("_hilt_watch")
        if watch is None or watch.within:
            return original(self)
        watch.within = True
        token = ACTIVE.set(watch.call)
        try:
            chunk = original(self)
        except StopIteration:
            watch.call.exhausted()
            raise
        except BaseException as error:
            watch.call.fail(error)
            raise
        finally:
            watch.within = False
            _leave(token)
        watch.call.chunk(chunk)
        return chunk

    return advance


def _anext(original: Any) -> Callable[..., Any]:
    @functools.wraps(original)
    async def advance(self: Any) -> Any:
        watch = vars(self).get("_hilt_watch")
        if watch is None or watch.within:
            return await original(self)
        watch.within = True
        token = ACTIVE.set(watch.call)
        try:
            chunk = await original(self)
        except StopAsyncIteration:
            watch.call.exhausted()
            raise
        except BaseException as error:
            watch.call.fail(error)
            raise
        finally:
            watch.within = False
            _leave(token)
        watch.call.chunk(chunk)
        return chunk

    return advance


def _aclose(original: Any) -> Callable[..., Any]:
    @functools.wraps(original)
    async def aclose(self: Any) -> Any:
        watch = vars(self).get("_hilt_watch")
        if watch is not None and not watch.within:
            watch.left("closed")
        return await original(self)

    return aclose


class _StreamMethod:
    """A method of LiteLLM's streams."""

    def __init__(self, wrapped: Callable[[Any], Callable[..., Any]]) -> None:
        self._wrapped = wrapped

    def wrap(self, engine: Engine, target: Target, original: Any) -> Callable[..., Any]:
        """A wrapper that tells the stream's call, if it has one."""
        return self._wrapped(original)


FUNCTION = _Function()
"""A function of LiteLLM's, which is no method."""

NEXT = _StreamMethod(_next)
"""``__next__`` of a stream."""

ANEXT = _StreamMethod(_anext)
"""``__anext__`` of a stream."""

ACLOSE = _StreamMethod(_aclose)
"""``aclose`` of a stream."""
