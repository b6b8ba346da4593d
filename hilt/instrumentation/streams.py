"""What stands between an SDK's stream and its reader: every item passes unchanged.

A stream ends when it is drained, closed, left by ``with``, broken by an error, or dropped; each
of these is told to the call, which takes the first.
"""

from __future__ import annotations

import asyncio
import inspect
import weakref
from collections.abc import Iterator
from typing import Any

from hilt.instrumentation.engine import Call

__all__ = [
    "AsyncTap",
    "observe_async_stream",
    "observe_stream",
    "same_kind",
    "tap",
    "watch_close",
]


def tap(source: Iterator[Any], call: Call) -> Iterator[Any]:
    """The same items, seen by the call. Dropping it tells the call as well."""
    itself: list[weakref.ref[Any]] = []
    observed = _tap(source, call, itself)
    itself.append(weakref.ref(observed))
    next(observed)  # A generator that was never started does not notice that it is dropped.
    return observed


def _tap(source: Iterator[Any], call: Call, itself: list[weakref.ref[Any]]) -> Iterator[Any]:
    try:
        yield None
        call.reading = True
        for chunk in source:
            call.reading = False
            call.chunk(chunk)
            yield chunk
            call.reading = True
        call.reading = False
        call.exhausted()
    except GeneratorExit:
        # What is being collected has no references left, not even weak ones.
        call.left("abandoned" if itself[0]() is None else "closed")
        raise
    except BaseException as error:
        call.fail(error)
        raise


class AsyncTap:
    """The same for an asynchronous source.

    Not an async generator: those are finalized through the event loop's hooks, and a stream that
    is dropped would keep its loop busy.
    """

    __slots__ = ("__weakref__", "_call", "_source")

    def __init__(self, source: Any, call: Call) -> None:
        self._source = source
        self._call = call

    def __aiter__(self) -> AsyncTap:
        return self

    async def __anext__(self) -> Any:
        call = self._call
        call.reading = True
        try:
            chunk = await self._source.__anext__()
        except StopAsyncIteration:
            call.reading = False
            call.exhausted()
            raise
        except BaseException as error:
            call.fail(error)
            raise
        call.reading = False
        call.chunk(chunk)
        return chunk

    async def aclose(self) -> None:
        """Close the source; the caller left."""
        self._call.left("closed")
        await self._source.aclose()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)

    def __del__(self) -> None:
        self._call.left("abandoned")


def same_kind(source: Any, call: Call) -> Any:
    """An async generator for an async generator: callers may ask which it is."""
    observer = AsyncTap(source, call)  # made here: it notices if nobody ever starts to read
    if not inspect.isasyncgen(source):
        return observer

    async def observed() -> Any:
        try:
            async for chunk in observer:
                yield chunk
        except GeneratorExit:
            call.left("abandoned" if _is_collected() else "closed")
            await source.aclose()
            raise

    return observed()


def _is_collected() -> bool:
    """Whether an event loop closes an async generator, which it does in a task of its own."""
    try:
        task = asyncio.current_task()
    except RuntimeError:
        return False  # another loop's
    return type(getattr(task, "get_coro", _nothing)()).__name__.startswith("async_generator_a")


def _nothing() -> None:
    """No task, no coroutine."""


def observe_stream(stream: Any, call: Call) -> bool:
    """Put a tap into a stream object in place, so that it stays the very same object.

    Args:
        stream: Has an ``_iterator`` that it reads from and, as a rule, an HTTP ``response``.
        call: Is told.

    Returns:
        Whether the stream has such a place.
    """
    source = getattr(stream, "_iterator", None)
    if source is None or not hasattr(source, "__next__"):
        return False
    call.open_stream()
    stream._iterator = tap(source, call)  # noqa: SLF001 # the one narrow place
    watch_close(getattr(stream, "response", None), "close", call, source)
    return True


def observe_async_stream(stream: Any, call: Call) -> bool:
    """The same for an asynchronous stream."""
    source = getattr(stream, "_iterator", None)
    if source is None or not hasattr(source, "__anext__"):
        return False
    call.open_stream()
    stream._iterator = AsyncTap(source, call)  # noqa: SLF001 # the one narrow place
    watch_close(getattr(stream, "response", None), "aclose", call, source)
    return True


def watch_close(response: Any, name: str, call: Call, source: Any = None) -> None:
    """Tell the call when the caller closes the response.

    The SDKs' own streams, helpers and ``with`` blocks all close the HTTP response; when it is
    closed while the SDK reads from it, that is the end of the body and not the caller's doing.
    When the SDK's generator closes it, although nobody reads, the stream was dropped and is
    being collected: SDK streams are cycles, whose parts go in any order.
    """
    close = getattr(response, name, None)
    if close is None:
        return

    def closed() -> Any:
        if not call.reading:
            call.left("abandoned" if _is_running(source) else "closed")
        if vars(response).get(name) is closed:
            delattr(response, name)  # or the response would be a cycle for good
        return close()

    setattr(response, name, closed)


def _is_running(source: Any) -> bool:
    running = getattr(source, "gi_running", False) or getattr(source, "ag_running", False)
    return bool(running)
