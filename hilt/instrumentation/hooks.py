"""How the engine ties itself to a kind of function: what its result is, and how it is observed."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, Protocol

from hilt._context import ACTIVE
from hilt.core.guard import guard
from hilt.genai.json_values import decode_json
from hilt.genai.values import Target
from hilt.instrumentation import batches as _batches  # noqa: F401 # it is found by its kind
from hilt.instrumentation.attempts import Attempt
from hilt.instrumentation.engine import Call, Engine
from hilt.instrumentation.http_bodies import observe_raw
from hilt.instrumentation.nested_methods import Door, Inner
from hilt.instrumentation.streams import observe_async_stream, observe_stream, same_kind, tap
from hilt.instrumentation.thread_pool_methods import Pooled
from hilt.instrumentation.tool_spans import Tool
from hilt.providers._speakeasy_hooks import Speakeasy
from hilt.providers.bedrock.bodies import Seen
from hilt.providers.bedrock.hooks import Boto
from hilt.providers.cohere.hooks import Fern
from hilt.providers.gemini.hooks import Google
from hilt.providers.generativeai.hooks import Gapic
from hilt.providers.litellm.hooks import LiteLLM

__all__ = ["BINDINGS", "Binding"]

_MODELS: dict[type, bool] = {}


class Binding(Protocol):
    """A kind of function to patch."""

    def __call__(self, engine: Engine, target: Target, original: Any) -> Callable[..., Any] | None:
        """A wrapper of its own, or None for the usual driver."""
        ...

    def returned(self, call: Call, result: Any) -> Any:
        """Observe what the function returned, and hand it back. Never raises."""
        ...


class _Method:
    """A method that makes one call and returns its answer, an iterator, or an async iterator."""

    def __call__(self, engine: Engine, target: Target, original: Any) -> None:
        """The usual driver."""

    def returned(self, call: Call, result: Any) -> Any:
        """Complete the call, or put a tap around the stream."""
        try:
            if not call.observation.request.stream:
                call.complete(result)
            elif hasattr(result, "__anext__"):
                call.open_stream()
                return same_kind(result, call)
            elif hasattr(result, "__next__"):
                call.open_stream()
                return tap(result, call)
            else:
                call.complete(result)
        except Exception:
            guard.report("observing an answer")
        return result


class _Stainless:
    """The ``request`` method of a Stainless-made client: every call goes through it."""

    def __call__(self, engine: Engine, target: Target, original: Any) -> Callable[..., Any] | None:
        """The usual driver for ``request``; ``_process_response`` shows the HTTP response."""
        if target.path.endswith("._process_response"):
            return _peeking(original)
        return None

    def returned(self, call: Call, result: Any) -> Any:
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
            call.complete(_body(call, result))
            return
        http = call.http
        if observe_stream(result, call) or observe_async_stream(result, call):
            return
        if http is not None and _is_raw(http):
            # A middleware may have made the response that the caller gets of several others.
            observe_raw(getattr(result, "http_response", None) or http, call)
        else:
            call.complete(_body(call, result))


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


def _body(call: Call, result: Any) -> Any:
    """The JSON that the provider sent; the SDK's object where that cannot be seen."""
    http = call.http
    if isinstance(result, str) or getattr(call.surface, "binary", False):
        return result
    try:
        return decode_json(http.content)
    except Exception:  # not read, not JSON, or no response: the SDK's object says the same
        return result


def _peeking(original: Any) -> Callable[..., Any]:
    """Show the current call the HTTP response, before the SDK reads it."""
    if inspect.iscoroutinefunction(original):

        @functools.wraps(original)
        async def process_async(self: Any, *args: Any, **kwargs: Any) -> Any:
            _peek(kwargs)
            return await original(self, *args, **kwargs)

        return process_async

    @functools.wraps(original)
    def process(self: Any, *args: Any, **kwargs: Any) -> Any:
        _peek(kwargs)
        return original(self, *args, **kwargs)

    return process


def _peek(kwargs: dict[str, Any]) -> None:
    call = ACTIVE.get()
    if not isinstance(call, Call):
        return
    try:
        _look_at(call, kwargs["response"])
        retries = kwargs.get("retries_taken")
        if retries is not None:
            call.observation.attempts = retries + 1
    except Exception:
        guard.report("looking at a response")


def _look_at(call: Call, http: Any) -> None:
    call.http = http
    call.observation.status_code = http.status_code


class _Http:
    """The function that returns the ``httpx`` response of a call in progress."""

    def __call__(self, engine: Engine, target: Target, original: Any) -> Callable[..., Any]:
        """A wrapper that shows the current call the response, and changes nothing else."""
        if inspect.iscoroutinefunction(original):

            @functools.wraps(original)
            async def send_async(*args: Any, **kwargs: Any) -> Any:
                return _shown(await original(*args, **kwargs))

            return send_async

        @functools.wraps(original)
        def send(*args: Any, **kwargs: Any) -> Any:
            return _shown(original(*args, **kwargs))

        return send

    def returned(self, call: Call, result: Any) -> Any:
        """Nothing to observe: the call's own target sees the answer."""
        return result


def _shown(http: Any) -> Any:
    call = ACTIVE.get()
    try:
        if isinstance(call, Call):
            _look_at(call, http)
    except Exception:
        guard.report("looking at a response")
    return http


class _InPlace:
    """A method that makes one call, and whose streams read from an ``_iterator`` of their own."""

    def __call__(self, engine: Engine, target: Target, original: Any) -> None:
        """The usual driver."""

    def returned(self, call: Call, result: Any) -> Any:
        """Complete the call from the bytes that came, or observe the stream in place."""
        try:
            if not (observe_stream(result, call) or observe_async_stream(result, call)):
                call.complete(_body(call, result))
        except Exception:
            guard.report("observing an answer")
        return result


BINDINGS: dict[str, Any] = {
    "method": _Method(),
    "stainless": _Stainless(),
    "http": _Http(),
    "in_place": _InPlace(),
    "attempt": Attempt(),
    "door": Door(),
    "inner": Inner(),
    "google": Google(),
    "gapic": Gapic(),
    "fern": Fern(),
    "boto": Boto(),
    "boto_seen": Seen(),
    "litellm": LiteLLM(),
    "pooled": Pooled(),
    "speakeasy": Speakeasy(),
    "tool": Tool(),
}
"""The bindings by name; see `hilt.genai.values.Target`."""
