"""Proxies between an SDK's stream and its reader: every item passes unchanged.

A stream ends when it is drained, closed, left by ``with``, broken by an error, or dropped; each
of these is reported to the observer, and the first one counts.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
import weakref
from collections.abc import Iterator
from typing import Any

from hilt.instrumentation.engine import Call
from hilt.instrumentation.observer import Ending, StreamObserver

__all__ = [
    "AsyncTap",
    "copy_without_observers",
    "observe_async_stream",
    "observe_stream",
    "tap",
    "tap_async",
    "watch_close",
]


def tap(source: Iterator[Any], observer: StreamObserver) -> Iterator[Any]:
    """The same items, shown to the observer, which also learns when the tap is dropped."""
    itself: list[weakref.ref[Any]] = []
    tapped = _tap(source, observer, itself)
    itself.append(weakref.ref(tapped))
    next(tapped)  # A generator that was never started does not notice that it is dropped.
    return tapped


def _tap(
    source: Iterator[Any], observer: StreamObserver, itself: list[weakref.ref[Any]]
) -> Iterator[Any]:
    try:
        yield None
        observer.advancing = True
        for item in source:
            observer.advancing = False
            observer.item(item)
            yield item
            observer.advancing = True
        observer.advancing = False
        observer.end(Ending.EXHAUSTED)
    except GeneratorExit:
        # What is being collected has no references left, not even weak ones.
        observer.end(Ending.ABANDONED if itself[0]() is None else Ending.CLOSED)
        raise
    except BaseException as error:
        observer.end(Ending.RAISED, error)
        raise


class AsyncTap:
    """The same for an asynchronous source.

    Not an async generator: those are finalized through the event loop's hooks, and a stream that
    is dropped would keep its loop busy.
    """

    __slots__ = ("__weakref__", "_observer", "_source")

    def __init__(self, source: Any, observer: StreamObserver) -> None:
        self._source = source
        self._observer = observer

    def __aiter__(self) -> AsyncTap:
        return self

    async def __anext__(self) -> Any:
        observer = self._observer
        observer.advancing = True
        try:
            item = await self._source.__anext__()
        except StopAsyncIteration:
            observer.advancing = False
            observer.end(Ending.EXHAUSTED)
            raise
        except BaseException as error:
            observer.end(Ending.RAISED, error)
            raise
        observer.advancing = False
        observer.item(item)
        return item

    async def aclose(self) -> None:
        """Close the source; the caller reads no further."""
        self._observer.end(Ending.CLOSED)
        await self._source.aclose()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)

    def __del__(self) -> None:
        self._observer.end(Ending.ABANDONED)


def tap_async(source: Any, observer: StreamObserver) -> Any:
    """An `AsyncTap`; an async generator for an async generator, as callers may ask which it is."""
    tapped = AsyncTap(source, observer)  # made here: it notices if nobody ever starts to read
    if not inspect.isasyncgen(source):
        return tapped

    async def generator() -> Any:
        try:
            async for item in tapped:
                yield item
        except GeneratorExit:
            observer.end(Ending.ABANDONED if _is_collected() else Ending.CLOSED)
            await source.aclose()
            raise

    return generator()


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
        call: Observes it.

    Returns:
        Whether the stream has such an iterator.
    """
    source = getattr(stream, "_iterator", None)
    if source is None or not hasattr(source, "__next__"):
        return False
    call.open_stream()
    stream._iterator = tap(source, call)  # noqa: SLF001 # the only way into every SDK's stream
    watch_close(getattr(stream, "response", None), "close", call, source)
    return True


def observe_async_stream(stream: Any, call: Call) -> bool:
    """The same for an asynchronous stream."""
    source = getattr(stream, "_iterator", None)
    if source is None or not hasattr(source, "__anext__"):
        return False
    call.open_stream()
    stream._iterator = AsyncTap(source, call)  # noqa: SLF001 # the only way into the stream
    watch_close(getattr(stream, "response", None), "aclose", call, source)
    return True


def watch_close(response: Any, name: str, observer: StreamObserver, source: Any = None) -> None:
    """Report to the observer when the caller closes the response.

    The SDKs' own streams, helpers and ``with`` blocks all close the HTTP response; when it is
    closed while the SDK reads from it, that is the end of the body and not the caller's doing.
    When the SDK's generator closes it, although nobody reads, the stream was dropped and is
    being collected: SDK streams are cycles, whose parts go in any order.
    """
    close = getattr(response, name, None)
    if close is None:
        return

    def closed() -> Any:
        if not observer.advancing:
            observer.end(Ending.ABANDONED if _is_running(source) else Ending.CLOSED)
        if vars(response).get(name) is closed:
            delattr(response, name)  # or the response would be a cycle for good
        return close()

    setattr(response, name, closed)
    copy_without_observers(response)


_OBSERVERS = frozenset({
    "__getstate__",
    "_hilt_body",
    "_hilt_unread",
    "aclose",
    "aiter_bytes",
    "aiter_raw",
    "close",
    "iter_bytes",
    "iter_raw",
})  # fmt: skip


def copy_without_observers(response: Any) -> None:
    """Have ``pickle`` and ``copy`` leave out what HILT has put into an ``httpx`` response."""
    if hasattr(type(response), "__getstate__"):
        # `object.__reduce_ex__` asks the instance; the reference is weak, or it would be a cycle.
        response.__getstate__ = functools.partial(_state_of, weakref.ref(response))


def _state_of(reference: weakref.ref[Any]) -> Any:
    response: Any = reference()
    state = type(response).__getstate__(response)
    if not isinstance(state, dict):
        return state
    return {name: value for name, value in state.items() if name not in _OBSERVERS}


def _is_running(source: Any) -> bool:
    running = getattr(source, "gi_running", False) or getattr(source, "ag_running", False)
    return bool(running)
