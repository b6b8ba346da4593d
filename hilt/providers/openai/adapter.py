"""OpenAI's SDK: which of its requests are calls of a model, and how each is read."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from hilt import semconv
from hilt.genai.coerce import as_list
from hilt.genai.json_values import get_path
from hilt.genai.values import Arguments, Failure, Request, Surface, Target
from hilt.providers import _stainless, _stainless_hooks
from hilt.providers._chat_completions import (
    ChatCompletions,
    Completions,
    message_of,
    request_parameters,
)
from hilt.providers._hosts import provider_of_host
from hilt.providers._stainless import Options, options_of
from hilt.providers.openai.assistants import Runs, fetch_run_request, run_request
from hilt.providers.openai.embeddings import (
    Embeddings,
    Moderations,
    embeddings_request,
    moderations_request,
)
from hilt.providers.openai.media import (
    Images,
    Speech,
    Transcriptions,
    images_request,
    speech_request,
    transcription_request,
)
from hilt.providers.openai.responses import (
    Responses,
    fetch_response_request,
    responses_request,
)

__all__ = ["OpenAI", "chat_request", "completion_request"]

Reader = Callable[[Options], Request]


def chat_request(sent: Options) -> Request:
    """What a call of ``chat.completions`` asks for."""
    body = sent.body
    messages, model, user = body.get("messages"), body.get("model"), body.get("user")
    return Request(
        "chat",
        "",
        model if type(model) is str and model else None,
        messages if isinstance(messages, list) else as_list(messages),
        message_of,
        None,
        request_parameters(body),
        body.get("tools") or body.get("functions"),
        user=_text(user) if user is not None else None,
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


def _prompt_text(prompt: Any) -> Any:
    return f"[{len(prompt)} tokens]" if isinstance(prompt, list) else prompt


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


@dataclass(frozen=True, slots=True)
class _Route:
    """A request of the SDK that calls a model, or asks again for what a model said."""

    method: str
    path: re.Pattern[str]
    read: Reader
    surface: Surface
    api: str = ""  #: ``openai.api.type``


def _routes() -> tuple[_Route, ...]:
    responses, runs, images = Responses(), Runs(), Images()
    speech_to_text = Transcriptions()
    rows: tuple[tuple[str, str, Reader, Surface, str], ...] = (
        ("post", "/chat/completions", chat_request, ChatCompletions(), "chat_completions"),
        ("post", "/responses", responses_request, responses, "responses"),
        ("post", "/responses/compact", responses_request, responses, "responses"),
        ("get", "/responses/[^/]+", fetch_response_request, responses, "responses"),
        ("post", "/responses/[^/]+/cancel", fetch_response_request, responses, "responses"),
        ("post", "/completions", completion_request, Completions(), ""),
        ("post", "/embeddings", embeddings_request, Embeddings(), ""),
        ("post", "/moderations", moderations_request, Moderations(), ""),
        ("post", "/images/(?:generations|edits|variations)", images_request, images, ""),
        ("post", "/audio/speech", speech_request, Speech(), ""),
        (
            "post",
            "/audio/(?:transcriptions|translations)",
            transcription_request,
            speech_to_text,
            "",
        ),
        ("post", "/threads(?:/[^/]+)?/runs", run_request, runs, ""),
        ("get", "/threads/[^/]+/runs/[^/]+", fetch_run_request, runs, ""),
        (
            "post",
            "/threads/[^/]+/runs/[^/]+/(?:cancel|submit_tool_outputs)",
            fetch_run_request,
            runs,
            "",
        ),
    )
    return tuple(
        _Route(method, re.compile(f"{path}/?"), read, surface, api)
        for method, path, read, surface, api in rows
    )


_ROUTES = _routes()
_AZURE_DEPLOYMENT = re.compile(r".*/openai/deployments/[^/]+")


@lru_cache(maxsize=256)
def _route_of(method: str, path: str) -> _Route | None:
    path = _AZURE_DEPLOYMENT.sub("", path)
    for route in _ROUTES:
        if route.method == method and route.path.fullmatch(path):
            return route
    return None


class OpenAI:
    """The ``openai`` package: OpenAI, Azure OpenAI, and any host that speaks their API."""

    name = "openai"
    targets: tuple[Target, ...] = _stainless_hooks.targets("openai")
    surfaces: Mapping[str, str] = {
        "chat.completions": "create, parse, stream",
        "responses": "create, parse, stream, retrieve, cancel, compact",
        "completions": "create",
        "embeddings": "create",
        "moderations": "create",
        "images": "generate, edit, create_variation",
        "audio.transcriptions": "create",
        "audio.translations": "create",
        "audio.speech": "create",
        "beta.threads.runs": "create, stream, retrieve, cancel, submit_tool_outputs",
        "beta.threads": "create_and_run",
    }

    def request(self, call: Arguments) -> tuple[Request, Surface] | None:
        """What a request asks for, by its path; None for one that calls no model."""
        sent = options_of(call)
        route = _route_of(sent.method, sent.path) if sent is not None else None
        if sent is None or route is None:
            return None
        request, client = route.read(sent), call.instance
        fallback = "azure.ai.openai" if "Azure" in type(client).__name__ else "openai"
        request.provider = provider_of_host(sent.address, sent.port, fallback)
        request.server_address, request.server_port = sent.address, sent.port
        request.stream = sent.stream
        if request.model is None:
            request.model = _text(get_path(client, "_azure_deployment"))
        if route.api:
            request.attributes[semconv.OPENAI_API_TYPE] = route.api
        return request, route.surface

    def failure(self, error: BaseException) -> Failure:
        """Why a call raised."""
        return _stainless.failure(error)
