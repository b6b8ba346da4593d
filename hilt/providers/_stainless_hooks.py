"""The hooks of the Stainless-made SDKs: every call goes through ``client.request``."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from hilt._context import ACTIVE
from hilt.core.guard import guard
from hilt.genai.values import Target
from hilt.instrumentation.engine import Call, Engine
from hilt.instrumentation.hooks import body_of, note_response
from hilt.instrumentation.http_bodies import observe_raw
from hilt.instrumentation.streams import observe_async_stream, observe_stream

__all__ = ["PROCESS_RESPONSE", "REQUEST", "targets"]

_MODELS: dict[type, bool] = {}


class _Request:
    """``client.request``: returns a parsed answer, a stream or an HTTP response."""

    def observe(self, call: Call, result: Any) -> Any:
        """Complete the call from the bytes that came, or observe the stream in place."""
        try:
            self._observe(call, result)
        except Exception:
            guard.report("observing an answer")
            if call.fold is None:  # it has an ending all the same
                call.complete(result)
        return result

    def _observe(self, call: Call, result: Any) -> None:
        if _is_model(type(result)):
            # The SDK has looked for it in the headers, and keeps it so.
            call.observation.request_id = vars(result).get("_request_id")
            call.complete(body_of(call, result))
            return
        http = call.http
        if observe_stream(result, call) or observe_async_stream(result, call):
            return
        if http is not None and _is_raw(http):
            # A middleware may have made the response that the caller gets of several others.
            observe_raw(getattr(result, "http_response", None) or http, call)
        else:
            call.complete(body_of(call, result))


def _is_model(kind: type) -> bool:
    """Whether a class is that of a parsed answer: neither a stream nor a raw response."""
    known = _MODELS.get(kind)
    if known is None:
        fields = hasattr(kind, "model_fields") or hasattr(kind, "__fields__")
        known = _MODELS[kind] = fields and not hasattr(kind, "__next__")
    return known


def _is_raw(http: Any) -> bool:
    """Whether the caller asked for the HTTP response."""
    try:
        return bool(http.request.headers.get("x-stainless-raw-response"))
    except RuntimeError:  # a response that a middleware made has no request
        return False


class _ProcessResponse:
    """``client._process_response``, which is given the HTTP response before it is parsed."""

    def wrap(self, engine: Engine, target: Target, original: Any) -> Callable[..., Any]:
        """A wrapper that shows the current call the response, and changes nothing else."""
        if inspect.iscoroutinefunction(original):

            @functools.wraps(original)
            async def process_async(self: Any, *args: Any, **kwargs: Any) -> Any:
                _note_response(kwargs)
                return await original(self, *args, **kwargs)

            return process_async

        @functools.wraps(original)
        def process(self: Any, *args: Any, **kwargs: Any) -> Any:
            _note_response(kwargs)
            return original(self, *args, **kwargs)

        return process


def _note_response(kwargs: dict[str, Any]) -> None:
    call = ACTIVE.get()
    if not isinstance(call, Call):
        return
    try:
        note_response(call, kwargs["response"])
        retries = kwargs.get("retries_taken")
        if retries is not None:
            call.observation.attempts = retries + 1
    except Exception:
        guard.report("looking at a response")


REQUEST = _Request()
"""``client.request``: returns a parsed answer, a stream or an HTTP response."""

PROCESS_RESPONSE = _ProcessResponse()
"""``client._process_response``, which is given the HTTP response before it is parsed."""


def targets(package: str) -> tuple[Target, ...]:
    """The two functions to patch in an SDK, sync and async."""
    module = f"{package}._base_client"
    return tuple(
        Target(module, f"{client}.{name}", hook, optional=name != "request")
        for client in ("SyncAPIClient", "AsyncAPIClient")
        for name, hook in (("request", REQUEST), ("_process_response", PROCESS_RESPONSE))
    )
