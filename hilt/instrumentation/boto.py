"""botocore: ``_make_api_call`` is every call of every service, ``_make_request`` what it sends.

The request is read where it has been built; the ending is seen where the caller sees it. What an
answer's body says is seen as the caller reads it, and in the very same object.
"""

from __future__ import annotations

import functools
import inspect
import weakref
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from typing import Any

from hilt._context import ACTIVE
from hilt.core.guard import guard
from hilt.genai.providers.bedrock_calls import OPERATIONS, Answer
from hilt.genai.values import Arguments, Target
from hilt.instrumentation.observed import Call, Engine
from hilt.instrumentation.streams import AsyncTap, tap

__all__ = ["Boto", "Seen"]

_SERVICE = "bedrock-runtime"
_LIMIT = 64 * 1024 * 1024


class _Visit:
    """One API call, and what is observed of it."""

    __slots__ = ("call",)

    def __init__(self) -> None:
        self.call: Call | None = None

    def end(self, answer: Any) -> None:
        """The answer is there, or its beginning."""
        if self.call is None:
            return
        try:
            _note(self.call, answer["ResponseMetadata"])
            _observe(self.call, answer)
        except Exception:
            guard.report("observing an answer")

    def fail(self, error: BaseException) -> None:
        """The call raised."""
        if self.call is not None:
            self.call.fail(error)


_VISIT: ContextVar[_Visit | None] = ContextVar("hilt_boto_visit", default=None)


class Boto:
    """The two functions of a client."""

    def __call__(self, engine: Engine, target: Target, original: Any) -> Callable[..., Any]:
        """A wrapper for each."""
        if target.path.endswith("_make_request"):
            return _sender(engine, target, original)
        return _caller(engine, original)

    def returned(self, call: Call, result: Any) -> Any:
        """Not used: the wrappers are the functions' own."""
        return result


def _is_observed(engine: Engine, client: Any, operation: Any) -> bool:
    return (
        operation in OPERATIONS
        and engine.enabled
        and ACTIVE.get() is None
        and client.meta.service_model.service_name == _SERVICE
    )


def _caller(engine: Engine, original: Any) -> Callable[..., Any]:
    if inspect.iscoroutinefunction(original):

        @functools.wraps(original)
        async def make_api_call_async(self: Any, operation_name: Any, api_params: Any) -> Any:
            if not _is_observed(engine, self, operation_name):
                return await original(self, operation_name, api_params)
            visit = _Visit()
            token = _VISIT.set(visit)
            try:
                answer = await original(self, operation_name, api_params)
            except BaseException as error:
                visit.fail(error)
                raise
            finally:
                _leave(_VISIT, token)
            visit.end(answer)
            return answer

        return make_api_call_async

    @functools.wraps(original)
    def make_api_call(self: Any, operation_name: Any, api_params: Any) -> Any:
        if not _is_observed(engine, self, operation_name):
            return original(self, operation_name, api_params)
        visit = _Visit()
        token = _VISIT.set(visit)
        try:
            answer = original(self, operation_name, api_params)
        except BaseException as error:
            visit.fail(error)
            raise
        finally:
            _leave(_VISIT, token)
        visit.end(answer)
        return answer

    return make_api_call


def _sender(engine: Engine, target: Target, original: Any) -> Callable[..., Any]:
    if inspect.iscoroutinefunction(original):

        @functools.wraps(original)
        async def make_request_async(self: Any, *args: Any, **kwargs: Any) -> Any:
            token = _begin(engine, target, self, args, kwargs)
            if token is None:
                return await original(self, *args, **kwargs)
            try:
                return await original(self, *args, **kwargs)
            finally:
                _leave(ACTIVE, token)

        return make_request_async

    @functools.wraps(original)
    def make_request(self: Any, *args: Any, **kwargs: Any) -> Any:
        token = _begin(engine, target, self, args, kwargs)
        if token is None:
            return original(self, *args, **kwargs)
        try:
            return original(self, *args, **kwargs)
        finally:
            _leave(ACTIVE, token)

    return make_request


def _begin(
    engine: Engine, target: Target, client: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    visit = _VISIT.get()
    if visit is None or visit.call is not None:
        return None
    visit.call = engine.begin(Arguments(target, client, args, kwargs))
    return None if visit.call is None else ACTIVE.set(visit.call)


def _leave(variable: ContextVar[Any], token: Any) -> None:
    with suppress(ValueError):  # the coroutine is being closed from another context
        variable.reset(token)


# -- answers ----------------------------------------------------------------------------------


def _note(call: Call, metadata: dict[str, Any]) -> None:
    seen = call.observation
    seen.status_code = metadata.get("HTTPStatusCode")
    seen.request_id = metadata.get("RequestId")
    retries = metadata.get("RetryAttempts")
    if isinstance(retries, int):
        seen.attempts = retries + 1


def _observe(call: Call, answer: dict[str, Any]) -> None:
    if call.observation.request.stream:
        _observe_events(call, answer["stream"] if "stream" in answer else answer["body"])
    elif "body" in answer:
        _observe_body(call, answer["body"], answer["ResponseMetadata"].get("HTTPHeaders") or {})
    else:
        call.complete(answer)


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


def _observe_events(call: Call, stream: Any) -> None:
    """See what an ``EventStream`` gives, and how it ends."""
    source = stream._event_generator  # noqa: SLF001 # the one place that every reading passes
    call.open_stream()
    unparsed: Any = _Unparsed(call)
    is_async = hasattr(source, "__anext__")
    stream._event_generator = AsyncTap(source, unparsed) if is_async else tap(source, unparsed)  # noqa: SLF001
    stream._hilt_watch = unparsed  # noqa: SLF001 # goes when the stream goes


class Seen:
    """The methods that bodies and streams are read by, of which few belong to a model's answer."""

    def __call__(self, engine: Engine, target: Target, original: Any) -> Callable[..., Any]:
        """A wrapper that shows what is read to whoever watches it."""
        return _SEEN[target.path](original)

    def returned(self, call: Call, result: Any) -> Any:
        """Not used: the wrappers are the methods' own."""
        return result


def _parsing(original: Any) -> Callable[..., Any]:
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


def _closing(original: Any) -> Callable[..., Any]:
    @functools.wraps(original)
    def close(self: Any) -> Any:
        watch = vars(self).get("_hilt_watch")
        if watch is not None:
            watch.left("closed")
        return original(self)

    return close


# -- bodies -----------------------------------------------------------------------------------


def _observe_body(call: Call, body: Any, headers: dict[str, str]) -> None:
    """See what a ``StreamingBody`` is read to be."""
    raw = getattr(body, "_raw_stream", None)
    if raw is None:
        call.complete(Answer(b"", headers))
        return
    length = getattr(body, "_content_length", None)
    body._hilt_watch = _Watch(call, headers, length, body, raw)  # noqa: SLF001 # goes with the body


def _reading(original: Any) -> Callable[..., Any]:
    @functools.wraps(original)
    def read(self: Any, amt: int | None = None) -> Any:
        watch = vars(self).get("_hilt_watch")
        if watch is None:
            return original(self, amt)
        return watch.read(lambda: original(self, amt), amt)

    return read


def _filling(original: Any) -> Callable[..., Any]:
    @functools.wraps(original)
    def readinto(self: Any, b: Any) -> Any:
        watch = vars(self).get("_hilt_watch")
        if watch is None:
            return original(self, b)
        return watch.readinto(lambda: original(self, b), b)

    return readinto


_SEEN: dict[str, Callable[[Any], Callable[..., Any]]] = {
    "EventStream._parse_event": _parsing,
    "EventStream.close": _closing,
    "StreamingBody.read": _reading,
    "StreamingBody.readinto": _filling,
}


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
        for name, replacement in (
            ("read", _raw_read(raw.read, this)),
            ("readinto", _raw_readinto(raw.readinto, this)),
            ("close", _raw_close(raw.close, this)),
        ):
            setattr(raw, name, replacement)

    def read(self, act: Callable[[], Any], amt: int | None) -> Any:
        """Let a ``read`` through, and look at what it gave."""

        def seen(data: bytes) -> None:
            self._take(data, ended=amt is None or amt < 0 or (not data and amt > 0))

        return self._through(act, seen)

    def readinto(self, act: Callable[[], Any], buffer: Any) -> Any:
        """Let a ``readinto`` through, and look at what it gave."""

        def seen(count: int) -> None:
            self._take(bytes(buffer[:count]), ended=not count and len(buffer) > 0)

        return self._through(act, seen)

    def close(self) -> None:
        """The stream is being closed; files are when they are collected, too."""
        if not self._within:
            held = (self._raw, self._body())
            dropped = any(getattr(each, "_finalizing", False) for each in held)
            self._call.left("abandoned" if dropped else "closed")

    def _through(self, act: Callable[[], Any], seen: Callable[[Any], None]) -> Any:
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
        try:
            seen(result)
        except Exception:
            guard.report("reading a body")
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


def _raw_read(original: Any, this: Any) -> Callable[..., Any]:
    def read(amt: int | None = None, *args: Any, **kwargs: Any) -> Any:
        watch = this()
        if watch is None:
            return original(amt, *args, **kwargs)
        return watch.read(lambda: original(amt, *args, **kwargs), amt)

    return read


def _raw_readinto(original: Any, this: Any) -> Callable[..., Any]:
    def readinto(buffer: Any) -> Any:
        watch = this()
        if watch is None:
            return original(buffer)
        return watch.readinto(lambda: original(buffer), buffer)

    return readinto


def _raw_close(original: Any, this: Any) -> Callable[..., Any]:
    def close() -> Any:
        watch = this()
        if watch is not None:
            watch.close()
        return original()

    return close
