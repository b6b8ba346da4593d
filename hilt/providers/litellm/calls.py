"""LiteLLM's functions: the arguments of each as a request, and what reads its answer.

Of the arguments only those are read that describe the request: keys and headers are among the
others.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from hilt import semconv
from hilt.genai.coerce import as_list
from hilt.genai.fold import merge_counts
from hilt.genai.json_values import to_plain_json
from hilt.genai.values import Arguments, Request, Response, Surface
from hilt.providers._chat_completions import ChatCompletions, request_parameters
from hilt.providers._chat_messages import FieldGetter, message_of
from hilt.providers._completions import Completions
from hilt.providers._embeddings import Embeddings, input_message, inputs_of
from hilt.providers._http import HttpRequest
from hilt.providers._parameters import count_attribute
from hilt.providers.anthropic.usage import is_fast, region_of
from hilt.providers.cohere.rerank import Rerank, rerank_request
from hilt.providers.gemini.searches import paid_searches
from hilt.providers.openai.responses import Responses, responses_request

__all__ = ["FUNCTIONS", "Function", "kept_usage"]


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
    return Request(
        "text_completion",
        "",
        messages=inputs_of(call.get(0, "prompt")),
        read=input_message,
        attributes=request_parameters(call.kwargs),
    )


def _embedding_request(call: Arguments) -> Request:
    return Request(
        "embeddings",
        "",
        messages=inputs_of(call.get(1, "input")),
        read=input_message,
        attributes=count_attribute(semconv.EMBEDDINGS_DIMENSION_COUNT, call.get(2, "dimensions")),
    )


def _rerank_request(call: Arguments) -> Request:
    names = ("query", "documents", "custom_llm_provider", "top_n")
    return rerank_request({name: call.get(index, name) for index, name in enumerate(names, 1)})


def _responses_request(call: Arguments) -> Request:
    body = {**call.kwargs, "input": call.get(0, "input"), "model": call.get(1, "model")}
    return responses_request(HttpRequest("post", "", body))


# -- answers ----------------------------------------------------------------------------------


class _Chat(ChatCompletions):
    """LiteLLM's ``ModelResponse``, which keeps two counts of Anthropic's outside the details."""

    def _response_fields(self, get: FieldGetter) -> Response:
        return _with_true_counts(super()._response_fields(get), get("usage"))


class _Text(Completions):
    """LiteLLM's ``TextCompletionResponse``."""

    def _response_fields(self, get: FieldGetter) -> Response:
        return _with_true_counts(super()._response_fields(get), get("usage"))


class _Rerank(Rerank):
    """LiteLLM's ``RerankResponse``, which has Cohere's shape."""

    def response(self, body: object) -> Response:
        """The documents by rank, with their scores."""
        return super().response(to_plain_json(body))


def _with_true_counts(response: Response, raw_usage: object) -> Response:
    """Drop the zeros that LiteLLM adds itself, and add what it keeps elsewhere.

    It counts the queries of Gemini's searches, whatever is paid for.
    """
    usage = response.usage
    if usage is None:
        return response
    if not (usage.input_tokens or usage.output_tokens or usage.total_tokens):
        response.usage = response.raw_usage = None
    else:
        usage.cache_write_tokens = usage.cache_write_tokens or None
        response.region = region_of(raw_usage)
        if is_fast(raw_usage):
            response.service_tier = "fast"
        searches = usage.units.get("web_searches")
        if searches:
            usage.units["web_searches"] = paid_searches(int(searches), response.model)
    return response


def kept_usage(chunks: Iterable[object]) -> dict[str, Any] | None:
    """The usage that the provider sent, in one chunk or in pieces; None if it sent none.

    LiteLLM makes a total for each piece, of what that piece has.
    """
    usages = [to_plain_json(usage) for each in chunks if (usage := getattr(each, "usage", None))]
    merged: dict[str, Any] = functools.reduce(merge_counts, usages, {})
    if usages and merged != usages[-1]:
        merged.pop("total_tokens", None)
    return merged or None


class Function(NamedTuple):
    """How the arguments of a function are read, and what reads its answer."""

    read: Callable[[Arguments], Request]
    surface: Surface
    model_index: int = 0  #: the position of the model's name among the arguments


FUNCTIONS = {
    "completion": Function(_chat_request, _Chat()),
    "text_completion": Function(_text_request, _Text(), 1),
    "responses": Function(_responses_request, Responses(), 1),
    "embedding": Function(_embedding_request, Embeddings()),
    "rerank": Function(_rerank_request, _Rerank()),
}
"""The functions by name; the async version of each has an ``a`` before it."""
