"""xAI's SDK, which speaks gRPC: the methods of a chat that call the model."""

from __future__ import annotations

from collections.abc import Mapping

from hilt.genai.coerce import str_or_none
from hilt.genai.json_values import get_path
from hilt.genai.outcome import failure_of
from hilt.genai.values import Arguments, Failure, Request, Surface, Target
from hilt.providers.xai.answers import Chat
from hilt.providers.xai.chat import chat_request

__all__ = ["XAI"]

_METHODS = {
    "sample": False,
    "sample_batch": False,
    "parse": False,
    "defer": False,
    "defer_batch": False,
    "stream": True,
    "stream_batch": True,
}
"""The methods, and whether each returns a stream."""
_CHAT = Chat()
_STATUSES = {
    "CANCELLED": ("cancelled", 499),
    "INVALID_ARGUMENT": ("invalid_request", 400),
    "FAILED_PRECONDITION": ("invalid_request", 400),
    "DEADLINE_EXCEEDED": ("timeout", 408),
    "NOT_FOUND": ("not_found", 404),
    "PERMISSION_DENIED": ("permission_denied", 403),
    "UNAUTHENTICATED": ("authentication", 401),
    "RESOURCE_EXHAUSTED": ("rate_limit", 429),
    "UNAVAILABLE": ("connection", 503),
    "INTERNAL": ("server_error", 500),
    "UNKNOWN": ("server_error", 500),
    "DATA_LOSS": ("server_error", 500),
}
"""What the codes of gRPC mean in HTTP (https://grpc.io/docs/guides/status-codes)."""


class XAI:
    """The ``xai_sdk`` package: chats; images, videos, files and collections are not observed."""

    name = "xai"
    targets: tuple[Target, ...] = tuple(
        Target(f"xai_sdk.{kind}.chat", f"Chat.{method}", stream=is_stream, optional=True)
        for kind in ("sync", "aio")
        for method, is_stream in _METHODS.items()
    )
    surfaces: Mapping[str, str] = {
        "chat": "sample, sample_batch, stream, stream_batch, parse, defer, defer_batch"
    }

    def request(self, call: Arguments) -> tuple[Request, Surface] | None:
        """What the chat holds by now."""
        request = chat_request(get_path(call.instance, "_proto"))
        request.stream = bool(call.target.stream)
        request.conversation = str_or_none(get_path(call.instance, "_conversation_id"))
        return request, _CHAT

    def failure(self, error: BaseException) -> Failure:
        """Why a call raised, by the code of gRPC."""
        failure = failure_of(error)
        code = getattr(error, "code", None)
        name = getattr(code() if callable(code) else None, "name", None)
        status = _STATUSES.get(str(name))
        if status is not None:
            failure.error_code, failure.status_code = status
            failure.provider_code = name
            outcomes = {"timeout": "timeout", "cancelled": "cancelled"}
            failure.outcome = outcomes.get(failure.error_code, "failed")
            details = getattr(error, "details", None)
            failure.message = str(details() if callable(details) else failure.message)
        return failure
