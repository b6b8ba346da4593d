"""Calls that are logged where they begin, and made by the SDK of somebody else.

LiteLLM sends with the SDK of the provider, and so do the helpers that log by hand. The request
that the SDK then makes is the very same call and is not logged again. Everything else that begins
meanwhile is a call of its own: what an event hook, a signal handler or a worker asks that was
started in the middle of it, and a second request.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeVar

from hilt._context import ACTIVE

if TYPE_CHECKING:
    from hilt.instrumentation.engine import Call, Engine
    from hilt.instrumentation.observer import Ending

__all__ = ["ENCLOSING", "EnclosingCall", "call_with", "call_with_async", "logged_here"]

R = TypeVar("R")


class EnclosingCall:
    """A call that an SDK makes for another library, from its beginning to its end.

    It is in the context of all that is started while it lasts, and says nothing to them after.

    Args:
        call: Is told what the SDK learns of the response; None if nobody asks.
    """

    __slots__ = ("_maker", "call", "is_made", "over")

    def __init__(self, call: Call | None = None) -> None:
        self.call = call
        self._maker: Engine | None = None  #: of the SDK that is making the request
        self.is_made = False
        self.over = False

    def includes(self, engine: Engine) -> bool:
        """Whether a call that begins now is this one; if so, `make` or `make_async` makes it."""
        if self.over or self.is_made:
            return False
        if self._maker is not None:
            return is_twin(self._maker, engine)
        if self.call is None or not is_same_provider(self.call.engine, engine):
            self._maker = engine
        return True  # a library's own functions call one another before one of them sends

    def make(self, engine: Engine, function: Callable[..., R], /, *args: Any, **kwargs: Any) -> R:
        """Have the SDK make it. One that failed may be made again."""
        try:
            result = call_with(ACTIVE, self.call, function, *args, **kwargs)
            self._made(engine)
        finally:
            self._leave(engine)
        return result

    async def make_async(self, engine: Engine, function: Any, /, *args: Any, **kwargs: Any) -> Any:
        """The same for a coroutine function."""
        try:
            result = await call_with_async(ACTIVE, self.call, function, *args, **kwargs)
            self._made(engine)
        finally:
            self._leave(engine)
        return result

    def _made(self, engine: Engine) -> None:
        self.is_made = self.is_made or self._maker is engine

    def _leave(self, engine: Engine) -> None:
        if self._maker is engine:
            self._maker = None

    def advance(self, function: Callable[..., R], /, *args: Any) -> R:
        """Advance a stream of the call: a request that is sent only now is part of it."""
        try:
            self.over = False
            return call_with(ENCLOSING, self, function, *args)
        finally:
            self.over = True

    async def advance_async(self, function: Any, /, *args: Any) -> Any:
        """The same for a coroutine function."""
        try:
            self.over = False
            return await call_with_async(ENCLOSING, self, function, *args)
        finally:
            self.over = True

    def pause(self) -> None:
        """The call goes on as a stream, and nothing is part of it until that is advanced."""
        self.over = True

    def takes_http_request(self, host: str | None) -> bool:
        """Whether an HTTP request that leaves now is part of the call."""
        return not self.over

    def end(self, how: Ending, value: Any = None) -> None:
        """The call ended; only the first ending counts."""
        self.over = True
        if self.call is not None:
            self.call.end(how, value)


ENCLOSING: ContextVar[EnclosingCall | None] = ContextVar("hilt_enclosing_call", default=None)
"""The call that the next request of another SDK belongs to."""


def is_same_provider(engine: Engine, other: Engine) -> bool:
    """Whether two engines observe the same SDK."""
    return engine is other or engine.provider.name == other.provider.name


def is_twin(engine: Engine, other: Engine) -> bool:
    """Whether another engine observes the very function that this one observes already."""
    return engine is not other and engine.enabled and is_same_provider(engine, other)


@contextmanager
def logged_here() -> Iterator[None]:
    """The call that an SDK makes in this block is not logged: its caller does that."""
    enclosing, previous = EnclosingCall(), ENCLOSING.get()
    try:
        ENCLOSING.set(enclosing)
        yield
    finally:
        enclosing.over = True
        if ENCLOSING.get() is enclosing:  # else it is left in another context
            ENCLOSING.set(previous)


def call_with(
    variable: ContextVar[Any],
    value: object,
    function: Callable[..., R],
    /,
    *args: Any,
    **kwargs: Any,
) -> R:
    """Call a function while a variable has a value."""
    previous = variable.get()
    try:
        variable.set(value)
        return function(*args, **kwargs)
    finally:
        variable.set(previous)


async def call_with_async(
    variable: ContextVar[Any], value: object, function: Any, /, *args: Any, **kwargs: Any
) -> Any:
    """The same for a coroutine function."""
    previous = variable.get()
    try:
        variable.set(value)
        return await function(*args, **kwargs)
    finally:
        if variable.get() is value:  # else it is closed from another context
            variable.set(previous)
