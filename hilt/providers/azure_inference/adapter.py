"""Azure AI Inference's SDK: chat completions and embeddings of any model in Azure's catalogue."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hilt.genai.json_values import get_path, to_plain_json
from hilt.genai.outcome import failure_of
from hilt.genai.values import Arguments, Failure, Request, Surface, Target
from hilt.providers._chat_completions import ChatCompletions, chat_request
from hilt.providers._embeddings import Embeddings, embeddings_request
from hilt.providers._http import HttpRequest, server_of_url, set_server
from hilt.providers.azure_inference.hooks import CLOSE, COMPLETE, NEXT

__all__ = ["AzureInference"]

_CLIENTS = ("azure.ai.inference._patch", "azure.ai.inference.aio._patch")
_STREAMS = (
    ("StreamingChatCompletions.__next__", NEXT),
    ("StreamingChatCompletions.close", CLOSE),
    ("AsyncStreamingChatCompletions.__anext__", NEXT),
    ("AsyncStreamingChatCompletions.aclose", CLOSE),
)
_METHODS: dict[str, tuple[Callable[[HttpRequest], Request], Surface]] = {
    "complete": (chat_request, ChatCompletions()),
    "embed": (embeddings_request, Embeddings()),
}
_NO_CONNECTION = frozenset(("ServiceRequestError", "ServiceResponseError"))
_PARAMETERS = (
    "dimensions",
    "encoding_format",
    "frequency_penalty",
    "input",
    "max_tokens",
    "messages",
    "model",
    "presence_penalty",
    "seed",
    "stop",
    "stream",
    "temperature",
    "tools",
    "top_p",
)


class AzureInference:
    """The ``azure.ai.inference`` package."""

    name = "azure_inference"
    targets: tuple[Target, ...] = (
        *(
            Target(module, f"{client}.{method}", COMPLETE, optional="aio" in module)
            for module in _CLIENTS
            for client, method in (
                ("ChatCompletionsClient", "complete"),
                ("EmbeddingsClient", "embed"),
                ("ImageEmbeddingsClient", "embed"),
            )
        ),
        *(Target("azure.ai.inference.models._patch", path, hook) for path, hook in _STREAMS),
    )
    surfaces: Mapping[str, str] = {
        "chat.completions": "ChatCompletionsClient.complete",
        "embeddings": "EmbeddingsClient.embed, ImageEmbeddingsClient.embed",
    }

    def request(self, call: Arguments) -> tuple[Request, Surface] | None:
        """The request, of what the method is given and the client has for all its calls."""
        read, surface = _METHODS[call.target.path.rpartition(".")[2]]
        body = _body_of(call)
        url = get_path(call.instance, "_config", "endpoint")
        address, port = server_of_url(url) if isinstance(url, str) else (None, None)
        stream = body.get("stream") is True
        sent = HttpRequest("post", "", body, stream, None, address, port)
        request = read(sent)
        set_server(request, sent, "azure.ai.inference")
        return request, surface

    def failure(self, error: BaseException) -> Failure:
        """Why a call raised."""
        failure = failure_of(error)
        code = get_path(error, "error", "code")
        failure.provider_code = code if isinstance(code, str) else None
        if failure.error_code == "unknown" and type(error).__name__ in _NO_CONNECTION:
            failure.error_code, failure.status_code = "connection", 503
        return failure


def _body_of(call: Arguments) -> Mapping[str, Any]:
    """The body as the SDK is about to make it; an open file is the caller's, and is not read."""
    given = call.get(0, "body")
    if given is not None and "messages" not in call.kwargs and "input" not in call.kwargs:
        plain = to_plain_json(given) if isinstance(given, Mapping) else None
        return plain if isinstance(plain, dict) else {}
    body: dict[str, Any] = {}
    for name in _PARAMETERS:
        value = call.kwargs.get(name)
        if value is None:
            value = getattr(call.instance, f"_{name}", None)
        if value is not None:
            body[name] = to_plain_json(value)
    return body
