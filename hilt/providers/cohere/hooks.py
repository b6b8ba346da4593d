"""The Fern-made SDKs: Cohere's.

``HttpClient.request`` and ``.stream`` send everything. What they are given are the caller's own
values, which may be readable only once; ``get_request_body``, which they call, makes the JSON of
them, and that is where a call begins. The SDK raises its errors after ``request`` has returned,
but inside the ``with`` of ``stream``.
"""

from __future__ import annotations

import functools
import inspect
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from hilt._context import ACTIVE, put_back
from hilt.core.guard import guard
from hilt.genai.json_values import decode_json
from hilt.genai.values import Arguments, Target
from hilt.instrumentation.body_lines import BodyLines
from hilt.instrumentation.enclosing_calls import call_with, call_with_async
from hilt.instrumentation.engine import Call, Engine
from hilt.instrumentation.hooks import WatchedFunction
from hilt.instrumentation.http_bodies import note_dropped_lines
from hilt.instrumentation.observer import Ending
from hilt.instrumentation.streams import AsyncTap, tap
from hilt.instrumentation.wrapping import observing
from hilt.providers.cohere.requests import FernErrorResponse, fern_request

__all__ = ["REQUEST", "REQUEST_BODY", "STREAM", "STREAM_METHOD"]

_FIRST_ERROR = 400


class _Sending:
    """One use of ``request`` or ``stream``, and the call that comes of it."""

    def __init__(self, engine: Engine, arguments: Arguments, *, stream: bool) -> None:
        self.engine = engine
        self._arguments = arguments
        self._stream = stream
        self.call: Call | None = None
        self.attempts = 0

    def is_retried_by(self, kwargs: dict[str, Any]) -> bool:
        """Whether a request is another attempt of this one: ``request`` calls itself then."""
        return bool(kwargs.get("retries"))

    def attempt(self, body: object) -> None:
        """The SDK has made the JSON that it sends next; it does so for every attempt."""
        self.attempts += 1
        if self.attempts == 1:
            self.call = self._begin(body)

    def _begin(self, body: object) -> Call | None:
        arguments = self._arguments
        try:
            base_url = arguments.instance.get_base_url(arguments.kwargs.get("base_url"))
            path = str(arguments.get(0, "path") or "")
            sent = fern_request(path, body, base_url, stream=self._stream)
        except Exception:
            guard.report("reading a request")
            return None
        return self.engine.begin(Arguments(arguments.target, arguments.instance, (sent,), {}))

    def note_response(self, http: Any) -> Call | None:
        """The HTTP response is there."""
        call = self.call
        if call is not None:
            observation = call.observation
            observation.attempts = self.attempts
            observation.status_code = http.status_code
            observation.request_id = http.headers.get("x-request-id")
        return call

    def end(self, how: Ending, value: Any = None) -> None:
        """There is no response."""
        if self.call is not None:
            self.call.observation.attempts = self.attempts
            self.call.end(how, value)


class _RequestBody:
    """The making of the JSON of an attempt."""

    __slots__ = ("_sending",)

    def __init__(self, sending: _Sending) -> None:
        self._sending = sending

    def end(self, how: Ending, value: Any = None) -> None:
        """The JSON is made."""
        if how is Ending.RETURNED:
            self._sending.attempt(value[0])


def _make_body(_args: tuple[Any, ...], _kwargs: dict[str, Any]) -> _RequestBody | None:
    sending = ACTIVE.get()
    return _RequestBody(sending) if isinstance(sending, _Sending) else None


# -- answers that come whole ------------------------------------------------------------------


class _Request:
    """``HttpClient.request``, which returns a whole response."""

    def wrap(
        self, engine: Engine, target: Target, original: Callable[..., Any]
    ) -> Callable[..., Any]:
        """A wrapper that completes the call."""
        begin = functools.partial(_Sending, engine, stream=False)
        return observing(engine, target, original, begin, _complete)


def _complete(sending: _Sending, http: Any) -> Any:
    try:
        call = sending.note_response(http)
        if call is not None:
            error_response = FernErrorResponse(http)
            # The SDK returns null as None, and raises for what else is no object.
            is_answer = isinstance(error_response.body, dict | None)
            if http.status_code >= _FIRST_ERROR or not is_answer:
                call.end(Ending.RAISED, error_response)
            else:
                call.end(Ending.RETURNED, error_response.body)
    except Exception:
        guard.report("observing an answer")
    return http


# -- answers that come in pieces --------------------------------------------------------------


class _Stream:
    """``HttpClient.stream``, which returns the context manager of a streamed response."""

    def wrap(
        self, engine: Engine, target: Target, original: Callable[..., Any]
    ) -> Callable[..., Any]:
        """A wrapper that observes the response."""
        begin = functools.partial(_Sending, engine, stream=True)
        return observing(engine, target, original, begin, _Opening)


class _Opening:
    """The context manager of a streamed response, observed."""

    def __init__(self, sending: _Sending, manager: Any) -> None:
        self._manager = manager
        self._sending = sending
        self._lines: _Lines | None = None

    def __enter__(self) -> Any:
        with self._current():
            return self._opened(self._manager.__enter__())

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> Any:
        self._end(error)
        return self._manager.__exit__(kind, error, trace)

    async def __aenter__(self) -> Any:
        with self._current():
            return self._opened(await self._manager.__aenter__())

    async def __aexit__(self, kind: object, error: BaseException | None, trace: object) -> Any:
        self._end(error)
        return await self._manager.__aexit__(kind, error, trace)

    @contextmanager
    def _current(self) -> Iterator[None]:
        previous = ACTIVE.get()
        try:
            ACTIVE.set(self._sending)
            yield
            put_back(ACTIVE, self._sending, previous)
        except BaseException as error:
            put_back(ACTIVE, self._sending, previous)
            self._sending.end(Ending.RAISED, error)
            raise

    def _opened(self, http: Any) -> Any:
        try:
            call = self._sending.note_response(http)
            if call is not None and http.status_code < _FIRST_ERROR:
                call.open_stream()
                self._lines = lines = _Lines(call)
                iter_bytes, aiter_bytes = http.iter_bytes, http.aiter_bytes
                http.iter_bytes = lambda *args, **kw: tap(iter_bytes(*args, **kw), lines)
                http.aiter_bytes = lambda *args, **kw: AsyncTap(aiter_bytes(*args, **kw), lines)
                reading = _READING.get()
                if reading is not None:
                    reading.call = call
        except Exception:
            guard.report("observing an answer")
        return http

    def _end(self, error: BaseException | None) -> None:
        call, lines = self._sending.call, self._lines
        if call is None:
            return
        if lines is not None and lines.is_whole():
            call.end(Ending.EXHAUSTED)
        elif error is None or isinstance(error, GeneratorExit):
            call.end(Ending.CLOSED)
        else:
            call.end(Ending.RAISED, error)


class _Lines:
    """Finds the JSON in the lines of a streamed body: server-sent events, or one value a line."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._body_lines = BodyLines()
        self._ended = False
        self.advancing = False

    def item(self, item: bytes) -> None:
        """Bytes came."""
        for line in self._body_lines.feed(item):
            data = line[5:] if line.startswith(b"data:") else line
            if not data.lstrip().startswith(b"{"):
                continue
            try:
                event = decode_json(data)
            except ValueError:
                continue  # the SDK passes over it as well
            self._call.item(event)
        if self._body_lines.dropped:
            note_dropped_lines(self._call, self._body_lines.dropped)

    def end(self, how: Ending, value: Any = None) -> None:
        """The body is read; what else may happen to it, the ``with`` of the stream learns."""
        if how is Ending.EXHAUSTED:
            self.item(b"\n")  # The last line may have no end, as an error's has none.
            self._ended = True

    def is_whole(self) -> bool:
        """Whether there is no more to come: the body is at its end, or the answer is."""
        return self._ended or _is_whole(self._call)


def _is_whole(call: Call) -> bool:
    fold = call.fold
    return bool(fold and (fold.reasons or fold.response.finish_reasons))


# -- what the caller reads --------------------------------------------------------------------


class _Reading:
    """A generator that the caller has, and the call that comes of reading it.

    It distinguishes a caller who closes the generator from one who drops it: weak references to an
    object that is being collected are dead by the time that its code exits.
    """

    def __init__(self) -> None:
        self.call: Call | None = None
        self.generator: weakref.ref[Any] | None = None

    def leave(self) -> None:
        """The generator exits before its end."""
        if self.call is not None and not _is_whole(self.call):
            gone = self.generator is not None and self.generator() is None
            self.call.end(Ending.ABANDONED if gone else Ending.CLOSED)


_READING: ContextVar[_Reading | None] = ContextVar("hilt_cohere_reading", default=None)


class _StreamMethod:
    """A method that returns the generator that the caller reads a stream from."""

    def wrap(
        self, engine: Engine, target: Target, original: Callable[..., Any]
    ) -> Callable[..., Any]:
        """A wrapper that observes how the generator is closed."""
        through = _through_async if inspect.isasyncgenfunction(original) else _through

        @functools.wraps(original)
        def stream(*args: Any, **kwargs: Any) -> Any:
            source = original(*args, **kwargs)
            if not engine.enabled:
                return source
            reading = _Reading()
            generator = through(source, reading)
            reading.generator = weakref.ref(generator)
            return generator

        return stream


def _through(source: Iterator[Any], reading: _Reading) -> Iterator[Any]:
    while True:
        try:
            item = call_with(_READING, reading, next, source)
        except StopIteration:
            return
        try:
            yield item
        except GeneratorExit:
            reading.leave()
            source.close()  # type: ignore[attr-defined]  # a generator
            raise


async def _through_async(source: Any, reading: _Reading) -> Any:
    while True:
        try:
            item = await call_with_async(_READING, reading, source.__anext__)
        except StopAsyncIteration:
            return
        try:
            yield item
        except GeneratorExit:
            reading.leave()
            await source.aclose()
            raise


REQUEST = _Request()
"""``HttpClient.request``, which returns a whole response."""

REQUEST_BODY = WatchedFunction(_make_body)
"""``get_request_body``, which makes the JSON of each attempt."""

STREAM = _Stream()
"""``HttpClient.stream``, which returns the context manager of a streamed response."""

STREAM_METHOD = _StreamMethod()
"""A method that returns the generator that the caller reads a stream from."""
