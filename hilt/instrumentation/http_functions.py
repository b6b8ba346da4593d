"""The functions that every request of a program's HTTP libraries passes through.

They are patched by their code, so that nothing else changes: classes, instances, what other
instrumentations or mocks put in their place. What sends no request is not among them: a mock
that answers above these functions is never looked at.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from types import FunctionType
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from wrapt import register_post_import_hook

from hilt.core.guard import guard
from hilt.genai.values import Target
from hilt.instrumentation.patching import sdk_function
from hilt.instrumentation.sdk_functions import copy_of
from hilt.instrumentation.wrapping import FunctionPatch

__all__ = ["FunctionPatches", "HttpFunction", "HttpFunctions", "Notice"]

Arguments = tuple[Any, ...]
Keywords = dict[str, Any]


class HttpFunction(NamedTuple):
    """A function that sends requests.

    Args:
        module: The module that defines it.
        path: Its path in the module.
        host: Reads the host from its arguments.
        request: Reads the method and the path; the query may be there. None if the function opens
            a connection, whose requests are not looked at.
    """

    module: str
    path: str
    host: Callable[[Arguments, Keywords], str | None]
    request: Callable[[Arguments, Keywords], tuple[str, str]] | None


Notice = Callable[[str, HttpFunction, Arguments, Keywords], None]
"""Is given the host of a request, the function that sends it, and the arguments of that."""


def _httpx_url(args: Arguments, kwargs: Keywords) -> str:
    host: str = (args[1] if len(args) > 1 else kwargs["request"]).url.host
    return host


def _httpx_request(args: Arguments, kwargs: Keywords) -> tuple[str, str]:
    request = args[1] if len(args) > 1 else kwargs["request"]
    return request.method, request.url.raw_path.decode("ascii")


def _aiohttp_host(args: Arguments, _: Keywords) -> str | None:
    host: str | None = args[0].url.host
    return host


def _aiohttp_request(args: Arguments, _: Keywords) -> tuple[str, str]:
    return args[0].method, args[0].url.raw_path


def _putrequest_host(args: Arguments, kwargs: Keywords) -> str | None:
    connection = args[0]
    host: str | None = connection._tunnel_host or connection.host  # noqa: SLF001 # by a proxy
    url = _url(args, kwargs)
    if not url.startswith(("http://", "https://")):
        return host
    authority = url.partition("://")[2].partition("/")[0]  # of a request that a proxy forwards
    return authority.rpartition("@")[2].partition(":")[0]


def _putrequest_request(args: Arguments, kwargs: Keywords) -> tuple[str, str]:
    method, url = args[1] if len(args) > 1 else kwargs["method"], _url(args, kwargs)
    if url.startswith(("http://", "https://")):
        url = "/" + url.partition("://")[2].partition("/")[2]
    return method, url


def _url(args: Arguments, kwargs: Keywords) -> str:
    url: str = args[2] if len(args) > 2 else kwargs["url"]  # noqa: PLR2004 # after the method
    return url


def _wrap_socket_host(args: Arguments, kwargs: Keywords) -> str | None:
    host = kwargs.get("server_hostname") or (args[5] if len(args) > 5 else None)  # noqa: PLR2004
    return host.decode("ascii", "replace") if isinstance(host, bytes) else host


def _create_connection_host(args: Arguments, kwargs: Keywords) -> str | None:
    if not kwargs.get("ssl"):
        return None
    host = kwargs.get("server_hostname") or kwargs.get("host")
    return host or (args[2] if len(args) > 2 else None)  # noqa: PLR2004 # after the protocol


FUNCTIONS = (
    *(
        HttpFunction(f"{library}._transports.default", path, _httpx_url, _httpx_request)
        for library in ("httpx", "httpx2")
        for path in ("HTTPTransport.handle_request", "AsyncHTTPTransport.handle_async_request")
    ),
    HttpFunction("aiohttp.client_reqrep", "ClientRequest.send", _aiohttp_host, _aiohttp_request),
    # urllib, urllib3, and by way of it requests and botocore:
    HttpFunction("http.client", "HTTPConnection.putrequest", _putrequest_host, _putrequest_request),
    HttpFunction("ssl", "SSLContext.wrap_socket", _wrap_socket_host, None),
    HttpFunction(
        "asyncio.base_events", "BaseEventLoop.create_connection", _create_connection_host, None
    ),
)
"""Every function that is patched."""


class HttpFunctions:
    """Shows the requests of this process to a function, until it is undone.

    Args:
        is_of_interest: Whether requests to a host are shown.
        notice: Is called before each of them leaves.
    """

    def __init__(self, is_of_interest: Callable[[str], bool], notice: Notice) -> None:
        self._patches = FunctionPatches(
            FUNCTIONS, functools.partial(_showing, is_of_interest, notice)
        )

    def apply(self) -> None:
        """Patch every function now, or as soon as its module is imported."""
        self._patches.apply()

    def undo(self) -> None:
        """Put the functions' own code back."""
        self._patches.undo()


class _Function(Protocol):
    @property
    def module(self) -> str: ...
    @property
    def path(self) -> str: ...


FunctionT = TypeVar("FunctionT", bound=_Function)


class FunctionPatches(Generic[FunctionT]):
    """Patches functions of HTTP libraries by their code.

    Args:
        functions: Where they are.
        wrap: Is given one of them, and a copy of it; returns the wrapper that calls the copy.
    """

    def __init__(
        self,
        functions: Sequence[FunctionT],
        wrap: Callable[[FunctionT, FunctionType], Callable[..., Any]],
    ) -> None:
        self._functions = functions
        self._wrap = wrap
        self._done: list[FunctionPatch] = []
        self._on = True

    def apply(self) -> None:
        """Patch every function now, or as soon as its module is imported."""
        for module in dict.fromkeys(each.module for each in self._functions):
            register_post_import_hook(self._on_import, module)

    def _on_import(self, module: Any) -> None:
        if not self._on:
            return  # A hook cannot be taken back.
        for each in self._functions:
            if each.module == module.__name__:
                try:
                    self._patch(module, each)
                except Exception:
                    guard.report(f"looking at {each.module}.{each.path}")

    def _patch(self, module: Any, each: FunctionT) -> None:
        owner, _, name = each.path.partition(".")
        current = vars(getattr(module, owner, object)).get(name)
        function = None
        if current is not None:
            function = sdk_function(current, Target(each.module, each.path))
        if function is None:
            return  # Another version of the library, or gevent's function: it is left alone.
        original = copy_of(function)
        self._done.append(FunctionPatch(function, self._wrap(each, original), original))

    def undo(self) -> None:
        """Put the functions' own code back."""
        self._on = False
        while self._done:
            self._done.pop().undo()


def _showing(
    is_of_interest: Callable[[str], bool], notice: Notice, function: HttpFunction, original: Any
) -> Callable[..., Any]:
    host_of = function.host

    def show(args: Arguments, kwargs: Keywords) -> None:
        try:
            host = host_of(args, kwargs)
            if host and is_of_interest(host):
                notice(host, function, args, kwargs)
        except Exception:
            guard.report("looking at the host of a request")

    if inspect.iscoroutinefunction(original):

        @functools.wraps(original)
        async def send_async(*args: Any, **kwargs: Any) -> Any:
            show(args, kwargs)
            return await original(*args, **kwargs)

        return send_async

    @functools.wraps(original)
    def send(*args: Any, **kwargs: Any) -> Any:
        show(args, kwargs)
        return original(*args, **kwargs)

    return send
