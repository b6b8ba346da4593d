"""botocore: ``_make_api_call`` is every call of every service, ``_make_request`` what it sends.

The request is read where it has been built; the ending is observed where the caller learns of it.
An answer's body is observed as the caller reads it, and in the very same object.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from hilt.core.guard import guard
from hilt.genai.values import Arguments, Target
from hilt.instrumentation.engine import Call, Engine
from hilt.instrumentation.nested_methods import NestedCall
from hilt.instrumentation.observer import Ending
from hilt.instrumentation.wrapping import observing
from hilt.providers.bedrock.answers import AGENT_OPERATIONS, OPERATIONS
from hilt.providers.bedrock.bodies import observe_body, observe_events

__all__ = ["API_CALL", "HTTP_REQUEST"]

_SERVICES = {"bedrock-runtime": OPERATIONS, "bedrock-agent-runtime": AGENT_OPERATIONS}
_NAMES = OPERATIONS | AGENT_OPERATIONS

_STREAMS = ("stream", "body", "completion")
_API_CALL: ContextVar[NestedCall | None] = ContextVar("hilt_aws_api_call", default=None)


class _ApiCall:
    """``_make_api_call``, which the caller uses."""

    def wrap(
        self, engine: Engine, target: Target, original: Callable[..., Any]
    ) -> Callable[..., Any]:
        """A wrapper that ends what `HTTP_REQUEST` begins."""
        return observing(engine, target, original, _begin, _observe, variable=_API_CALL)


def _begin(arguments: Arguments) -> NestedCall | None:
    try:
        name = arguments.get(0, "operation_name")
        if name not in _NAMES:
            return None
        service = arguments.instance.meta.service_model.service_name
        is_bedrock = name in _SERVICES.get(service, ())
    except Exception:
        guard.report("looking at an API call")
        return None
    return NestedCall() if is_bedrock else None


def _observe(nested: NestedCall, answer: Any) -> Any:
    call = nested.call
    if call is not None:
        try:
            _note_metadata(call, answer["ResponseMetadata"])
            _observe_answer(call, answer)
        except Exception:
            guard.report("observing an answer")
    return answer


def _note_metadata(call: Call, metadata: dict[str, Any]) -> None:
    observation = call.observation
    observation.status_code = metadata.get("HTTPStatusCode")
    observation.request_id = metadata.get("RequestId")
    retries = metadata.get("RetryAttempts")
    if isinstance(retries, int):
        observation.attempts = retries + 1


def _observe_answer(call: Call, answer: dict[str, Any]) -> None:
    if call.observation.request.stream:
        stream = next(answer[name] for name in _STREAMS if name in answer)
        observe_events(call, stream)
    elif "body" in answer:
        observe_body(call, answer["body"], answer["ResponseMetadata"].get("HTTPHeaders") or {})
    else:
        call.end(Ending.RETURNED, answer)


class _HttpRequest:
    """``_make_request``, which is given the request as it will be sent."""

    def wrap(
        self, engine: Engine, target: Target, original: Callable[..., Any]
    ) -> Callable[..., Any]:
        """A wrapper that begins the call, and leaves its answer to `API_CALL`."""

        def begin(arguments: Arguments) -> Call | None:
            nested = _API_CALL.get()
            if nested is None or nested.call is not None:
                return None
            nested.call = engine.begin(arguments)
            return nested.call

        return observing(engine, target, original, begin, _unchanged)


def _unchanged(_: Call, response: Any) -> Any:
    return response


API_CALL = _ApiCall()
"""``_make_api_call``, which the caller uses."""

HTTP_REQUEST = _HttpRequest()
"""``_make_request``, which is given the request as it will be sent."""
