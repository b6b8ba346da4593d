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
from contextlib import suppress
from contextvars import ContextVar
from typing import Any

from hilt._context import ACTIVE
from hilt.core.guard import guard
from hilt.genai.json_values import decode_json
from hilt.genai.values import Arguments, Target
from hilt.instrumentation.engine import Call, Engine
from hilt.providers.cohere.requests import FernErrorResponse, fern_request

__all__ = ["REQUEST", "REQUEST_BODY", "STREAM", "STREAM_METHOD"]

_FIRST_ERROR = 400


class _Visit:
    """One use of ``request`` or ``stream``, and the call that comes of it."""

    def __init__(
        self, engine: Engine, target: Target, client: Any, options: dict[str, Any], *, stream: bool
    ) -> None:
        self._begin = functools.partial(self._begun, engine, target, client)
        self._path = str(options.get("path") or "")
        self._base_url = options.get("base_url")
        self._stream = stream
        self.call: Call | None = None
        self.attempts = 0

    def sent(self, body: Any) -> None:
        """The SDK has made the JSON that it sends next; it does so for every attempt."""
        self.attempts += 1
        if self.attempts == 1:
            self.call = self._begin(body)

    def _begun(self, engine: Engine, target: Target, client: Any, body: Any) -> Call | None:
        try:
            base_url = client.get_base_url(self._base_url)
            sent = fern_request(self._path, body, base_url, stream=self._stream)
        except Exception:
            guard.report("reading a request")
            return None
        return engine.begin(Arguments(target, client, (sent,), {}))

    def answered(self, http: Any) -> Call | None:
        """The HTTP response is there."""
        call = self.call
        if call is not None:
            seen = call.observation
            seen.attempts = self.attempts
            seen.status_code = http.status_code
            seen.request_id = http.headers.get("x-request-id")
        return call

    def fail(self, error: BaseException) -> None:
        """There is no response."""
        if self.call is not None:
            self.call.observation.attempts = self.attempts
            self.call.fail(error)


class _RequestBody:
    """``get_request_body``, which makes the JSON of each attempt."""

    def wrap(self, engine: Engine, target: Target, original: Any) -> Callable[..., Any]:
        """A wrapper that begins the call in progress with the JSON."""
        return _body_maker(original)


class _Request:
    """``HttpClient.request``, which returns a whole response."""

    def wrap(self, engine: Engine, target: Target, original: Any) -> Callable[..., Any]:
        """A wrapper that completes the call."""
        return _requester(engine, target, original)


class _Stream:
    """``HttpClient.stream``, which returns the context manager of a streamed response."""

    def wrap(self, engine: Engine, target: Target, original: Any) -> Callable[..., Any]:
        """A wrapper that observes the response."""
        return _streamer(engine, target, original)


class _StreamMethod:
    """A method that returns the generator that the caller reads a stream from."""

    def wrap(self, engine: Engine, target: Target, original: Any) -> Callable[..., Any]:
        """A wrapper that notices how the generator is left."""
        return _reader(engine, original)


def _body_maker(original: Any) -> Callable[..., Any]:
    @functools.wraps(original)
    def get_request_body(*args: Any, **kwargs: Any) -> Any:
        made = original(*args, **kwargs)
        visit = ACTIVE.get()
        if isinstance(visit, _Visit):
            visit.sent(made[0])
        return made

    return get_request_body


def _visit_of(
    engine: Engine, target: Target, client: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> _Visit | None:
    if not engine.enabled or ACTIVE.get() is not None:
        return None
    options = {"path": args[0], **kwargs} if args else kwargs
    return _Visit(engine, target, client, options, stream=target.path.endswith(".stream"))


# -- answers that come whole ------------------------------------------------------------------


def _requester(engine: Engine, target: Target, original: Any) -> Callable[..., Any]:
    if inspect.iscoroutinefunction(original):

        @functools.wraps(original)
        async def request_async(self: Any, *args: Any, **kwargs: Any) -> Any:
            visit = _visit_of(engine, target, self, args, kwargs)
            if visit is None:
                return await original(self, *args, **kwargs)
            token = ACTIVE.set(visit)
            try:
                http = await original(self, *args, **kwargs)
            except BaseException as error:
                visit.fail(error)
                raise
            finally:
                _leave(token)
            _complete(visit, http)
            return http

        return request_async

    @functools.wraps(original)
    def request(self: Any, *args: Any, **kwargs: Any) -> Any:
        visit = _visit_of(engine, target, self, args, kwargs)
        if visit is None:
            return original(self, *args, **kwargs)
        token = ACTIVE.set(visit)
        try:
            http = original(self, *args, **kwargs)
        except BaseException as error:
            visit.fail(error)
            raise
        finally:
            _leave(token)
        _complete(visit, http)
        return http

    return request


def _leave(token: Any) -> None:
    with suppress(ValueError):  # the coroutine is being closed from another context
        ACTIVE.reset(token)


def _complete(visit: _Visit, http: Any) -> None:
    try:
        call = visit.answered(http)
        if call is None:
            return
        refused = FernErrorResponse(http)
        if http.status_code >= _FIRST_ERROR or not refused.is_json:
            call.fail(refused)
        else:
            call.complete(refused.body)
    except Exception:
        guard.report("observing an answer")


# -- answers that come in pieces --------------------------------------------------------------


def _streamer(engine: Engine, target: Target, original: Any) -> Callable[..., Any]:
    @functools.wraps(original)
    def stream(self: Any, *args: Any, **kwargs: Any) -> Any:
        manager = original(self, *args, **kwargs)
        visit = _visit_of(engine, target, self, args, kwargs)
        if visit is None:
            return manager
        return _Opening(manager, visit)

    return stream


class _Opening:
    """The context manager of a streamed response, seen."""

    def __init__(self, manager: Any, visit: _Visit) -> None:
        self._manager = manager
        self._visit = visit
        self._lines: _Lines | None = None

    def __enter__(self) -> Any:
        token = ACTIVE.set(self._visit)
        try:
            http = self._manager.__enter__()
        except BaseException as error:
            self._visit.fail(error)
            raise
        finally:
            _leave(token)
        return self._opened(http)

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> Any:
        self._left(error)
        return self._manager.__exit__(kind, error, trace)

    async def __aenter__(self) -> Any:
        token = ACTIVE.set(self._visit)
        try:
            http = await self._manager.__aenter__()
        except BaseException as error:
            self._visit.fail(error)
            raise
        finally:
            _leave(token)
        return self._opened(http)

    async def __aexit__(self, kind: object, error: BaseException | None, trace: object) -> Any:
        self._left(error)
        return await self._manager.__aexit__(kind, error, trace)

    def _opened(self, http: Any) -> Any:
        try:
            call = self._visit.answered(http)
            if call is not None and http.status_code < _FIRST_ERROR:
                call.open_stream()
                self._lines = _Lines(call)
                http.iter_bytes = self._lines.over(http.iter_bytes)
                http.aiter_bytes = self._lines.over_async(http.aiter_bytes)
                reader = _READER.get()
                if reader is not None:
                    reader.call = call
        except Exception:
            guard.report("observing an answer")
        return http

    def _left(self, error: BaseException | None) -> None:
        call, lines = self._visit.call, self._lines
        if call is None:
            return
        if lines is not None and lines.is_whole():
            call.exhausted()
        elif error is None or isinstance(error, GeneratorExit):
            call.left("closed")
        else:
            call.fail(error)


class _Lines:
    """Finds the JSON in the lines of a streamed body: server-sent events, or one value a line."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._rest = b""
        self._ended = False

    def over(self, original: Any) -> Any:
        """The response's ``iter_bytes``, seen."""

        def iter_bytes(*args: Any, **kwargs: Any) -> Iterator[bytes]:
            for data in original(*args, **kwargs):
                self._take(data)
                yield data
            self._ended = True

        return iter_bytes

    def over_async(self, original: Any) -> Any:
        """The response's ``aiter_bytes``, seen."""

        async def aiter_bytes(*args: Any, **kwargs: Any) -> Any:
            async for data in original(*args, **kwargs):
                self._take(data)
                yield data
            self._ended = True

        return aiter_bytes

    def is_whole(self) -> bool:
        """Whether there is no more to come: the body is at its end, or the answer is."""
        fold = self._call.fold
        return self._ended or bool(fold and (fold.reasons or fold.response.finish_reasons))

    def _take(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            said = line[5:] if line.startswith(b"data:") else line
            if not said.lstrip().startswith(b"{"):
                continue
            try:
                event = decode_json(said)
            except ValueError:
                continue  # the SDK passes over it as well
            self._call.chunk(event)


# -- what the caller reads --------------------------------------------------------------------


class _Reading:
    """A generator that the caller has, and the call that comes of reading it.

    It tells a caller who closes the generator from one who forgets it: references to an object
    that is being collected are dead by the time that its code is told to exit.
    """

    def __init__(self) -> None:
        self.call: Call | None = None
        self.generator: weakref.ref[Any] | None = None

    def leave(self) -> None:
        """The generator is told to exit."""
        if self.call is not None and not _is_whole(self.call):
            gone = self.generator is not None and self.generator() is None
            self.call.left("abandoned" if gone else "closed")


_READER: ContextVar[_Reading | None] = ContextVar("hilt_fern_reader", default=None)


def _is_whole(call: Call) -> bool:
    fold = call.fold
    return bool(fold and (fold.reasons or fold.response.finish_reasons))


def _reader(engine: Engine, original: Any) -> Callable[..., Any]:
    through = _through_async if inspect.isasyncgenfunction(original) else _through

    @functools.wraps(original)
    def stream(*args: Any, **kwargs: Any) -> Any:
        source = original(*args, **kwargs)
        if not engine.enabled or ACTIVE.get() is not None:
            return source
        reading = _Reading()
        generator = through(source, reading)
        reading.generator = weakref.ref(generator)
        return generator

    return stream


def _through(source: Iterator[Any], reading: _Reading) -> Iterator[Any]:
    while True:
        token = _READER.set(reading)
        try:
            item = next(source)
        except StopIteration:
            return
        finally:
            _READER.reset(token)
        try:
            yield item
        except GeneratorExit:
            reading.leave()
            source.close()  # type: ignore[attr-defined]  # a generator
            raise


async def _through_async(source: Any, reading: _Reading) -> Any:
    while True:
        token = _READER.set(reading)
        try:
            item = await source.__anext__()
        except StopAsyncIteration:
            return
        finally:
            with suppress(ValueError):  # it is being closed from another context
                _READER.reset(token)
        try:
            yield item
        except GeneratorExit:
            reading.leave()
            await source.aclose()
            raise


REQUEST = _Request()
"""``HttpClient.request``, which returns a whole response."""

REQUEST_BODY = _RequestBody()
"""``get_request_body``, which makes the JSON of each attempt."""

STREAM = _Stream()
"""``HttpClient.stream``, which returns the context manager of a streamed response."""

STREAM_METHOD = _StreamMethod()
"""A method that returns the generator that the caller reads a stream from."""
