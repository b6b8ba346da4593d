"""HTTP as the SDKs use it: requests before they are sent, their servers, and error responses."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec

from hilt.genai.json_values import get_path
from hilt.genai.outcome import failure_in_body, failure_of
from hilt.genai.values import Failure, Request, Surface
from hilt.providers._hosts import is_price_assumed, provider_of_host

__all__ = [
    "SERVERS",
    "ErrorResponse",
    "HttpRequest",
    "Route",
    "Routes",
    "attempts_of",
    "http_failure",
    "retry_after_of",
    "server_of_base_url",
    "server_of_url",
    "set_server",
    "stainless_failure",
    "without_query",
]

_HTTP, _HTTPS = 80, 443

SERVERS: dict[int, tuple[object, tuple[str, int]]] = {}
"""The servers of base URLs, by the identity of the URL object."""
_SERVER_LIMIT = 256


class HttpRequest(msgspec.Struct):
    """An HTTP request as the SDK has built it, before it is sent."""

    method: str  #: in lower case
    path: str
    body: Mapping[str, object]
    stream: bool = False
    files: object = None  #: of a multipart form
    server_address: str | None = None
    server_port: int | None = None


class ErrorResponse(Exception):  # noqa: N818 # it is never raised
    """Stands for the exception that an SDK is about to raise for an HTTP response.

    Args:
        http: The response, as ``httpx`` has it.
        message: What the SDK's exception will say.
        body: The body of the response: JSON if it is JSON, else its text.
    """

    def __init__(self, http: Any, message: str, body: object) -> None:
        super().__init__(message)
        self.response = http
        self.status_code: int = http.status_code
        self.body = body


def server_of_base_url(url: object) -> tuple[str | None, int | None]:
    """Host and port of a base URL, as an SDK's client has it.

    A client keeps one URL object until somebody sets another, and reading it is slow.
    """
    cached = SERVERS.get(id(url))
    if cached is not None and cached[0] is url:
        return cached[1]
    host, port = get_path(url, "host"), get_path(url, "port")
    if not isinstance(host, str) or not host:
        return None, None
    if not isinstance(port, int):
        port = _HTTP if get_path(url, "scheme") == "http" else _HTTPS
    if len(SERVERS) >= _SERVER_LIMIT:
        SERVERS.clear()
    SERVERS[id(url)] = (url, (host, port))
    return host, port


def server_of_url(url: str) -> tuple[str | None, int | None]:
    """Host and port of a URL; its query, where a key may stand, is not looked at."""
    scheme, _, rest = url.partition("://")
    server = rest.partition("/")[0].rpartition("@")[2]
    if server.startswith("["):  # an IPv6 address
        host, _, port = server[1:].partition("]")
        port = port.removeprefix(":")
    else:
        host, _, port = server.partition(":")
    if not host:
        return None, None
    return host, int(port) if port.isdecimal() else (_HTTP if scheme == "http" else _HTTPS)


def without_query(path: str) -> str:
    """The path of a request, which some SDKs give with a query: ``/responses?beta=true``."""
    return path.partition("?")[0] if "?" in path else path


def http_failure(error: BaseException) -> Failure:
    """Why a call raised, with the provider's own code: it is in the exception's parsed body."""
    failure = failure_of(error)
    body = getattr(error, "body", None)
    details = get_path(body, "error") if isinstance(get_path(body, "error"), Mapping) else body
    codes = (get_path(details, name) for name in ("code", "type"))
    failure.provider_code = next((code for code in codes if code and isinstance(code, str)), None)
    if failure.error_code == "unknown" and isinstance(details, Mapping):
        _add_what_body_says(failure, details)
    return failure


def _add_what_body_says(failure: Failure, details: Mapping[str, object]) -> None:
    """Take code and status from an error in a stream, whose response began with status 200."""
    said = failure_in_body(details)
    if said is not None and said.error_code != "unknown":
        failure.error_code = said.error_code
        failure.status_code = said.status_code or failure.status_code


def stainless_failure(error: BaseException) -> Failure:
    """The same of an SDK that Stainless made, with the number of attempts."""
    failure = http_failure(error)
    failure.attempts = attempts_of(error)
    return failure


def attempts_of(error: BaseException) -> int | None:
    """How often the SDK tried, from the header that it counts its retries in."""
    request = getattr(error, "request", None) or get_path(error, "response", "request")
    headers = getattr(request, "headers", None)
    try:
        return int(headers["x-stainless-retry-count"]) + 1 if headers is not None else None
    except (KeyError, ValueError, TypeError):
        return None


def retry_after_of(error: BaseException, headers_name: str = "headers") -> float | None:
    """The seconds of a ``retry-after`` header, where an exception carries headers itself.

    Args:
        error: What the SDK raised.
        headers_name: The exception's attribute that holds them.
    """
    headers = getattr(error, headers_name, None)
    delay = headers.get("retry-after") if isinstance(headers, Mapping) else None
    return float(delay) if isinstance(delay, str) and delay.isdecimal() else None


@dataclass(frozen=True, slots=True)
class Route:
    """A request that calls a model, or fetches an answer of one, and what reads it."""

    path: str  #: a regular expression for the path
    read: Callable[[HttpRequest], Request]
    surface: Surface  #: reads the answer
    method: str = "post"
    api: str = ""  #: ``openai.api.type``
    prices: str = ""  #: the genai-prices id of what has prices of its own


class Routes:
    """The requests of an SDK that HILT observes.

    Args:
        routes: By method and path.
        prefix: A regular expression for what may stand before the path of each of them.
    """

    def __init__(self, *routes: Route, prefix: str = "") -> None:
        self._routes = [(route, re.compile(f"(?:{prefix})?(?:{route.path})/?")) for route in routes]
        self.find = lru_cache(maxsize=256)(self._find)  #: the route of a method and a path, if any

    def _find(self, method: str, path: str) -> Route | None:
        for route, pattern in self._routes:
            if route.method == method and pattern.fullmatch(path):
                return route
        return None


def set_server(request: Request, sent: HttpRequest, fallback: str) -> None:
    """Set who answers a request, by the host that it is sent to.

    Args:
        request: What has been read of it.
        sent: The request itself.
        fallback: ``gen_ai.provider.name``, if the host is not known.
    """
    address, port = sent.server_address, sent.server_port
    request.provider = provider_of_host(address, port, fallback)
    request.server_address, request.server_port = address, port
    request.price_assumed = is_price_assumed(address, port)
    request.stream = sent.stream
