"""Google's generated clients: their streams are iterators with methods of their own."""

from __future__ import annotations

from typing import Any

from wrapt import ObjectProxy

from hilt.core.guard import guard
from hilt.instrumentation.engine import Call
from hilt.instrumentation.observer import Ending
from hilt.instrumentation.streams import AsyncTap, tap

__all__ = ["GENERATED_METHOD"]


class _GeneratedMethod:
    """A method of a generated client."""

    def observe(self, call: Call, result: Any) -> Any:
        """Complete the call, or return a proxy of the stream."""
        if not call.observation.request.stream:
            call.end(Ending.RETURNED, result)
            return result
        return _opened(result, call) if hasattr(result, "__await__") else _observed(result, call)


async def _opened(stream: Any, call: Call) -> Any:
    """The asynchronous client's way to a stream: an awaitable, of a method that is no coroutine."""
    try:
        opened = await stream
    except BaseException as error:
        call.end(Ending.RAISED, error)
        raise
    return _observed(opened, call)


def _observed(stream: Any, call: Call) -> Any:
    try:
        call.open_stream()
        is_async = hasattr(stream, "__aiter__")
        return _AsyncStream(stream, call) if is_async else _Stream(stream, call)
    except Exception:
        guard.report("observing an answer")
        return stream


class _Stream(ObjectProxy):  # type: ignore[type-arg]  # wrapt 1.x takes none
    """The stream, whose items are observed."""

    def __init__(self, wrapped: Any, call: Call) -> None:
        super().__init__(wrapped)
        self._self_items = tap(iter(wrapped), call)

    def __iter__(self) -> _Stream:
        return self

    def __next__(self) -> Any:
        return next(self._self_items)


class _AsyncStream(ObjectProxy):  # type: ignore[type-arg]  # wrapt 1.x takes none
    """The asynchronous stream, whose items are observed."""

    def __init__(self, wrapped: Any, call: Call) -> None:
        super().__init__(wrapped)
        self._self_items = AsyncTap(wrapped.__aiter__(), call)

    def __aiter__(self) -> AsyncTap:
        return self._self_items

    async def __anext__(self) -> Any:
        return await self._self_items.__anext__()


GENERATED_METHOD = _GeneratedMethod()
"""A method of a generated client."""
