"""botocore: ``_make_api_call`` is every call of every service, ``_make_request`` what it sends.

The request is read where it has been built; the ending is seen where the caller sees it. What an
answer's body says is seen as the caller reads it, and in the very same object.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from typing import Any

from hilt._context import ACTIVE
from hilt.core.guard import guard
from hilt.genai.values import Arguments, Target
from hilt.instrumentation.engine import Call, Engine
from hilt.providers.bedrock.answers import OPERATIONS
from hilt.providers.bedrock.bodies import observe_body, observe_events

__all__ = ["API_CALL", "HTTP_REQUEST"]

_SERVICE = "bedrock-runtime"


class _Visit:
    """One API call, and what is observed of it."""

    __slots__ = ("call",)

    def __init__(self) -> None:
        self.call: Call | None = None

    def end(self, answer: Any) -> None:
        """The answer is there, or its beginning."""
        if self.call is None:
            return
        try:
            _note(self.call, answer["ResponseMetadata"])
            _observe(self.call, answer)
        except Exception:
            guard.report("observing an answer")

    def fail(self, error: BaseException) -> None:
        """The call raised."""
        if self.call is not None:
            self.call.fail(error)


_VISIT: ContextVar[_Visit | None] = ContextVar("hilt_boto_visit", default=None)


class _ApiCall:
    """``_make_api_call``, which the caller uses."""

    def wrap(self, engine: Engine, target: Target, original: Any) -> Callable[..., Any]:
        """A wrapper that ends what `HTTP_REQUEST` begins."""
        return _caller(engine, original)


class _HttpRequest:
    """``_make_request``, which is given the request as it will be sent."""

    def wrap(self, engine: Engine, target: Target, original: Any) -> Callable[..., Any]:
        """A wrapper that begins the call."""
        return _sender(engine, target, original)


def _is_observed(engine: Engine, client: Any, operation: Any) -> bool:
    return (
        operation in OPERATIONS
        and engine.enabled
        and ACTIVE.get() is None
        and client.meta.service_model.service_name == _SERVICE
    )


def _caller(engine: Engine, original: Any) -> Callable[..., Any]:
    if inspect.iscoroutinefunction(original):

        @functools.wraps(original)
        async def make_api_call_async(self: Any, operation_name: Any, api_params: Any) -> Any:
            if not _is_observed(engine, self, operation_name):
                return await original(self, operation_name, api_params)
            visit = _Visit()
            token = _VISIT.set(visit)
            try:
                answer = await original(self, operation_name, api_params)
            except BaseException as error:
                visit.fail(error)
                raise
            finally:
                _leave(_VISIT, token)
            visit.end(answer)
            return answer

        return make_api_call_async

    @functools.wraps(original)
    def make_api_call(self: Any, operation_name: Any, api_params: Any) -> Any:
        if not _is_observed(engine, self, operation_name):
            return original(self, operation_name, api_params)
        visit = _Visit()
        token = _VISIT.set(visit)
        try:
            answer = original(self, operation_name, api_params)
        except BaseException as error:
            visit.fail(error)
            raise
        finally:
            _leave(_VISIT, token)
        visit.end(answer)
        return answer

    return make_api_call


def _sender(engine: Engine, target: Target, original: Any) -> Callable[..., Any]:
    if inspect.iscoroutinefunction(original):

        @functools.wraps(original)
        async def make_request_async(self: Any, *args: Any, **kwargs: Any) -> Any:
            token = _begin(engine, target, self, args, kwargs)
            if token is None:
                return await original(self, *args, **kwargs)
            try:
                return await original(self, *args, **kwargs)
            finally:
                _leave(ACTIVE, token)

        return make_request_async

    @functools.wraps(original)
    def make_request(self: Any, *args: Any, **kwargs: Any) -> Any:
        token = _begin(engine, target, self, args, kwargs)
        if token is None:
            return original(self, *args, **kwargs)
        try:
            return original(self, *args, **kwargs)
        finally:
            _leave(ACTIVE, token)

    return make_request


def _begin(
    engine: Engine, target: Target, client: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    visit = _VISIT.get()
    if visit is None or visit.call is not None:
        return None
    visit.call = engine.begin(Arguments(target, client, args, kwargs))
    return None if visit.call is None else ACTIVE.set(visit.call)


def _leave(variable: ContextVar[Any], token: Any) -> None:
    with suppress(ValueError):  # the coroutine is being closed from another context
        variable.reset(token)


# -- answers ----------------------------------------------------------------------------------


def _note(call: Call, metadata: dict[str, Any]) -> None:
    seen = call.observation
    seen.status_code = metadata.get("HTTPStatusCode")
    seen.request_id = metadata.get("RequestId")
    retries = metadata.get("RetryAttempts")
    if isinstance(retries, int):
        seen.attempts = retries + 1


def _observe(call: Call, answer: dict[str, Any]) -> None:
    if call.observation.request.stream:
        observe_events(call, answer["stream"] if "stream" in answer else answer["body"])
    elif "body" in answer:
        observe_body(call, answer["body"], answer["ResponseMetadata"].get("HTTPHeaders") or {})
    else:
        call.complete(answer)


API_CALL = _ApiCall()
"""``_make_api_call``, which the caller uses."""

HTTP_REQUEST = _HttpRequest()
"""``_make_request``, which is given the request as it will be sent."""
