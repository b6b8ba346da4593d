"""The connections of google-genai's live API: how they open, what they carry, how they end."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from hilt.core.credentials import without_credentials
from hilt.core.guard import guard
from hilt.genai.json_values import decode_json, get_path
from hilt.genai.outcome import qualified_name
from hilt.genai.values import Arguments, Failure, Target
from hilt.instrumentation.enclosing_calls import logged_here
from hilt.instrumentation.engine import Call, Engine
from hilt.instrumentation.hooks import WatchedFunction
from hilt.instrumentation.observer import Ending
from hilt.instrumentation.wrapping import Watch, watching
from hilt.providers._connections import Reading, Receiving, failure_of_close
from hilt.providers._http import server_of_url
from hilt.providers.gemini.live import LiveSession

__all__ = ["TARGETS", "is_of_live"]

_CODES = {1007: "invalid_request", 1008: "invalid_request", 1011: "server_error"}
"""What the server means when it closes a connection for more than its own time-out."""


class _ConnectHook:
    """``connect``: the connection that it opens is no call that nobody sees."""

    def wrap(
        self, engine: Engine, target: Target, original: Callable[..., Any]
    ) -> Callable[..., Any]:
        """A function that gives the same context manager, which opens as it did."""

        @functools.wraps(original)
        def connect(*args: Any, **kwargs: Any) -> Any:
            manager = original(*args, **kwargs)
            if engine.enabled and hasattr(manager, "gen"):
                manager.gen = _Opening(manager.gen)
            return manager

        return connect


class _Opening:
    """The generator of a context manager, which opens a connection."""

    def __init__(self, generator: Any) -> None:
        self.athrow = generator.athrow
        self.aclose = generator.aclose
        self._generator = generator

    async def __anext__(self) -> Any:
        with logged_here():
            return await self._generator.__anext__()


class _Setup:
    """Keeps the setup that is made for a connection, until that is there."""

    def end(self, how: Ending, value: Any = None) -> None:
        """It was made."""
        if how is Ending.RETURNED:
            _setup.set(value)


class _SessionHook:
    """``AsyncSession.__init__``, which is given a connection: that is observed from now on."""

    def wrap(
        self, engine: Engine, target: Target, original: Callable[..., Any]
    ) -> Callable[..., Any]:
        """A function that changes nothing of the session."""

        def begin(args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
            setup = _setup.get()
            _setup.set(None)
            given = inspect.signature(original).bind_partial(*args, **kwargs).arguments
            connection = given.get("websocket")
            if not engine.enabled or not type(connection).__module__.startswith("websockets."):
                return
            try:
                _observe(engine, target, connection, setup, given.get("session_id"))
            except Exception:
                guard.report("observing a connection")

        return watching(original, begin)


def _observe(
    engine: Engine, target: Target, connection: Any, setup: object, session_id: object
) -> None:
    """Watch the methods of this connection: there are others of its class in a program."""
    reading = _reading_of(engine, target, connection)
    reading.sent({"setup": get_path(setup, "setup")})
    reading.connection.received({"setupComplete": {"sessionId": session_id}})
    for name, observe in (("send", _send), ("recv", _receive), ("close", _close)):
        setattr(connection, name, _watched(getattr(connection, name), engine, reading, observe))


def _watched(
    original: Callable[..., Any],
    engine: Engine,
    reading: Reading,
    observe: Callable[[Reading, tuple[Any, ...], dict[str, Any]], Receiving | None],
) -> Any:
    def begin(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Receiving | None:
        if not engine.enabled:
            return None
        try:
            return observe(reading, args, kwargs)
        except Exception:
            guard.report("observing a connection")
            return None

    watch: Watch = begin
    return watching(original, watch)


def _send(reading: Reading, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    message = args[0] if args else kwargs.get("message")
    if isinstance(message, (str, bytes)):
        reading.sent(decode_json(message))


def _receive(reading: Reading, _: tuple[Any, ...], __: dict[str, Any]) -> Receiving:
    return Receiving(reading, _failure_of)


def _close(reading: Reading, _: tuple[Any, ...], __: dict[str, Any]) -> None:
    reading.connection.end(Ending.CLOSED)


def _failure_of(error: Exception) -> Exception | Failure:
    """The server says by a code why it closes the connection."""
    code = get_path(error, "rcvd", "code")
    name = _CODES.get(code) if isinstance(code, int) else None
    if name is None:
        return failure_of_close(error)
    message = without_credentials(str(get_path(error, "rcvd", "reason") or error))
    return Failure(name, qualified_name(error), message, provider_code=str(code))


def _reading_of(engine: Engine, target: Target, connection: Any) -> Reading:
    request = connection.request
    host = get_path(request, "headers", "Host") or ""

    def begin(*observed: Any) -> Call | None:
        return engine.begin(Arguments(target, request.headers, observed, {}))

    is_vertex = "aiplatform" in str(get_path(request, "path"))
    return Reading(LiveSession(begin, server_of_url(f"https://{host}"), is_vertex=is_vertex))


_setup: ContextVar[Any] = ContextVar("hilt_live_setup", default=None)
_SESSION = _SessionHook()
_SETUP = WatchedFunction(lambda *_: _Setup())
TARGETS = (
    Target("google.genai.live", "AsyncLive.connect", _ConnectHook(), optional=True),
    Target("google.genai.live", "AsyncSession.__init__", _SESSION, optional=True),
    *(
        Target(module, f"{path}_to_{api}", _SETUP, optional=True)
        for module, path in (
            ("google.genai._live_converters", "_LiveConnectParameters"),
            ("google.genai.live", "AsyncLive._LiveSetup"),
        )
        for api in ("mldev", "vertex")
    ),
)
"""What opens a connection; the setup is made by methods before google-genai 1.5."""


def is_of_live(target: Target) -> bool:
    """Whether a call was begun by a connection, with what is observed as its arguments."""
    return target.hook is _SESSION
