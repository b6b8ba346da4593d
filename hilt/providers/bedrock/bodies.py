"""What botocore hands out to be read: streams of events, and bodies.

The caller reads the very same objects. The few that belong to a model's answer carry an observer,
and the methods that they are read by show it what they gave.
"""

from __future__ import annotations

import inspect
import weakref
from collections.abc import Callable
from typing import Any

from hilt.core.guard import guard
from hilt.instrumentation.engine import Call
from hilt.instrumentation.hooks import WatchedFunction
from hilt.instrumentation.observer import CallObserver, Ending
from hilt.instrumentation.streams import AsyncTap, tap
from hilt.instrumentation.wrapping import watching
from hilt.providers.bedrock.answers import Answer

__all__ = ["CLOSE", "PARSE_EVENT", "READ", "READ_INTO", "observe_body", "observe_events"]

_LIMIT = 64 * 1024 * 1024


def _observer_of(args: tuple[Any, ...]) -> Any:
    """What observes the object whose method is called."""
    return vars(args[0]).get("_hilt_observer")


# -- streams of events ------------------------------------------------------------------------


def observe_events(call: Call, stream: Any) -> None:
    """Observe what an ``EventStream`` gives, and how it ends."""
    source = stream._event_generator  # noqa: SLF001 # every way of reading goes through it
    call.open_stream()
    events = _Events(call)
    is_async = hasattr(source, "__anext__")
    stream._event_generator = AsyncTap(source, events) if is_async else tap(source, events)  # noqa: SLF001
    stream._hilt_observer = events  # noqa: SLF001 # goes when the stream goes


class _Events:
    """Observes how a stream ends; `parsing` observes its events, where the stream parses them."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self.parsing = _Parsing(call)
        self.advancing = False

    def item(self, item: Any) -> None:
        """An event that is not parsed yet."""

    def end(self, how: Ending, value: Any = None) -> None:
        """The stream ended; one that is closed after its last event is at its end."""
        if how in (Ending.CLOSED, Ending.ABANDONED) and _is_whole(self._call):
            how = Ending.EXHAUSTED
        self._call.end(how, value)


class _Parsing:
    """Shows a call the events of its stream as they are parsed."""

    def __init__(self, call: Call) -> None:
        self._call = call

    def end(self, how: Ending, value: Any = None) -> None:
        """An event was parsed; or it is an error, which is the end of the stream."""
        if how is Ending.RAISED:
            self._call.end(how, value)
        elif value:
            self._call.item(value)


def _is_whole(call: Call) -> bool:
    fold = call.fold
    return bool(fold and (fold.reasons or fold.response.finish_reasons) and fold.response.usage)


def _parse_event(args: tuple[Any, ...], _kwargs: dict[str, Any]) -> CallObserver | None:
    events: _Events | None = _observer_of(args)
    return events.parsing if events is not None else None


def _close(args: tuple[Any, ...], _kwargs: dict[str, Any]) -> None:
    events: _Events | None = _observer_of(args)
    if events is not None:
        events.end(Ending.CLOSED)


# -- bodies -----------------------------------------------------------------------------------


def observe_body(call: Call, body: Any, headers: dict[str, str]) -> None:
    """Observe what is read of a ``StreamingBody``."""
    raw = getattr(body, "_raw_stream", None)
    if raw is None:
        call.end(Ending.RETURNED, Answer(b"", headers))
        return
    length = getattr(body, "_content_length", None)
    observer = _Body(call, headers, int(length) if length is not None else None, raw)
    observer.attach(body)


class _Body:
    """Is shown what is read of a body. The body holds it: when that goes, this goes.

    Some ways to read go through the body's own methods, and some go straight to the stream
    within, whose own are replaced until then.
    """

    def __init__(self, call: Call, headers: dict[str, str], length: int | None, raw: Any) -> None:
        self._call = call
        self._headers = headers
        self._length = length
        self._raw = raw
        self._pieces: list[bytes] = []
        self._size = 0
        self.reading = False  #: one method reads by way of another

    def attach(self, body: Any) -> None:
        """Observe a body and the raw stream within."""
        raw = self._raw
        self._body = weakref.ref(body)
        body._hilt_observer = self  # noqa: SLF001 # goes when the body goes
        itself = weakref.ref(self)
        raw.close = watching(raw.close, lambda *_: _raw_close(itself()))
        if not inspect.iscoroutinefunction(type(body).read):
            raw.read = watching(raw.read, lambda *called: _read(itself(), *called))
            raw.readinto = watching(raw.readinto, lambda *called: _read_into(itself(), *called))

    def take(self, data: bytes, *, ended: bool) -> None:
        """Keep bytes that were read; the answer is whole at the end of the body."""
        if self._size < _LIMIT:
            self._pieces.append(data)
        self._size += len(data)
        if ended or (self._length is not None and self._size >= self._length):
            body, self._pieces = b"".join(self._pieces), []
            self._call.end(Ending.RETURNED, Answer(body, self._headers))

    def close(self) -> None:
        """The raw stream is being closed; files are when they are collected, too."""
        if not self.reading:
            held = (self._raw, self._body())
            dropped = any(getattr(each, "_finalizing", False) for each in held)
            self._call.end(Ending.ABANDONED if dropped else Ending.CLOSED)

    def fail(self, error: BaseException) -> None:
        """The body cannot be read."""
        self._call.end(Ending.RAISED, error)

    def __del__(self) -> None:
        for name in ("read", "readinto", "close"):
            vars(self._raw).pop(name, None)
        self._call.end(Ending.ABANDONED)


class _Reading:
    """One use of a method that reads, unless another one uses it.

    Args:
        body: Is shown what is read.
        take: Gives it the result.
    """

    __slots__ = ("_body", "_take")

    def __init__(self, body: _Body, take: Callable[[Any], None]) -> None:
        self._body = body
        self._take = take
        body.reading = True

    def end(self, how: Ending, value: Any = None) -> None:
        """The method returned or raised."""
        self._body.reading = False
        if how is Ending.RAISED:
            self._body.fail(value)
            return
        try:
            self._take(value)
        except Exception:
            guard.report("reading a body")


def _read(body: _Body | None, args: tuple[Any, ...], kwargs: dict[str, Any]) -> CallObserver | None:
    if body is None or body.reading:
        return None
    amount: int | None = args[0] if args else kwargs.get("amt")
    return _Reading(
        body,
        lambda data: body.take(
            data, ended=amount is None or amount < 0 or (not data and amount > 0)
        ),
    )


def _read_into(
    body: _Body | None, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> CallObserver | None:
    if body is None or body.reading:
        return None
    buffer: Any = args[0] if args else kwargs.get("b")
    return _Reading(
        body,
        lambda count: body.take(bytes(buffer[:count]), ended=not count and len(buffer) > 0),
    )


def _raw_close(body: _Body | None) -> None:
    if body is not None:
        body.close()


PARSE_EVENT = WatchedFunction(_parse_event)
"""``EventStream._parse_event``."""

CLOSE = WatchedFunction(_close)
"""``EventStream.close``."""

READ = WatchedFunction(lambda args, kwargs: _read(_observer_of(args), args[1:], kwargs))
"""``StreamingBody.read``."""

READ_INTO = WatchedFunction(lambda args, kwargs: _read_into(_observer_of(args), args[1:], kwargs))
"""``StreamingBody.readinto``."""
