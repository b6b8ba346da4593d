"""Anthropic's SDK: which of its requests are calls of a model, and how each is read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from hilt.genai.coerce import as_list, str_or_none
from hilt.genai.json_values import get_path
from hilt.genai.outcome import error_code_of_status
from hilt.genai.values import Arguments, Failure, Request, Surface, Target
from hilt.providers import _stainless
from hilt.providers._http import HttpRequest, set_server, stainless_failure
from hilt.providers._stainless import http_request_of
from hilt.providers.anthropic.batches import Submission, batch_of
from hilt.providers.anthropic.blocks import instructions_of, message_of
from hilt.providers.anthropic.completions import Completions, completion_request
from hilt.providers.anthropic.errors import STATUSES
from hilt.providers.anthropic.messages import Messages, request_parameters

__all__ = ["Anthropic", "messages_request", "refine"]

_PREPARED = tuple(
    Target("anthropic._base_client", f"{client}._request", _stainless.REQUEST, optional=True)
    for client in ("SyncAPIClient", "AsyncAPIClient")
)
"""Where anthropic 2.x has read what the caller passed, one-shot iterators too, and dropped what
was not set. It is called inside the SDK's own span, which is therefore the parent of HILT's."""

_PLATFORMS = (("Bedrock", "aws.bedrock"), ("Vertex", "gcp.vertex_ai"))
_MESSAGES = re.compile(r"(/v1)?/messages/?")
_COMPLETE = re.compile(r"(/v1)?/complete/?")
_FIRST_ERROR_STATUS = 400


def messages_request(body: Mapping[str, object]) -> Request:
    """A request of ``messages``, by its body."""
    thread, metadata = body.get("thread"), body.get("metadata")
    return Request(
        "chat",
        "anthropic",
        model=str_or_none(body.get("model")),
        messages=as_list(body.get("messages")),
        read=message_of,
        instructions=instructions_of(body.get("system")),
        attributes=request_parameters(body),
        tools=as_list(body.get("tools")) or None,
        previous_response=str_or_none(get_path(thread, "previous_message_id")),
        user=str_or_none(get_path(metadata, "user_id")),
    )


class Anthropic:
    """The ``anthropic`` package, for Anthropic, Bedrock, Vertex AI and Microsoft Foundry."""

    name = "anthropic"
    targets: tuple[Target, ...] = (*_stainless.targets("anthropic"), *_PREPARED)
    surfaces: Mapping[str, str] = {
        "messages": "create, parse, stream",
        "beta.messages": "create, parse, stream, tool_runner",
        "messages.batches": "create, results",
        "completions": "create",
    }

    def request(self, call: Arguments) -> tuple[Request, Surface] | None:
        """The request and what reads its answer, by its path; None if it calls no model."""
        if call.target.path.endswith(".request") and hasattr(call.instance, "_copy_and_prepare"):
            return None  # not prepared yet: `_request` will be called
        sent = http_request_of(call)
        if sent is None:
            return None
        if sent.method == "post" and _MESSAGES.fullmatch(sent.path):
            return _completed(messages_request(sent.body), call, sent), Messages()
        if sent.method == "post" and _COMPLETE.fullmatch(sent.path):
            return _completed(completion_request(sent.body), call, sent), Completions()
        batch = batch_of(sent.method, sent.path, sent.body, messages_request)
        if batch is None:
            return None
        if isinstance(batch, Submission):
            for _, request in batch.requests:
                _completed(request, call, sent)
        return _completed(Request("batch", "anthropic"), call, sent), batch

    def failure(self, error: BaseException) -> Failure:
        """Why a call raised."""
        return refine(stainless_failure(error))


def _completed(request: Request, call: Arguments, sent: HttpRequest) -> Request:
    """The request with what its body does not say: its server, and the user's conversation."""
    set_server(request, sent, "anthropic")
    kind = type(call.instance)
    request.provider = _platform_of(kind) or request.provider  # type: ignore[arg-type]  # it has a hash
    # The user's own id, which anthropic 2.x takes as an option of the client.
    settings = getattr(call.instance, "_otel", None)
    if settings is not None:
        request.conversation = str_or_none(get_path(settings, "conversation_id"))
    return request


@lru_cache(maxsize=64)
def _platform_of(kind: type) -> str | None:
    """Whose API a class of clients is for; None where the host decides it."""
    names = [cls.__name__ for cls in kind.__mro__]
    for platform, provider in _PLATFORMS:
        if any(platform in name for name in names):
            return provider
    return "anthropic" if any("Foundry" in name for name in names) else None


def refine(failure: Failure) -> Failure:
    """An error that arrived in a stream, which began with status 200, by its type."""
    status = STATUSES.get(failure.provider_code or "")
    if status is not None and (failure.status_code or 0) < _FIRST_ERROR_STATUS:
        failure.status_code = status
        failure.error_code = error_code_of_status(status)
        failure.outcome = "failed"
    return failure
