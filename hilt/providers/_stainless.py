"""What the Stainless-made SDKs share: OpenAI, Anthropic, Groq, Together, Writer, Cerebras, ...

Each of them sends everything through ``client.request(cast_to, options, ...)``, with the body as
plain JSON in ``options``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hilt.genai.json_values import get_path
from hilt.genai.values import Arguments, Failure, Request, Surface, Target
from hilt.providers._hosts import is_price_assumed, provider_of_host
from hilt.providers._http import (
    SERVERS,
    HttpRequest,
    Routes,
    http_failure,
    server_of_base_url,
    without_query,
)

__all__ = [
    "VERSION_PREFIX",
    "StainlessAdapter",
    "attempts_of",
    "http_request_of",
    "stainless_failure",
]

VERSION_PREFIX = r"(?:/openai)?/v\d+"
"""What stands before the paths of SDKs whose base URL has no version."""


class StainlessAdapter:
    """An SDK whose calls are distinguished by their paths."""

    name: str
    targets: tuple[Target, ...]
    surfaces: Mapping[str, str]
    routes: Routes

    def request(self, call: Arguments) -> tuple[Request, Surface] | None:
        """The request and what reads its answer, by its path; None if it calls no model."""
        sent = http_request_of(call)
        route = None if sent is None else self.routes.find(sent.method, sent.path)
        if sent is None or route is None:
            return None
        request = route.read(sent)
        address, port = sent.server_address, sent.server_port
        request.provider = provider_of_host(address, port, self.name)
        request.server_address, request.server_port = address, port
        request.price_assumed = is_price_assumed(address, port)
        request.stream = sent.stream
        return request, route.surface

    def failure(self, error: BaseException) -> Failure:
        """Why a call raised."""
        return stainless_failure(error)


def http_request_of(call: Arguments) -> HttpRequest | None:
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
    cached = SERVERS.get(id(url))
    server = cached[1] if cached is not None and cached[0] is url else server_of_base_url(url)
    return HttpRequest(
        options.method.lower(),
        without_query(path) if "?" in path else path,
        body if isinstance(body, dict) else {},
        bool(kwargs["stream"] if "stream" in kwargs else call.get(2, "stream")),
        getattr(options, "files", None),
        *server,
    )


def stainless_failure(error: BaseException) -> Failure:
    """Why a call raised, with the provider's own code and the number of attempts."""
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
