"""What the Stainless-made SDKs share: OpenAI, Anthropic, Groq, Together, Writer, Cerebras, ...

Each of them sends everything through ``client.request(cast_to, options, ...)``, with the body as
plain JSON in ``options``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from hilt import semconv
from hilt._context import ACTIVE
from hilt.core.guard import guard
from hilt.genai.values import Arguments, Failure, Request, Surface, Target
from hilt.instrumentation.engine import Call
from hilt.instrumentation.hooks import WatchedFunction, body_of
from hilt.instrumentation.http_bodies import observe_raw
from hilt.instrumentation.observer import Ending
from hilt.instrumentation.streams import observe_async_stream, observe_stream
from hilt.providers._hosts import is_price_assumed, provider_of_host
from hilt.providers._http import (
    SERVERS,
    HttpRequest,
    Routes,
    server_of_base_url,
    stainless_failure,
    without_query,
)

__all__ = [
    "PROCESS_RESPONSE",
    "REQUEST",
    "VERSION_PREFIX",
    "StainlessAdapter",
    "http_request_of",
    "targets",
]

VERSION_PREFIX = r"(?:/openai)?/v\d+"
"""What stands before the paths of SDKs whose base URL has no version."""

_MODELS: dict[type, bool] = {}
_decode = msgspec.json.decode


# -- the adapter ------------------------------------------------------------------------------


class StainlessAdapter:
    """An SDK whose calls are distinguished by their paths."""

    name: str
    targets: tuple[Target, ...]
    surfaces: Mapping[str, str]
    routes: Routes
    names_of_clients: Mapping[str, str] = {}
    """Names of the provider at an unknown host, by a word in the name of the client's class."""

    def request(self, call: Arguments) -> tuple[Request, Surface] | None:
        """The request and what reads its answer, by its path; None if it calls no model."""
        sent = http_request_of(call)
        route = None if sent is None else self.routes.find(sent.method, sent.path)
        if sent is None or route is None:
            return self.other_request(call, sent)
        request = route.read(sent)
        name, address, port = self.name, sent.server_address, sent.server_port
        for word, other in self.names_of_clients.items():
            if word in type(call.instance).__name__:
                name = other
        request.provider = provider_of_host(address, port, name)
        request.server_address, request.server_port = address, port
        request.price_assumed = is_price_assumed(address, port)
        request.stream = sent.stream
        if request.model is None:
            request.model = self.model_of_client(call.instance)
        if route.api:
            request.attributes[semconv.OPENAI_API_TYPE] = route.api
        if route.prices and request.provider == self.name:
            request.provider_hint = route.prices
        return request, route.surface

    def other_request(
        self, call: Arguments, sent: HttpRequest | None
    ) -> tuple[Request, Surface] | None:
        """The same of what has no route, or is not sent by HTTP."""
        return None

    def model_of_client(self, client: object) -> str | None:
        """The model of a request that does not name one."""
        return None

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


# -- the hooks --------------------------------------------------------------------------------


class _Request:
    """``client.request``: returns a parsed answer, a stream or an HTTP response."""

    def observe(self, call: Call, result: Any) -> Any:
        """Complete the call from the bytes that came, or observe the stream in place."""
        try:
            if _MODELS.get(type(result)) or _is_model(type(result)):
                # The SDK has looked for it in the headers, and keeps it so.
                call.observation.request_id = vars(result).get("_request_id")
                try:
                    body = _decode(call.http.content)  # what the provider sent, in one step
                except Exception:  # not read, not JSON, or more than JSON
                    body = body_of(call, result)
                call.end(Ending.RETURNED, body)
            else:
                _observe_other(call, result)
        except Exception:
            guard.report("observing an answer")
            if call.fold is None:  # it has an ending all the same
                call.end(Ending.RETURNED, result)
        return result


def _observe_other(call: Call, result: Any) -> None:
    """Observe a stream, a raw response, or an answer that the SDK did not make a model of."""
    http = call.http
    if observe_stream(result, call) or observe_async_stream(result, call):
        return
    if http is not None and (_is_raw(http) or _has_events(call, http)):
        # A middleware may have made the response that the caller gets of more than one.
        observe_raw(getattr(result, "http_response", None) or http, call)
    else:
        call.end(Ending.RETURNED, body_of(call, result))


def _is_model(kind: type) -> bool:
    """Whether a class is that of a parsed answer: neither a stream nor a raw response."""
    is_model = _MODELS.get(kind)
    if is_model is None:
        has_fields = hasattr(kind, "model_fields") or hasattr(kind, "__fields__")
        is_model = _MODELS[kind] = has_fields and not hasattr(kind, "__next__")
    return is_model


def _is_raw(http: Any) -> bool:
    """Whether the caller asked for the HTTP response."""
    try:
        return bool(http.request.headers.get("x-stainless-raw-response"))
    except RuntimeError:  # a response that a middleware made has no request
        return False


def _has_events(call: Call, http: Any) -> bool:
    """Whether what the caller takes for one sound is a stream of events with its pieces."""
    return call.surface.binary and "event-stream" in http.headers.get("content-type", "")


def _note_response(_args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Note the HTTP response of the current call, which the SDK is about to parse."""
    call = ACTIVE.get()
    if not isinstance(call, Call):
        return
    try:
        http = call.http = kwargs["response"]
        call.observation.status_code = http.status_code
        retries = kwargs.get("retries_taken")
        if retries is not None:
            call.observation.attempts = retries + 1
    except Exception:
        guard.report("looking at a response")


REQUEST = _Request()
"""``client.request``: returns a parsed answer, a stream or an HTTP response."""

PROCESS_RESPONSE = WatchedFunction(_note_response)
"""``client._process_response``, which is given the HTTP response before it is parsed."""


def targets(package: str) -> tuple[Target, ...]:
    """The two functions to patch in an SDK, sync and async."""
    module = f"{package}._base_client"
    return tuple(
        Target(module, f"{client}.{name}", hook, optional=name != "request")
        for client in ("SyncAPIClient", "AsyncAPIClient")
        for name, hook in (("request", REQUEST), ("_process_response", PROCESS_RESPONSE))
    )
