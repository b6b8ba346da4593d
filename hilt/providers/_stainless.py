"""What the Stainless-made SDKs share: OpenAI, Anthropic, Groq, Together, Writer, Cerebras, ...

Each of them sends everything through ``client.request(cast_to, options, ...)``, with the body as
plain JSON in ``options``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from hilt.genai.json_values import get_path
from hilt.genai.outcome import failure_of
from hilt.genai.values import Arguments, Failure

__all__ = ["Options", "attempts_of", "failure", "options_of", "server_of"]


_SERVER_LIMIT = 256
_servers: dict[int, tuple[Any, tuple[str, int]]] = {}


class Options(msgspec.Struct):
    """An HTTP request as the SDK has built it, before it is sent."""

    method: str  #: in lower case
    path: str
    body: Mapping[str, Any]
    stream: bool
    files: Any  #: of a multipart form
    address: str | None
    port: int | None


def options_of(call: Arguments) -> Options | None:
    """What is about to be sent; None if it is not a request."""
    args, kwargs = call.args, call.kwargs
    options: Any = args[1] if len(args) > 1 else kwargs.get("options")
    path = getattr(options, "url", None)
    if type(path) is not str:
        return None
    body = options.json_data
    extra = getattr(options, "extra_json", None)
    if extra and isinstance(extra, dict):
        body = {**(body or {}), **extra}
    url = getattr(call.instance, "_base_url", None)
    known = _servers.get(id(url))
    address, port = known[1] if known is not None and known[0] is url else server_of(url)
    return Options(
        options.method.lower(),
        path,
        body if isinstance(body, dict) else {},
        bool(kwargs["stream"] if "stream" in kwargs else call.get(2, "stream")),
        getattr(options, "files", None),
        address,
        port,
    )


def server_of(url: Any) -> tuple[str | None, int | None]:
    """Host and port of a base URL, as an SDK's client has it.

    A client keeps one URL object for as long as nobody sets another, and reading it is dear.
    """
    known = _servers.get(id(url))
    if known is not None and known[0] is url:
        return known[1]
    host, port = get_path(url, "host"), get_path(url, "port")
    secure = get_path(url, "scheme") != "http"
    found = (host, port if isinstance(port, int) else (443 if secure else 80))
    if not isinstance(host, str) or not host:
        return None, None
    if len(_servers) >= _SERVER_LIMIT:
        _servers.clear()
    _servers[id(url)] = (url, found)
    return found


def failure(error: BaseException) -> Failure:
    """What an SDK's exception says; the provider's own code is in its parsed body."""
    found = failure_of(error)
    found.attempts = attempts_of(error)
    body = getattr(error, "body", None)
    details = get_path(body, "error") if isinstance(get_path(body, "error"), Mapping) else body
    for name in ("code", "type"):
        code = get_path(details, name)
        if isinstance(code, str) and code:
            found.provider_code = code
            break
    return found


def attempts_of(error: BaseException) -> int | None:
    """How often the SDK tried, from the header that it counts its retries in."""
    request = getattr(error, "request", None) or get_path(error, "response", "request")
    headers = getattr(request, "headers", None)
    try:
        return int(headers["x-stainless-retry-count"]) + 1 if headers is not None else None
    except (KeyError, ValueError, TypeError):
        return None
