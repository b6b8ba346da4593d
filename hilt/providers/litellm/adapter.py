"""LiteLLM: one interface to many providers, which speaks OpenAI's words for all of them.

What an SDK below LiteLLM does is part of the call, and not logged again. Of the arguments only
those are read that describe what is asked: keys and headers are among the others.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from hilt import semconv
from hilt.genai.coerce import as_list, count_or_none
from hilt.genai.json_values import get_path, to_plain_json
from hilt.genai.values import Arguments, Failure, Request, Response, Surface, Target
from hilt.providers import _stainless
from hilt.providers._chat_completions import (
    ChatCompletions,
    Completions,
    message_of,
    request_parameters,
)
from hilt.providers.cohere import adapter as cohere
from hilt.providers.gemini.adapter import server_of_url
from hilt.providers.litellm import hooks
from hilt.providers.openai.embeddings import Embeddings, input_message, inputs_of
from hilt.providers.openai.responses import Responses, responses_request

__all__ = ["LiteLLM", "provider_of_model"]

_FUNCTIONS = (
    ("litellm.main", "completion"),
    ("litellm.main", "acompletion"),
    ("litellm.main", "text_completion"),
    ("litellm.main", "atext_completion"),
    ("litellm.main", "embedding"),
    ("litellm.main", "aembedding"),
    ("litellm.responses.main", "responses"),
    ("litellm.responses.main", "aresponses"),
    ("litellm.rerank_api.main", "rerank"),
    ("litellm.rerank_api.main", "arerank"),
)
_STREAMS = (
    ("litellm.litellm_core_utils.streaming_handler", "CustomStreamWrapper"),
    ("litellm.utils", "TextCompletionStreamWrapper"),
    ("litellm.responses.streaming_iterator", "ResponsesAPIStreamingIterator"),
    ("litellm.responses.streaming_iterator", "SyncResponsesAPIStreamingIterator"),
    ("litellm.responses.streaming_iterator", "MockResponsesAPIStreamingIterator"),
    (
        "litellm.responses.litellm_completion_transformation.streaming_iterator",
        "LiteLLMCompletionStreamingIterator",
    ),
)
_STREAM_METHODS = (("__next__", hooks.NEXT), ("__anext__", hooks.ANEXT), ("aclose", hooks.ACLOSE))
_NAMES = {
    "azure": "azure.ai.openai",
    "azure_text": "azure.ai.openai",
    "azure_ai": "azure.ai.inference",
    "bedrock": "aws.bedrock",
    "bedrock_converse": "aws.bedrock",
    "cohere_chat": "cohere",
    "fireworks_ai": "fireworks",
    "gemini": "gcp.gemini",
    "mistral": "mistral_ai",
    "moonshot": "moonshot_ai",
    "ollama_chat": "ollama",
    "openai": "openai",
    "text-completion-openai": "openai",
    "together_ai": "together",
    "vertex_ai": "gcp.vertex_ai",
    "vertex_ai_beta": "gcp.vertex_ai",
    "watsonx": "ibm.watsonx.ai",
    "xai": "x_ai",
}
"""LiteLLM's names of providers that the conventions call otherwise."""


# -- which provider ---------------------------------------------------------------------------


def provider_of_model(model: str, given: Any = None) -> tuple[str, str]:
    """The provider that LiteLLM sends a model's name to, and what it calls the model there.

    Args:
        model: ``anthropic/claude-x``, or a name that LiteLLM knows the provider of.
        given: The ``custom_llm_provider``, where the caller says it.
    """
    name, slash, rest = model.partition("/")
    if isinstance(given, str) and given:
        return _NAMES.get(given, given), rest if slash and name == given else model
    if slash and _is_provider(name):
        return _NAMES.get(name, name), rest
    found = _listed(model)
    return _NAMES.get(found, found), model


def _is_provider(name: str) -> bool:
    known = get_path(sys.modules.get("litellm"), "provider_list") or ()
    return name in _NAMES or any(getattr(each, "value", each) == name for each in known)


@lru_cache(maxsize=1024)
def _listed(model: str) -> str:
    """The provider in whose list of models a name stands."""
    lists = get_path(sys.modules.get("litellm"), "models_by_provider") or {}
    return next((name for name, models in lists.items() if model in models), "litellm")


# -- requests ---------------------------------------------------------------------------------


def _chat_request(call: Arguments) -> Request:
    return Request(
        "chat",
        "",
        messages=as_list(call.get(1, "messages")),
        read=message_of,
        attributes=request_parameters(call.kwargs),
    )


def _text_request(call: Arguments) -> Request:
    prompts = inputs_of(call.get(0, "prompt"))
    return Request(
        "text_completion",
        "",
        messages=prompts,
        read=input_message,
        attributes=request_parameters(call.kwargs),
    )


def _embedding_request(call: Arguments) -> Request:
    dimensions = count_or_none(call.get(2, "dimensions"))
    attributes = {} if dimensions is None else {semconv.EMBEDDINGS_DIMENSION_COUNT: dimensions}
    return Request(
        "embeddings",
        "",
        messages=inputs_of(call.get(1, "input")),
        read=input_message,
        attributes=attributes,
    )


def _rerank_request(call: Arguments) -> Request:
    names = ("query", "documents", "custom_llm_provider", "top_n")
    return cohere.rerank_request(
        {name: call.get(place, name) for place, name in enumerate(names, 1)}
    )


def _responses_request(call: Arguments) -> Request:
    body = {**call.kwargs, "input": call.get(0, "input"), "model": call.get(1, "model")}
    return responses_request(_stainless.Options("post", "", body, False, None, None, None))


# -- answers ----------------------------------------------------------------------------------


class _Chat(ChatCompletions):
    """LiteLLM's ``ModelResponse``, which keeps two counts of Anthropic's outside the details."""

    def _facts(self, get: Callable[[str], Any]) -> Response:
        return _counted(super()._facts(get), get("usage"))


class _Text(Completions):
    """LiteLLM's ``TextCompletionResponse``."""

    def _facts(self, get: Callable[[str], Any]) -> Response:
        return _counted(super()._facts(get), get("usage"))


class _Rerank(cohere.Rerank):
    """LiteLLM's ``RerankResponse``, which has Cohere's shape."""

    def response(self, body: Any) -> Response:
        """The documents by rank, with their scores."""
        return super().response(to_plain_json(body))


def _counted(found: Response, sent: Any) -> Response:
    usage = found.usage
    if usage is None:
        return found
    if not (usage.input_tokens or usage.output_tokens or usage.total_tokens):
        found.usage = found.raw_usage = None  # LiteLLM's own zeros: the provider sent nothing
    elif usage.cache_write_tokens is None:
        written = count_or_none(get_path(sent, "cache_creation_input_tokens"))
        usage.cache_write_tokens = written or None
    return found


_CHAT, _TEXT, _EMBEDDINGS, _RERANK = _Chat(), _Text(), Embeddings(), _Rerank()
_Reader = Callable[[Arguments], Request]
_SURFACES: dict[str, tuple[_Reader, Surface, int]] = {
    "completion": (_chat_request, _CHAT, 0),
    "text_completion": (_text_request, _TEXT, 1),
    "responses": (_responses_request, Responses(), 1),
    "embedding": (_embedding_request, _EMBEDDINGS, 0),
    "rerank": (_rerank_request, _RERANK, 0),
}
"""By function: what reads the request and the answer, and the place of the model's name."""


class LiteLLM:
    """The ``litellm`` package: its functions, and its router, which calls them."""

    name = "litellm"
    targets: tuple[Target, ...] = (
        *(
            # What stands in the closure is called however the function was imported.
            Target(module, f"{name}.original_function", hooks.FUNCTION, optional=True)
            for module, name in _FUNCTIONS
        ),
        *(
            Target(module, f"{cls}.{name}", hook, optional=True)
            for module, cls in _STREAMS
            for name, hook in _STREAM_METHODS
        ),
    )
    surfaces: Mapping[str, str] = {
        "chat": "completion, acompletion, Router.completion, Router.acompletion",
        "text_completion": "text_completion, atext_completion",
        "responses": "responses, aresponses",
        "embeddings": "embedding, aembedding",
        "rerank": "rerank, arerank",
    }

    def request(self, call: Arguments) -> tuple[Request, Surface] | None:
        """What a call asks for, from the arguments that say so."""
        name = call.target.path.partition(".")[0]
        found = _SURFACES.get(name) or _SURFACES.get(name[1:])
        if found is None:
            return None
        read, surface, place = found
        model = call.get(place, "model")
        request = read(call)
        given = call.kwargs.get("custom_llm_provider")
        request.provider, request.model = provider_of_model(str(model or ""), given)
        request.tools = call.kwargs.get("tools") or call.kwargs.get("functions") or None
        request.stream = call.kwargs.get("stream") is True
        user = call.kwargs.get("user")
        request.user = user if isinstance(user, str) and user else None
        base = call.kwargs.get("api_base") or call.kwargs.get("base_url")
        if isinstance(base, str):
            request.server_address, request.server_port = server_of_url(base)
        return request, surface

    def failure(self, error: BaseException) -> Failure:
        """Why a call raised; LiteLLM gives a status to errors that had no answer, too."""
        found = _stainless.failure(error)
        below = {type(each).__name__ for each in _below(error)}
        if type(error).__name__ == "Timeout" and below & _TIMEOUTS:
            found.error_code, found.outcome, found.status_code = "timeout", "timeout", 408
        elif below & _UNANSWERED and (found.status_code or 0) not in range(400, 500):
            found.error_code, found.outcome, found.status_code = "connection", "failed", 503
        headers = getattr(error, "litellm_response_headers", None)
        delay = headers.get("retry-after") if headers is not None else None
        if found.retry_after is None and isinstance(delay, str) and delay.isdigit():
            found.retry_after = float(delay)
        return found


_TIMEOUTS = frozenset(
    ("APITimeoutError", "ConnectTimeout", "PoolTimeout", "ReadTimeout", "WriteTimeout")
)
_UNANSWERED = frozenset(
    (
        "APIConnectionError",
        "ClientConnectorError",
        "ClientOSError",
        "ClientPayloadError",
        "ConnectError",
        "ReadError",
        "RemoteProtocolError",
        "ServerDisconnectedError",
        "WriteError",
    )
)


def _below(error: BaseException) -> list[BaseException]:
    """The errors that an error of LiteLLM's was made of, and itself."""
    chain: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in chain:
        chain.append(current)
        current = current.__cause__ or current.__context__
    return chain
