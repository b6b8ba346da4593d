"""What botocore hands out to be read: streams of events, and bodies.

The caller reads the very same objects. The few that belong to a model's answer carry a watch, and
the methods that they are read by show it what they gave.
"""

from __future__ import annotations

import functools
import inspect
import weakref
from collections.abc import Callable
from typing import Any

from hilt.core.guard import guard
from hilt.genai.values import Target
from hilt.instrumentation.engine import Call, Engine
from hilt.instrumentation.streams import AsyncTap, tap
from hilt.providers.bedrock.answers import Answer

__all__ = ["CLOSE", "PARSE_EVENT", "READ", "READ_INTO", "observe_body", "observe_events"]

_LIMIT = 64 * 1024 * 1024


class _Unparsed:
    """A call whose chunks are seen where the stream parses them."""

    def __init__(self, call: Call) -> None:
        self.call = call
        self.fail = call.fail
        self.exhausted = call.exhausted
        self.reading = False

    def chunk(self, event: Any) -> None:
        """An event that is not parsed yet."""

    def left(self, outcome: str) -> None:
        """The stream is read no further; after the last word there is nothing to miss."""
        if _is_whole(self.call):
            self.call.exhausted()
        else:
            self.call.left(outcome)


def _is_whole(call: Call) -> bool:
    fold = call.fold
    return bool(fold and (fold.reasons or fold.response.finish_reasons) and fold.response.usage)


def observe_events(call: Call, stream: Any) -> None:
    """See what an ``EventStream`` gives, and how it ends."""
    source = stream._event_generator  # noqa: SLF001 # the one place that every reading passes
    call.open_stream()
    unparsed: Any = _Unparsed(call)
    is_async = hasattr(source, "__anext__")
    stream._event_generator = AsyncTap(source, unparsed) if is_async else tap(source, unparsed)  # noqa: SLF001
    stream._hilt_watch = unparsed  # noqa: SLF001 # goes when the stream goes


def _parsing(original: Any) -> Callable[..., Any]:
    if inspect.iscoroutinefunction(original):
        return _parsing_async(original)

    @functools.wraps(original)
    def parse_event(self: Any, event: Any) -> Any:
        watch = vars(self).get("_hilt_watch")
        if watch is None:
            return original(self, event)
        try:
            parsed = original(self, event)
        except BaseException as error:
            watch.fail(error)
            raise
        if parsed:
            watch.call.chunk(parsed)
        return parsed

    return parse_event


def _parsing_async(original: Any) -> Callable[..., Any]:
    @functools.wraps(original)
    async def parse_event(self: Any, event: Any) -> Any:
        watch = vars(self).get("_hilt_watch")
        if watch is None:
            return await original(self, event)
        try:
            parsed = await original(self, event)
        except BaseException as error:
            watch.fail(error)
            raise
        if parsed:
            watch.call.chunk(parsed)
        return parsed

    return parse_event


def _closing(original: Any) -> Callable[..., Any]:
    @functools.wraps(original)
    def close(self: Any) -> Any:
        watch = vars(self).get("_hilt_watch")
        if watch is not None:
            watch.left("closed")
        return original(self)

    return close


def observe_body(call: Call, body: Any, headers: dict[str, str]) -> None:
    """See what a ``StreamingBody`` is read to be."""
    raw = getattr(body, "_raw_stream", None)
    if raw is None:
        call.complete(Answer(b"", headers))
        return
    length = getattr(body, "_content_length", None)
    body._hilt_watch = _Watch(call, headers, length, body, raw)  # noqa: SLF001 # goes with the body


def _reading(original: Any) -> Callable[..., Any]:
    if inspect.iscoroutinefunction(original):

        @functools.wraps(original)
        async def read_async(self: Any, amt: int | None = None) -> Any:
            watch = vars(self).get("_hilt_watch")
            if watch is None:
                return await original(self, amt)
            return await watch.through_async(original(self, amt), watch.seeing(amt))

        return read_async

    @functools.wraps(original)
    def read(self: Any, amt: int | None = None) -> Any:
        watch = vars(self).get("_hilt_watch")
        if watch is None:
            return original(self, amt)
        return watch.through(lambda: original(self, amt), watch.seeing(amt))

    return read


def _filling(original: Any) -> Callable[..., Any]:
    if inspect.iscoroutinefunction(original):

        @functools.wraps(original)
        async def readinto_async(self: Any, b: Any) -> Any:
            watch = vars(self).get("_hilt_watch")
            if watch is None:
                return await original(self, b)
            return await watch.through_async(original(self, b), watch.seeing_in(b))

        return readinto_async

    @functools.wraps(original)
    def readinto(self: Any, b: Any) -> Any:
        watch = vars(self).get("_hilt_watch")
        if watch is None:
            return original(self, b)
        return watch.through(lambda: original(self, b), watch.seeing_in(b))

    return readinto


class _Watch:
    """Sees a body pass by. The body holds it: when that goes, this goes.

    Some ways to read go through the body's own methods, and some go straight to the stream
    within, whose own are replaced until then.
    """

    def __init__(
        self, call: Call, headers: dict[str, str], length: Any, body: Any, raw: Any
    ) -> None:
        self._call = call
        self._headers = headers
        self._length = int(length) if length is not None else None
        self._pieces: list[bytes] = []
        self._size = 0
        self._within = False
        self._raw = raw
        self._body = weakref.ref(body)
        this = weakref.ref(self)
        raw.close = _raw_close(raw.close, this)
        if not inspect.iscoroutinefunction(type(body).read):
            raw.read = _raw_read(raw.read, this)
            raw.readinto = _raw_readinto(raw.readinto, this)

    def seeing(self, amt: int | None) -> Callable[[bytes], None]:
        """What looks at the result of a ``read``."""
        return lambda data: self._take(data, ended=amt is None or amt < 0 or (not data and amt > 0))

    def seeing_in(self, buffer: Any) -> Callable[[int], None]:
        """What looks at the result of a ``readinto``."""
        return lambda count: self._take(bytes(buffer[:count]), ended=not count and len(buffer) > 0)

    def close(self) -> None:
        """The stream is being closed; files are when they are collected, too."""
        if not self._within:
            held = (self._raw, self._body())
            dropped = any(getattr(each, "_finalizing", False) for each in held)
            self._call.left("abandoned" if dropped else "closed")

    def through(self, act: Callable[[], Any], seen: Callable[[Any], None]) -> Any:
        """Let one reading through, and look at what it gave unless an outer one does."""
        if self._within:
            return act()
        self._within = True
        try:
            result = act()
        except BaseException as error:
            self._call.fail(error)
            raise
        finally:
            self._within = False
        _guarded(seen, result)
        return result

    async def through_async(self, reading: Any, seen: Callable[[Any], None]) -> Any:
        """The same for an asynchronous body."""
        if self._within:
            return await reading
        self._within = True
        try:
            result = await reading
        except BaseException as error:
            self._call.fail(error)
            raise
        finally:
            self._within = False
        _guarded(seen, result)
        return result

    def _take(self, data: bytes, *, ended: bool) -> None:
        if self._size < _LIMIT:
            self._pieces.append(data)
        self._size += len(data)
        if ended or (self._length is not None and self._size >= self._length):
            body, self._pieces = b"".join(self._pieces), []
            self._call.complete(Answer(body, self._headers))

    def __del__(self) -> None:
        for name in ("read", "readinto", "close"):
            vars(self._raw).pop(name, None)
        self._call.left("abandoned")


def _guarded(seen: Callable[[Any], None], result: Any) -> None:
    try:
        seen(result)
    except Exception:
        guard.report("reading a body")


def _raw_read(original: Any, this: Any) -> Callable[..., Any]:
    def read(amt: int | None = None, *args: Any, **kwargs: Any) -> Any:
        watch = this()
        if watch is None:
            return original(amt, *args, **kwargs)
        return watch.through(lambda: original(amt, *args, **kwargs), watch.seeing(amt))

    return read


def _raw_readinto(original: Any, this: Any) -> Callable[..., Any]:
    def readinto(buffer: Any) -> Any:
        watch = this()
        if watch is None:
            return original(buffer)
        return watch.through(lambda: original(buffer), watch.seeing_in(buffer))

    return readinto


def _raw_close(original: Any, this: Any) -> Callable[..., Any]:
    def close() -> Any:
        watch = this()
        if watch is not None:
            watch.close()
        return original()

    return close


class _Reading:
    """A method that bodies and streams are read by, of which few belong to a model's answer."""

    def __init__(self, wrapped: Callable[[Any], Callable[..., Any]]) -> None:
        self._wrapped = wrapped

    def wrap(self, engine: Engine, target: Target, original: Any) -> Callable[..., Any]:
        """A wrapper that shows what is read to whoever watches it."""
        return self._wrapped(original)


PARSE_EVENT = _Reading(_parsing)
"""``EventStream._parse_event``."""

CLOSE = _Reading(_closing)
"""``EventStream.close``."""

READ = _Reading(_reading)
"""``StreamingBody.read``."""

READ_INTO = _Reading(_filling)
"""``StreamingBody.readinto``."""
