"""The Speakeasy-made SDKs: mistralai, and the interactions of google-genai.

``BaseSDK.do_request`` sends every request, with its JSON in an httpx request, and returns the HTTP
response. The SDK reads that afterwards: answers here, streams in ``stream_events``, and errors by
raising an exception of its own.
"""

from __future__ import annotations

import functools
import inspect
import weakref
from collections.abc import Callable
from typing import Any

from hilt.core.guard import guard
from hilt.genai.json_values import decode_json
from hilt.genai.values import Target
from hilt.instrumentation.attempts import ATTEMPT
from hilt.instrumentation.engine import Call, Engine
from hilt.instrumentation.http_bodies import observe_raw
from hilt.instrumentation.streams import same_kind, tap, watch_close
from hilt.providers._speakeasy import SpeakeasyErrorResponse

__all__ = ["DO_REQUEST", "STREAM_EVENTS", "STREAM_INIT", "targets"]

_FIRST_ERROR = 400


class _DoRequest:
    """``do_request``, which returns an HTTP response that the SDK reads afterwards."""

    def observe(self, call: Call, result: Any) -> Any:
        """Complete the call from the response, or leave it to whoever reads the stream."""
        try:
            self._observe(call, result)
        except Exception:
            guard.report("observing an answer")
        return result

    def _observe(self, call: Call, http: Any) -> None:
        seen, headers = call.observation, http.headers
        seen.status_code = http.status_code
        seen.request_id = headers.get("x-request-id") or headers.get("mistral-correlation-id")
        streamed = "event-stream" in headers.get("content-type", "")
        if http.status_code >= _FIRST_ERROR and streamed:
            call.fail(SpeakeasyErrorResponse(http, None))
        elif http.status_code >= _FIRST_ERROR:
            observe_raw(http, _Failing(call, http))  # type: ignore[arg-type]  # takes the same
        elif streamed:
            call.open_stream()
            http._hilt_unread = _Unread(call)  # noqa: SLF001 # goes when the response goes
            watch_close(http, "close", call)
            watch_close(http, "aclose", call)
        else:
            observe_raw(http, call)


class _Bytes:
    """Says that the body is wanted as it came."""

    binary = True


class _Failing:
    """A call whose answer is an error: it fails once the SDK has read what the error says."""

    def __init__(self, call: Call, http: Any) -> None:
        self._call = call
        self._http = http
        self.reading = False
        self.surface = _Bytes()
        self.observation = call.observation

    def complete(self, body: Any) -> None:
        """The body is read: the SDK raises next."""
        self._call.fail(SpeakeasyErrorResponse(self._http, body))

    def left(self, outcome: str) -> None:
        """The body will not be read."""
        self._call.fail(SpeakeasyErrorResponse(self._http, None))

    def fail(self, error: BaseException) -> None:
        """The body could not be read."""
        self._call.fail(SpeakeasyErrorResponse(self._http, None))


def _nothing() -> None:
    """No stream is known."""


class _Unread:
    """A streamed response that nobody has begun to read."""

    def __init__(self, call: Call) -> None:
        self.call: Call | None = call
        self.stream: Callable[[], Any] = _nothing  #: the SDK's stream object, if it lives

    def take(self) -> Call | None:
        """The call, once."""
        call, self.call = self.call, None
        return call

    def __del__(self) -> None:
        if self.call is not None:
            self.call.left("abandoned")


class _Events:
    """A call that is shown the JSON of each event, and not what the SDK makes of it."""

    def __init__(self, call: Call, unread: _Unread) -> None:
        self._call = call
        self._unread = unread
        self._event: Any = None
        self.exhausted, self.fail = call.exhausted, call.fail

    def left(self, outcome: str) -> None:
        """The events will be read no further; google-genai drops them when a stream is closed."""
        self._call.left("abandoned" if self._unread.stream() is None else "closed")

    @property
    def reading(self) -> bool:
        """Whether the SDK is advancing its stream just now."""
        return self._call.reading

    @reading.setter
    def reading(self, value: bool) -> None:
        self._call.reading = value

    def seeing(self, decoder: Callable[[str], Any]) -> Callable[[str], Any]:
        """The SDK's decoder of events, seen."""

        @functools.wraps(decoder)
        def decode(raw: str) -> Any:
            self._event = raw
            return decoder(raw)

        return decode

    def chunk(self, _: Any) -> None:
        """An event goes on to the caller."""
        try:
            event = decode_json(self._event)
        except (TypeError, ValueError):
            return
        self._call.chunk(event.get("data", event) if isinstance(event, dict) else event)


def _known(original: Any) -> Callable[..., Any]:
    """A stream's ``__init__``: whether the stream lives tells a closed one from a dropped one."""

    @functools.wraps(original)
    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        unread = getattr(getattr(self, "response", None), "_hilt_unread", None)
        if unread is not None:
            unread.stream = weakref.ref(self)

    return init


def _observing_events(original: Any) -> Callable[..., Any]:
    """``stream_events``: from a response and a decoder to a generator of events."""
    is_async = inspect.isasyncgenfunction(original)

    @functools.wraps(original)
    def stream_events(response: Any, decoder: Any, *args: Any, **kwargs: Any) -> Any:
        unread = getattr(response, "_hilt_unread", None)
        call = unread.take() if unread is not None else None
        if unread is None or call is None:
            return original(response, decoder, *args, **kwargs)
        events = _Events(call, unread)
        source = original(response, events.seeing(decoder), *args, **kwargs)
        return same_kind(source, events) if is_async else tap(source, events)  # type: ignore[arg-type]

    return stream_events


class _Around:
    """A function that reads a streamed response."""

    def __init__(self, wrapped: Callable[[Any], Callable[..., Any]]) -> None:
        self._wrapped = wrapped

    def wrap(self, engine: Engine, target: Target, original: Any) -> Callable[..., Any]:
        """A wrapper that tells the call of the response, if it has one."""
        return self._wrapped(original)


DO_REQUEST = _DoRequest()
"""``do_request``, which returns an HTTP response that the SDK reads afterwards."""

STREAM_EVENTS = _Around(_observing_events)
"""``stream_events``: from a response and a decoder to a generator of events."""

STREAM_INIT = _Around(_known)
"""A stream's ``__init__``."""


def targets(module: str, *, clients: tuple[str, ...] = ("BaseSDK",)) -> tuple[Target, ...]:
    """The functions to patch in an SDK: what sends, what reads streams, what counts attempts."""
    streaming = f"{module}.utils.eventstreaming"
    return (
        *(
            Target(f"{module}.basesdk", f"{client}.{name}", DO_REQUEST, optional=True)
            for client in clients
            for name in ("do_request", "do_request_async")
        ),
        Target(streaming, "stream_events", STREAM_EVENTS, optional=True),
        Target(streaming, "stream_events_async", STREAM_EVENTS, optional=True),
        # google-genai closes generators in generators, of which ours is only dropped.
        *(
            Target(streaming, f"{stream}.__init__", STREAM_INIT, optional=True)
            for stream in ("Stream", "AsyncStream", "EventStream", "EventStreamAsync")
        ),
        Target(f"{module}._hooks.sdkhooks", "SDKHooks.before_request", ATTEMPT, optional=True),
        Target(
            f"{module}._hooks.asyncsdkhooks",
            "AsyncSDKHooks.before_request",
            ATTEMPT,
            optional=True,
        ),
    )
