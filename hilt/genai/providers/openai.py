"""OpenAI's SDK: which of its requests are calls of a model, and how each is read."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from hilt import semconv
from hilt.genai.providers import stainless
from hilt.genai.providers.chat_completions import (
    ChatCompletions,
    Completions,
    message_of,
    request_parameters,
)
from hilt.genai.providers.hosts import provider_of_host
from hilt.genai.providers.stainless import Options, options_of
from hilt.genai.reading import pick
from hilt.genai.values import Arguments, Failure, Request, Surface, Target

__all__ = ["OpenAI", "chat_request", "completion_request"]

Reader = Callable[[Options], Request]


def chat_request(sent: Options) -> Request:
    """What a call of ``chat.completions`` asks for."""
    body = sent.body
    messages = body.get("messages")
    return Request(
        "chat",
        "",
        model=_text(body.get("model")),
        messages=messages if isinstance(messages, list) else (),
        read=message_of,
        attributes=request_parameters(body),
        tools=body.get("tools") or body.get("functions"),
        user=_text(body.get("user")),
    )


def completion_request(sent: Options) -> Request:
    """What a call of the legacy ``completions`` asks for."""
    body = sent.body
    prompt = body.get("prompt")
    prompts = prompt if isinstance(prompt, list) else [prompt] if prompt is not None else []
    if any(isinstance(each, int) for each in prompts):  # one prompt, given as token numbers
        prompts = [prompts]
    return Request(
        "text_completion",
        "",
        model=_text(body.get("model")),
        messages=[{"role": "user", "content": _prompt_text(each)} for each in prompts],
        read=message_of,
        attributes=request_parameters(body),
        user=_text(body.get("user")),
    )


def _prompt_text(prompt: Any) -> str:
    return prompt if isinstance(prompt, str) else f"[{len(prompt)} tokens]"


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


_ROUTES: tuple[tuple[str, str, Reader, Surface, str], ...] = (
    ("post", r"/chat/completions", chat_request, ChatCompletions(), "chat_completions"),
    ("post", r"/completions", completion_request, Completions(), ""),
)
_PATTERNS = tuple(
    (method, re.compile(pattern + r"/?"), read, surface, api)
    for method, pattern, read, surface, api in _ROUTES
)
_AZURE_DEPLOYMENT = re.compile(r".*/openai/deployments/[^/]+")


class OpenAI:
    """The ``openai`` package: OpenAI, Azure OpenAI, and any host that speaks their API."""

    name = "openai"
    package = "openai"
    distribution = "openai"
    targets: tuple[Target, ...] = stainless.targets("openai")
    surfaces: Mapping[str, str] = {
        "chat.completions": "create, parse, stream",
        "completions": "create",
    }

    def request(self, call: Arguments) -> tuple[Request, Surface] | None:
        """What a request asks for, by its path; None for one that calls no model."""
        sent = options_of(call)
        if sent is None:
            return None
        path = _AZURE_DEPLOYMENT.sub("", sent.path)
        for method, pattern, read, surface, api in _PATTERNS:
            if method == sent.method and pattern.fullmatch(path):
                request = read(sent)
                self._place(request, call.instance, sent)
                if api:
                    request.attributes[semconv.OPENAI_API_TYPE] = api
                return request, surface
        return None

    def _place(self, request: Request, client: Any, sent: Options) -> None:
        azure = "Azure" in type(client).__name__
        fallback = "azure.ai.openai" if azure else "openai"
        request.provider = provider_of_host(sent.address, sent.port, fallback)
        request.server_address, request.server_port = sent.address, sent.port
        request.stream = sent.stream
        if request.model is None:
            request.model = _text(pick(client, "_azure_deployment"))

    def failure(self, error: BaseException) -> Failure:
        """Why a call raised."""
        return stainless.failure(error)
