"""The hooks of the Stainless-made SDKs: every call goes through ``client.request``."""

from __future__ import annotations

from typing import Any

import msgspec

from hilt._context import ACTIVE
from hilt.core.guard import guard
from hilt.genai.values import Target
from hilt.instrumentation.engine import Call
from hilt.instrumentation.hooks import WatchedFunction, body_of
from hilt.instrumentation.http_bodies import observe_raw
from hilt.instrumentation.observer import Ending
from hilt.instrumentation.streams import observe_async_stream, observe_stream

__all__ = ["PROCESS_RESPONSE", "REQUEST", "targets"]

_MODELS: dict[type, bool] = {}
_decode = msgspec.json.decode


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
    if http is not None and _is_raw(http):
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
