"""Anthropic's SDK: which of its requests are calls of a model, and how each is read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from hilt.genai.coerce import as_list, to_text
from hilt.genai.json_values import get_path
from hilt.genai.outcome import error_code_of_status
from hilt.genai.values import (
    Arguments,
    Delta,
    Failure,
    Message,
    Request,
    Response,
    Surface,
    Target,
)
from hilt.providers import _stainless, _stainless_hooks
from hilt.providers._hosts import provider_of_host
from hilt.providers._stainless import Options, options_of
from hilt.providers.anthropic.batches import STATUSES, Submission, batch_of
from hilt.providers.anthropic.messages import (
    Messages,
    instructions_of,
    message_of,
    request_parameters,
)

__all__ = ["Anthropic", "Completions", "messages_request", "refine"]

_PREPARED = tuple(
    Target("anthropic._base_client", f"{client}._request", _stainless_hooks.REQUEST, optional=True)
    for client in ("SyncAPIClient", "AsyncAPIClient")
)
"""Where anthropic 2.x has read what the caller passed, one-shot iterators too, and dropped what
was not given. Inside its own span, which is therefore the parent of HILT's."""

_PLATFORMS = (("Bedrock", "aws.bedrock"), ("Vertex", "gcp.vertex_ai"))
_MESSAGES = re.compile(r"(/v1)?/messages/?")
_COMPLETE = re.compile(r"(/v1)?/complete/?")


def messages_request(body: Mapping[str, Any]) -> Request:
    """What a call of ``messages`` asks for, by its body."""
    messages = body.get("messages")
    tools = body.get("tools")
    return Request(
        "chat",
        "anthropic",
        model=_text(body.get("model")),
        messages=as_list(messages),
        read=message_of,
        instructions=instructions_of(body.get("system")),
        attributes=request_parameters(body),
        tools=as_list(tools) or None,
        previous_response=_text(get_path(body, "thread", "previous_message_id")),
        user=_text(get_path(body, "metadata", "user_id")),
    )


def _completion_request(body: Mapping[str, Any]) -> Request:
    prompt = body.get("prompt")
    return Request(
        "text_completion",
        "anthropic",
        model=_text(body.get("model")),
        messages=[{"role": "user", "content": "" if prompt is None else prompt}],
        read=message_of,
        attributes=request_parameters(body),
        user=_text(get_path(body, "metadata", "user_id")),
    )


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


class Completions(Surface):
    """Answers of the legacy ``completions``, which never say what they cost."""

    name = "completions"

    def response(self, body: Any) -> Response:
        """The whole answer."""
        text, reason = to_text(get_path(body, "completion")), get_path(body, "stop_reason")
        message: Message = {"role": "assistant", "parts": [{"type": "text", "content": text}]}
        found = Response(id=get_path(body, "id"), model=get_path(body, "model"), messages=[message])
        if reason:
            message["finish_reason"] = str(reason)
            found.finish_reasons.append(str(reason))
        return found

    def delta(self, chunk: Any) -> Delta | None:
        """What a chunk adds."""
        reason = get_path(chunk, "stop_reason")
        return Delta(
            text=to_text(get_path(chunk, "completion")) or None,
            finish_reasons={0: str(reason)} if reason else None,
            response=Response(id=get_path(chunk, "id"), model=get_path(chunk, "model")),
        )


class Anthropic:
    """The ``anthropic`` package, for Anthropic, Bedrock, Vertex AI and Microsoft Foundry."""

    name = "anthropic"
    targets: tuple[Target, ...] = (*_stainless_hooks.targets("anthropic"), *_PREPARED)
    surfaces: Mapping[str, str] = {
        "messages": "create, parse, stream",
        "beta.messages": "create, parse, stream, tool_runner",
        "messages.batches": "create, results",
        "completions": "create",
    }

    def request(self, call: Arguments) -> tuple[Request, Surface] | None:
        """What a request asks for, by its path; None for one that calls no model."""
        if call.target.path.endswith(".request") and hasattr(call.instance, "_copy_and_prepare"):
            return None  # not prepared yet: `_request` will be called
        sent = options_of(call)
        if sent is None:
            return None
        path = sent.path.partition("?")[0]
        if sent.method == "post" and _MESSAGES.fullmatch(path):
            return self._placed(messages_request(sent.body), call, sent), Messages()
        if sent.method == "post" and _COMPLETE.fullmatch(path):
            return self._placed(_completion_request(sent.body), call, sent), Completions()
        batch = batch_of(sent.method, path, sent.body, messages_request)
        if batch is None:
            return None
        if isinstance(batch, Submission):
            for _, request in batch.requests:
                self._placed(request, call, sent)
        return self._placed(Request("batch", "anthropic"), call, sent), batch

    def _placed(self, request: Request, call: Arguments, sent: Options) -> Request:
        client = call.instance
        request.provider = _provider_of(client, sent)
        request.server_address, request.server_port = sent.address, sent.port
        request.stream = sent.stream
        # The user's own id, which anthropic 2.x takes as an option of the client.
        request.conversation = _text(get_path(client, "_otel", "conversation_id"))
        return request

    def failure(self, error: BaseException) -> Failure:
        """Why a call raised."""
        return refine(_stainless.failure(error))


def _provider_of(client: Any, sent: Options) -> str:
    """Whose API it is: Foundry's and that of other hosts of the same API is Anthropic's."""
    names = [cls.__name__ for cls in type(client).__mro__]
    for platform, provider in _PLATFORMS:
        if any(platform in name for name in names):
            return provider
    if any("Foundry" in name for name in names):
        return "anthropic"
    return provider_of_host(sent.address, sent.port, "anthropic")


def refine(failure: Failure) -> Failure:
    """An error that arrived in a stream, which began with status 200, by its type."""
    status = STATUSES.get(failure.provider_code or "")
    if status is not None and (failure.status_code or 0) < 400:  # noqa: PLR2004 # not an error
        failure.status_code = status
        failure.error_code = error_code_of_status(status)
        failure.outcome = "failed"
    return failure
