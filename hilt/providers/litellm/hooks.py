"""LiteLLM: functions that one decorator wraps, and streams that are read by ``next``.

The functions are imported by name wherever they are used, so they stay as they are; what is
replaced is the function that the decorator's wrapper holds and calls. While a call is being made,
and while its stream is advanced, the request that an SDK makes for LiteLLM is part of it.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any

from hilt.core.guard import guard
from hilt.genai.values import Arguments, Target
from hilt.instrumentation.enclosing_calls import ENCLOSING, EnclosingCall
from hilt.instrumentation.engine import Engine
from hilt.instrumentation.hooks import WatchedFunction
from hilt.instrumentation.observer import Ending
from hilt.instrumentation.streams import tap
from hilt.instrumentation.wrapping import observing
from hilt.providers.litellm.calls import kept_usage
from hilt.providers.litellm.custom_providers import CustomProviderCall, is_custom

__all__ = ["ACLOSE", "FUNCTION", "NEXT"]


class _Function:
    """A function of LiteLLM's, which is no method."""

    def wrap(
        self, engine: Engine, target: Target, original: Callable[..., Any]
    ) -> Callable[..., Any]:
        """A wrapper that observes the call."""

        def begin(arguments: Arguments) -> EnclosingCall | None:
            outer = ENCLOSING.get()
            if isinstance(outer, CustomProviderCall) and outer.is_made_by(arguments):
                return None
            call = engine.begin(arguments)
            if call is None:
                return None
            is_own = is_custom(call.observation.request.provider)
            return CustomProviderCall(call) if is_own else EnclosingCall(call)

        return observing(
            engine, target, original, begin, _observe, variable=ENCLOSING, is_method=False
        )


def _observe(enclosing: EnclosingCall, result: Any) -> Any:
    """Complete the call, or observe the stream, which stays the same object."""
    call = enclosing.call
    if call is None:
        return result
    try:
        if not call.observation.request.stream:
            enclosing.end(Ending.RETURNED, result)
        elif inspect.isgenerator(result):
            call.open_stream()
            return tap(result, call)
        else:
            call.open_stream()
            kept = getattr(result, "chunks", ())
            result._hilt_stream = _Stream(enclosing, kept)  # noqa: SLF001 # goes when it goes
    except Exception:
        guard.report("observing an answer")
    finally:
        enclosing.pause()
    return result


class _Stream:
    """Observes a stream as it is advanced. The stream holds it: when that goes, this goes.

    Args:
        enclosing: The call.
        kept: The stream's own list of what the provider sent.
    """

    __slots__ = ("_call", "_enclosing", "_kept")

    def __init__(self, enclosing: EnclosingCall, kept: Sequence[Any]) -> None:
        self._call: Any = enclosing.call
        self._enclosing = enclosing
        self._kept = kept

    @property
    def is_advancing(self) -> bool:
        """Whether the stream is being advanced: it may do so by itself."""
        return not self._enclosing.over

    def advance(self, function: Callable[..., Any], *args: Any) -> Any:
        """Advance the stream. A request that is sent only now is the call's all the same."""
        try:
            item = self._enclosing.advance(function, *args)
        except BaseException as error:
            self._fail(error)
            raise
        self._call.item(item)
        return item

    async def advance_async(self, function: Any, *args: Any) -> Any:
        """The same for an asynchronous stream."""
        try:
            item = await self._enclosing.advance_async(function, *args)
        except BaseException as error:
            self._fail(error)
            raise
        self._call.item(item)
        return item

    def _fail(self, error: BaseException) -> None:
        self._add_kept_usage()
        if isinstance(error, (StopIteration, StopAsyncIteration)):
            self._enclosing.end(Ending.EXHAUSTED)
        else:
            self._enclosing.end(Ending.RAISED, error)

    def leave(self, how: Ending) -> None:
        """The stream is read no further; after a finish reason there is nothing to miss."""
        self._add_kept_usage()
        fold = self._call.fold
        is_whole = fold is not None and fold.reasons
        self._enclosing.end(Ending.EXHAUSTED if is_whole else how)

    def _add_kept_usage(self) -> None:
        """Read what the provider counted, which a caller who did not ask for it is not given."""
        fold = self._call.fold
        if fold is None or fold.response.usage is not None:
            return
        try:
            usage = kept_usage(self._kept)
        except Exception:
            guard.report("reading the usage of a stream")
            return
        if usage is not None:
            self._call.item({"usage": usage})

    def close(self) -> None:
        """The caller closes the stream."""
        if not self.is_advancing:
            self.leave(Ending.CLOSED)

    def __del__(self) -> None:
        self.leave(Ending.ABANDONED)


class _Next:
    """``__next__`` or ``__anext__`` of a stream."""

    def wrap(
        self, engine: Engine, target: Target, original: Callable[..., Any]
    ) -> Callable[..., Any]:
        """A wrapper that observes the item."""
        if inspect.iscoroutinefunction(original):

            @functools.wraps(original)
            async def advanced_async(*args: Any) -> Any:
                stream = _stream_of(args)
                if stream is None or stream.is_advancing:
                    return await original(*args)
                return await stream.advance_async(original, *args)

            return advanced_async

        @functools.wraps(original)
        def advanced(*args: Any) -> Any:
            stream = _stream_of(args)
            if stream is None or stream.is_advancing:
                return original(*args)
            return stream.advance(original, *args)

        return advanced


def _stream_of(args: tuple[Any, ...]) -> _Stream | None:
    stream: _Stream | None = vars(args[0]).get("_hilt_stream")
    return stream


def _close(args: tuple[Any, ...], _kwargs: dict[str, Any]) -> None:
    stream = _stream_of(args)
    if stream is not None:
        stream.close()


FUNCTION = _Function()
"""A function of LiteLLM's, which is no method."""

NEXT = _Next()
"""``__next__`` or ``__anext__`` of a stream."""

ACLOSE = WatchedFunction(_close)
"""``aclose`` of a stream."""
