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
from hilt.instrumentation.http_bodies import observe_body, observe_raw
from hilt.instrumentation.observer import Ending
from hilt.instrumentation.streams import tap, tap_async, watch_close
from hilt.providers._speakeasy import SpeakeasyErrorResponse

__all__ = ["DO_REQUEST", "STREAM_EVENTS", "STREAM_INIT", "targets"]

_FIRST_ERROR = 400


class _DoRequest:
    """``do_request``, which returns an HTTP response that the SDK reads afterwards."""

    def observe(self, call: Call, result: Any) -> Any:
        """Complete the call from the response, or observe the stream when it is read."""
        try:
            _observe(call, result)
        except Exception:
            guard.report("observing an answer")
        return result


def _observe(call: Call, http: Any) -> None:
    observation, headers = call.observation, http.headers
    observation.status_code = http.status_code
    observation.request_id = headers.get("x-request-id") or headers.get("mistral-correlation-id")
    kind = headers.get("content-type", "")
    is_stream = "event-stream" in kind
    # The SDK also raises for an answer that it did not ask for, such as the page of a proxy.
    is_other = "json" not in kind or observation.request.stream
    if http.status_code >= _FIRST_ERROR and is_stream:
        call.end(Ending.RAISED, SpeakeasyErrorResponse(http, None))
    elif http.status_code >= _FIRST_ERROR or (is_other and not is_stream):
        observe_body(http, _RefusedCall(call, http), bytes)
    elif is_stream:
        call.open_stream()
        http._hilt_unread = _Unread(call)  # noqa: SLF001 # goes when the response goes
        watch_close(http, "close", call)
        watch_close(http, "aclose", call)
    else:
        observe_raw(http, call)


class _RefusedCall:
    """A call whose answer is an error: the SDK raises once it has read the body, or could not."""

    def __init__(self, call: Call, http: Any) -> None:
        self._call = call
        self._http = http

    def end(self, how: Ending, value: Any = None) -> None:
        """The body is read, or never will be."""
        body = value if how is Ending.RETURNED else None
        self._call.end(Ending.RAISED, SpeakeasyErrorResponse(self._http, body))


def _no_stream() -> None:
    """There is no stream object."""


class _Unread:
    """A streamed response that nobody has begun to read."""

    def __init__(self, call: Call) -> None:
        self._call: Call | None = call
        self.stream: Callable[[], Any] = _no_stream  #: the SDK's stream object, if it lives

    def take(self) -> Call | None:
        """The call, once: somebody begins to read."""
        call, self._call = self._call, None
        return call

    def __del__(self) -> None:
        if self._call is not None:
            self._call.end(Ending.ABANDONED)


class _Events:
    """Shows a call the JSON of each event, and not what the SDK makes of it."""

    def __init__(self, call: Call, unread: _Unread) -> None:
        self._call = call
        self._unread = unread
        self._event: str | None = None

    @property
    def advancing(self) -> bool:
        """Whether the SDK is advancing its stream just now."""
        return self._call.advancing

    @advancing.setter
    def advancing(self, value: bool) -> None:
        self._call.advancing = value

    def observed(self, decoder: Callable[[str], Any]) -> Callable[[str], Any]:
        """The SDK's decoder of events, which notes the event."""

        @functools.wraps(decoder)
        def decode(raw: str) -> Any:
            self._event = raw
            return decoder(raw)

        return decode

    def item(self, _: Any) -> None:
        """An event goes on to the caller."""
        try:
            event = decode_json(self._event)  # type: ignore[arg-type]  # None raises, too
        except (TypeError, ValueError):
            return
        self._call.item(event.get("data", event) if isinstance(event, dict) else event)

    def end(self, how: Ending, value: Any = None) -> None:
        """The events are read to the end, or no further.

        google-genai drops them also when a stream is closed; then the stream object still lives.
        """
        if how in (Ending.CLOSED, Ending.ABANDONED):
            how = Ending.ABANDONED if self._unread.stream() is None else Ending.CLOSED
        self._call.end(how, value)


class _StreamInit:
    """A stream's ``__init__``; a stream object that lives was closed, not dropped."""

    def wrap(
        self, engine: Engine, target: Target, original: Callable[..., Any]
    ) -> Callable[..., Any]:
        """A wrapper that gives the response a reference to its stream."""

        @functools.wraps(original)
        def init(self: Any, *args: Any, **kwargs: Any) -> None:
            original(self, *args, **kwargs)
            unread = getattr(getattr(self, "response", None), "_hilt_unread", None)
            if unread is not None:
                unread.stream = weakref.ref(self)

        return init


class _StreamEvents:
    """``stream_events``: from a response and a decoder to a generator of events."""

    def wrap(
        self, engine: Engine, target: Target, original: Callable[..., Any]
    ) -> Callable[..., Any]:
        """A wrapper that observes the events, if the response belongs to a call."""
        tapped = tap_async if inspect.isasyncgenfunction(original) else tap

        @functools.wraps(original)
        def stream_events(response: Any, decoder: Any, *args: Any, **kwargs: Any) -> Any:
            unread = getattr(response, "_hilt_unread", None)
            call = unread.take() if unread is not None else None
            if unread is None or call is None:
                return original(response, decoder, *args, **kwargs)
            events = _Events(call, unread)
            return tapped(original(response, events.observed(decoder), *args, **kwargs), events)

        return stream_events


DO_REQUEST = _DoRequest()
"""``do_request``, which returns an HTTP response that the SDK reads afterwards."""

STREAM_EVENTS = _StreamEvents()
"""``stream_events``: from a response and a decoder to a generator of events."""

STREAM_INIT = _StreamInit()
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
