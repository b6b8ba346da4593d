"""Taps: every item passes unchanged, and the observer learns how it ended."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from hilt.instrumentation.observer import Ending
from hilt.instrumentation.streams import AsyncTap, tap, tap_async


class Observer:
    """Notes what it is told."""

    def __init__(self) -> None:
        self.advancing = False
        self.items: list[tuple[Any, bool]] = []
        self.endings: list[Ending] = []

    def item(self, item: Any) -> None:
        """An item came."""
        self.items.append((item, self.advancing))

    def end(self, how: Ending, value: Any = None) -> None:
        """It ended."""
        self.endings.append(how)


class Source:
    """An asynchronous source that is no generator, such as an SDK's own."""

    def __init__(self, *items: Any) -> None:
        self._items = iter(items)
        self.is_closed = False

    def __aiter__(self) -> Source:
        return self

    async def __anext__(self) -> Any:
        for item in self._items:
            if isinstance(item, BaseException):
                raise item
            return item
        raise StopAsyncIteration

    async def aclose(self) -> None:
        """Close it."""
        self.is_closed = True


def numbers(*items: Any) -> Iterator[Any]:
    """Items, of which an exception is raised."""
    for item in items:
        if isinstance(item, BaseException):
            raise item
        yield item


async def async_numbers(*items: Any) -> AsyncIterator[Any]:
    """The same as an asynchronous generator."""
    for item in numbers(*items):
        yield item


def test_tap_that_is_drained() -> None:
    """It is the end of the stream; nobody reads while an item is shown."""
    observer = Observer()

    assert list(tap(numbers(1, 2), observer)) == [1, 2]
    assert observer.items == [(1, False), (2, False)]
    assert (observer.endings, observer.advancing) == ([Ending.EXHAUSTED], False)


def test_tap_that_is_closed_or_dropped() -> None:
    """Whoever closes it has read enough; whoever drops it may never know."""
    closed, dropped = Observer(), Observer()
    tapped = tap(numbers(1, 2), closed)
    next(tapped)
    tapped.close()  # type: ignore[attr-defined]
    unread = tap(numbers(1), dropped)
    del unread
    gc.collect()

    assert (closed.endings, dropped.endings) == ([Ending.CLOSED], [Ending.ABANDONED])


def test_tap_that_breaks() -> None:
    """The error passes, and is how it ended."""
    observer = Observer()

    with pytest.raises(OSError, match="gone"):
        list(tap(numbers(1, OSError("gone")), observer))
    assert observer.endings == [Ending.RAISED]


def test_asynchronous_tap() -> None:
    """Of whatever has the methods; each ending is told as it comes."""

    async def run(*items: Any, close: bool = False) -> tuple[Observer, Source]:
        observer, source = Observer(), Source(*items)
        tapped = AsyncTap(source, observer)
        if close:
            await tapped.__anext__()
            await tapped.aclose()
        else:
            async for _ in tapped:
                pass
        return observer, source

    drained, source = asyncio.run(run(1, 2))
    assert (drained.items, drained.endings[0]) == ([(1, False), (2, False)], Ending.EXHAUSTED)
    assert not source.is_closed
    closed, source = asyncio.run(run(1, 2, close=True))
    assert (closed.endings[0], source.is_closed) == (Ending.CLOSED, True)
    with pytest.raises(OSError, match="gone"):
        asyncio.run(run(OSError("gone")))


def test_asynchronous_tap_that_is_dropped() -> None:
    """Also one that nobody has read."""
    observer = Observer()
    tapped = AsyncTap(Source(1), observer)
    del tapped
    gc.collect()

    assert observer.endings == [Ending.ABANDONED]


def test_tap_of_an_asynchronous_generator_is_one() -> None:
    """Callers may ask which it is, and close it as one."""
    observer = Observer()

    async def run() -> list[Any]:
        tapped = tap_async(async_numbers(1, 2), observer)
        assert hasattr(tapped, "asend")
        first = await tapped.__anext__()
        await tapped.aclose()
        return [first]

    assert asyncio.run(run()) == [1]
    assert observer.endings[0] is Ending.CLOSED
