"""Ollama's SDK: chat, generate and embeddings of models that run on one's own machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hilt.genai.json_values import get_path, text_or_json
from hilt.genai.outcome import failure_of
from hilt.genai.values import Arguments, Failure, Request, Surface, Target
from hilt.providers._decisions import Decisions, decision_request
from hilt.providers._embeddings import input_message
from hilt.providers._hosts import provider_of_host
from hilt.providers._http import server_of_base_url, without_query
from hilt.providers.ollama.chat import Chat, Generate, chat_request, generate_request
from hilt.providers.ollama.embeddings import Embed, embed_request

__all__ = ["Ollama"]

RequestReader = Callable[[Mapping[str, object]], Request]


def _scores_request(body: Mapping[str, object]) -> Request:
    """A request of ``systemone``; what the questions are about may be JSON."""
    return decision_request(body, [text_or_json(body.get("state"))], input_message)


_ROUTES: dict[str, tuple[RequestReader, Surface]] = {
    "/api/chat": (chat_request, Chat()),
    "/api/generate": (generate_request, Generate()),
    "/api/embed": (embed_request, Embed()),
    "/api/embeddings": (embed_request, Embed()),
    "/v1/systemone": (_scores_request, Decisions()),
}


class Ollama:
    """The ``ollama`` package: its clients, and the functions of the module, which use one."""

    name = "ollama"
    targets: tuple[Target, ...] = (
        Target("ollama._client", "Client._request"),
        Target("ollama._client", "AsyncClient._request"),
    )
    surfaces: Mapping[str, str] = {
        "chat": "Client.chat, AsyncClient.chat, ollama.chat",
        "generate": "Client.generate, AsyncClient.generate, ollama.generate",
        "embeddings": "embed, embeddings",
        "decisions": "systemone",
    }

    def request(self, call: Arguments) -> tuple[Request, Surface] | None:
        """The request and what reads its answer, by its path; None if it calls no model."""
        route = _ROUTES.get(without_query(str(call.get(2, "url"))))
        body = call.kwargs.get("json")
        if route is None or not isinstance(body, Mapping):
            return None
        read, surface = route
        request = read(body)
        address, port = server_of_base_url(get_path(call.instance, "_client", "base_url"))
        request.provider = provider_of_host(address, None, "ollama")
        request.server_address, request.server_port = address, port
        request.stream = call.kwargs.get("stream") is True
        return request, surface

    def failure(self, error: BaseException) -> Failure:
        """Why a call raised."""
        return failure_of(error)
