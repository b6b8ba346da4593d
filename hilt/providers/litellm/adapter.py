"""LiteLLM: one interface to many providers, in OpenAI's terms for all of them.

What an SDK below LiteLLM does is part of the call, and not logged again.
"""

from __future__ import annotations

from collections.abc import Mapping

from hilt.genai.coerce import as_list, str_or_none
from hilt.genai.values import Arguments, Failure, Request, Surface, Target
from hilt.providers._hosts import is_price_assumed
from hilt.providers._http import attempts_of, retry_after_of, server_of_url, stainless_failure
from hilt.providers.litellm import hooks
from hilt.providers.litellm.calls import FUNCTIONS
from hilt.providers.litellm.model_names import provider_of_model

__all__ = ["LiteLLM"]

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
_MOCKS = ("mock_response", "mock_tool_calls", "mock_timeout")
_STREAM_METHODS = (("__next__", hooks.NEXT), ("__anext__", hooks.NEXT), ("aclose", hooks.ACLOSE))
_TIMEOUTS = frozenset(
    ("APITimeoutError", "ConnectTimeout", "PoolTimeout", "ReadTimeout", "WriteTimeout")
)
_CONNECTION_ERRORS = frozenset(
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
_REFUSALS = range(400, 500)


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
        """The request and what reads its answer, by the function; None if it calls no model."""
        name, kwargs = call.target.path.partition(".")[0], call.kwargs
        function = FUNCTIONS.get(name) or FUNCTIONS.get(name[1:])
        if function is None or kwargs.get("fallbacks"):
            return None  # of fallbacks, each model that is tried is a call of its own
        model = call.get(function.model_index, "model")
        request = function.read(call)
        request.provider, request.model = provider_of_model(
            str(model or ""), kwargs.get("custom_llm_provider")
        )
        request.tools = as_list(kwargs.get("tools") or kwargs.get("functions")) or None
        request.stream = kwargs.get("stream") is True
        request.user = str_or_none(kwargs.get("user"))
        if any(kwargs.get(name) is not None for name in _MOCKS):
            request.cost_unknown = "LiteLLM made the answer up: no provider was asked"
        url = kwargs.get("api_base") or kwargs.get("base_url")
        if isinstance(url, str):
            address, port = request.server_address, request.server_port = server_of_url(url)
            request.price_assumed = is_price_assumed(address, port)
        return request, function.surface

    def failure(self, error: BaseException) -> Failure:
        """Why a call raised; LiteLLM gives a status to errors that had no answer, too."""
        failure, causes = stainless_failure(error), _causes_of(error)
        names = {type(each).__name__ for each in causes}
        failure.attempts = next(filter(None, map(attempts_of, causes)), None)
        if type(error).__name__ == "Timeout" and names & _TIMEOUTS:
            failure.error_code, failure.outcome, failure.status_code = "timeout", "timeout", 408
        elif names & _CONNECTION_ERRORS and failure.status_code not in _REFUSALS:
            failure.error_code, failure.outcome, failure.status_code = "connection", "failed", 503
        if failure.retry_after is None:
            failure.retry_after = retry_after_of(error, "litellm_response_headers")
        return failure


def _causes_of(error: BaseException) -> list[BaseException]:
    """An error of LiteLLM's, and the errors that it was made of."""
    chain: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in chain:
        chain.append(current)
        current = current.__cause__ or current.__context__
    return chain
