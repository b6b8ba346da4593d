"""The connections of OpenAI's SDK: what they send and receive, and how they end."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from hilt.core.guard import guard
from hilt.genai.json_values import decode_json, get_path, to_plain_json
from hilt.genai.values import Arguments, Request, Surface, Target
from hilt.instrumentation.enclosing_calls import logged_here
from hilt.instrumentation.engine import Call, Engine
from hilt.instrumentation.observer import Ending
from hilt.instrumentation.wrapping import watching
from hilt.providers._connections import Begin, Connection, Reading, Receiving
from hilt.providers._http import server_of_url
from hilt.providers.openai.realtime import RealtimeSession
from hilt.providers.openai.response_sockets import ResponsesConnection

__all__ = ["TARGETS", "request_of"]

_NOT_GIVEN = frozenset(("NotGiven", "Omit"))


class _SocketHook:
    """Wraps a method of a connection."""

    def wrap(
        self, engine: Engine, target: Target, original: Callable[..., Any]
    ) -> Callable[..., Any]:
        """A wrapper that changes nothing."""
        if target.options["does"] == "connect":
            return _connecting(engine, original)
        observe = getattr(self, f"_{target.options['does']}")

        def begin(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
            if not engine.enabled:
                return None
            try:
                return observe(engine, target, args, kwargs)
            except Exception:
                guard.report("observing a connection")
                return None

        return watching(original, begin)

    def _send(
        self, engine: Engine, target: Target, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        """An event is sent, as the program gave it: by SDKs that have no ``send_raw``."""
        if not hasattr(args[0], "send_raw"):
            event = args[1] if len(args) > 1 else kwargs.get("event")
            _reading_of(engine, target, args[0]).sent(to_plain_json(_given(event)))

    def _send_raw(
        self, engine: Engine, target: Target, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        """JSON is sent."""
        if type(args[0]).__name__ in _SESSIONS:
            data = args[1] if len(args) > 1 else kwargs["data"]
            _reading_of(engine, target, args[0]).sent(decode_json(data))

    def _receive(
        self, engine: Engine, target: Target, args: tuple[Any, ...], _: dict[str, Any]
    ) -> Receiving:
        return Receiving(_reading_of(engine, target, args[0]))

    def _close(
        self, engine: Engine, target: Target, args: tuple[Any, ...], _: dict[str, Any]
    ) -> None:
        if type(args[0]).__name__ in _SESSIONS:
            _reading_of(engine, target, args[0]).connection.end(Ending.CLOSED)


def _given(value: object) -> object:
    """An event without what was not given, which SDKs up to 2.x take out as they send it."""
    if isinstance(value, dict):
        return {
            name: _given(each)
            for name, each in value.items()
            if type(each).__name__ not in _NOT_GIVEN
        }
    return [_given(each) for each in value] if isinstance(value, list) else value


def _reading_of(engine: Engine, target: Target, connection: Any) -> Reading:
    reading: Reading | None = vars(connection).get("_hilt_reading")
    if reading is None:
        url = str(get_path(connection, "_connection", "request", "path") or "")
        host = get_path(connection, "_connection", "request", "headers", "Host") or ""
        query = parse_qs(urlsplit(url).query)
        model = next(iter(query.get("model") or query.get("deployment") or ()), None)
        make = _SESSIONS[type(connection).__name__]
        address = server_of_url(f"https://{host}")
        reading = Reading(make(_begin(engine, target, connection), address, model))
        connection._hilt_reading = reading  # noqa: SLF001 # goes when the connection goes
    return reading


def _begin(engine: Engine, target: Target, connection: Any) -> Begin:
    client = get_path(connection, "_connection", "request", "headers")

    def begin(*observed: Any) -> Call | None:
        return engine.begin(Arguments(target, client, observed, {}))

    return begin


def _connecting(engine: Engine, original: Callable[..., Any]) -> Callable[..., Any]:
    """The request that opens a connection is no call that nobody sees."""
    if not inspect.iscoroutinefunction(original):

        @functools.wraps(original)
        def connect(*args: Any, **kwargs: Any) -> Any:
            if not engine.enabled:
                return original(*args, **kwargs)
            with logged_here():
                return original(*args, **kwargs)

        return connect

    @functools.wraps(original)
    async def connect_async(*args: Any, **kwargs: Any) -> Any:
        if not engine.enabled:
            return await original(*args, **kwargs)
        with logged_here():
            return await original(*args, **kwargs)

    return connect_async


_SESSIONS: dict[str, Callable[[Begin, tuple[str | None, int | None], str | None], Connection]] = {
    "RealtimeConnection": RealtimeSession,
    "AsyncRealtimeConnection": RealtimeSession,
    "ResponsesConnection": ResponsesConnection,
    "AsyncResponsesConnection": ResponsesConnection,
}
_SOCKET = _SocketHook()
_MODULES = (
    ("openai.resources.realtime.realtime", "Realtime"),
    ("openai.resources.beta.realtime.realtime", "Realtime"),
    ("openai.resources.responses.responses", "Responses"),
    ("openai.resources.beta.responses.responses", "Responses"),
)


def _target(module: str, path: str, does: str) -> Target:
    return Target(module, path, _SOCKET, optional=True, options={"does": does})


TARGETS = (
    *(
        _target(module, f"{kind}{api}Connection{method}", does)
        for module, api in _MODULES
        for kind in ("", "Async")
        for method, does in (
            (".send", "send"),
            (".recv_bytes", "receive"),
            (".close", "close"),
            ("Manager.__aenter__" if kind else "Manager.__enter__", "connect"),
        )
    ),
    *(
        _target("openai._websocket_connection", f"{kind}WebSocketConnectionBase.{method}", does)
        for kind in ("", "Async")
        for method, does in (("send_raw", "send_raw"), ("close", "close"))
    ),
)
"""The methods of every connection, in the SDKs that have it."""


def request_of(call: Arguments) -> tuple[Request, Surface] | None:
    """What a connection observes, which is given as the arguments; None of any other call."""
    return call.args[:2] if call.target.hook is _SOCKET else None
