"""OpenAI's SDK: which of its requests are calls of a model, and how each is read."""

from __future__ import annotations

import re
from collections.abc import Mapping

from hilt import semconv
from hilt.genai.coerce import str_or_none
from hilt.genai.json_values import get_path
from hilt.genai.values import Arguments, Request, Surface, Target
from hilt.providers import _stainless
from hilt.providers._chat_completions import ChatCompletions, chat_request
from hilt.providers._completions import Completions, completion_request
from hilt.providers._decisions import Decisions
from hilt.providers._embeddings import Embeddings, embeddings_request
from hilt.providers._http import HttpRequest, Route, Routes, set_server
from hilt.providers._media import (
    Images,
    Speech,
    Transcriptions,
    images_request,
    speech_request,
    transcription_request,
)
from hilt.providers._stainless import StainlessAdapter
from hilt.providers.openai import sockets
from hilt.providers.openai.assistants import Runs, fetch_run_request, run_request
from hilt.providers.openai.batches import batch_of
from hilt.providers.openai.decisions import decision_request
from hilt.providers.openai.moderations import Moderations, moderations_request
from hilt.providers.openai.responses import (
    Responses,
    fetch_response_request,
    responses_request,
)
from hilt.providers.openai.vector_stores import VectorSearch, search_request
from hilt.providers.openai.videos import Videos, fetch_video_request, video_request

__all__ = ["OpenAI"]

_RESPONSES, _RUNS, _VIDEOS = Responses(), Runs(), Videos()
_AZURE = "azure.ai.openai"
_ROUTES = Routes(
    Route("/chat/completions", chat_request, ChatCompletions(), api="chat_completions"),
    Route("/responses(?:/compact)?", responses_request, _RESPONSES, api="responses"),
    Route("/responses/[^/]+", fetch_response_request, _RESPONSES, "get", api="responses"),
    Route("/responses/[^/]+/cancel", fetch_response_request, _RESPONSES, api="responses"),
    Route("/completions", completion_request, Completions()),
    Route("/embeddings", embeddings_request, Embeddings()),
    Route("/moderations", moderations_request, Moderations()),
    Route("/images/(?:generations|edits|variations)", images_request, Images()),
    Route("/audio/speech", speech_request, Speech()),
    Route("/audio/(?:transcriptions|translations)", transcription_request, Transcriptions()),
    Route("/threads(?:/[^/]+)?/runs", run_request, _RUNS),
    Route("/threads/[^/]+/runs/[^/]+", fetch_run_request, _RUNS, "get"),
    Route("/threads/[^/]+/runs/[^/]+/(?:cancel|submit_tool_outputs)", fetch_run_request, _RUNS),
    Route("/vector_stores/[^/]+/search", search_request, VectorSearch()),
    Route("/decisions", decision_request, Decisions(), prices="openai-decisions"),
    Route("/videos(?:/edits|/extensions|/[^/]+/remix)?", video_request, _VIDEOS),
    Route("/videos/[^/]+", fetch_video_request, _VIDEOS, "get"),
    prefix=".*/openai/deployments/[^/]+",  # Azure
)
_VERSION = re.compile(r"^/v\d+(?=/)")


class OpenAI(StainlessAdapter):
    """The ``openai`` package: OpenAI, Azure OpenAI, and any host that offers their API."""

    name = "openai"
    targets: tuple[Target, ...] = (*_stainless.targets("openai"), *sockets.TARGETS)
    surfaces: Mapping[str, str] = {
        "chat.completions": "create, parse, stream",
        "responses": "create, parse, stream, retrieve, cancel, compact, connect",
        "realtime": "connect",
        "completions": "create",
        "embeddings": "create",
        "moderations": "create",
        "images": "generate, edit, create_variation",
        "audio.transcriptions": "create",
        "audio.translations": "create",
        "audio.speech": "create",
        "beta.threads.runs": "create, stream, retrieve, cancel, submit_tool_outputs",
        "beta.threads": "create_and_run",
        "vector_stores": "search",
        "batches": "create, files.content",
        "decisions": "create",
        "videos": "create, edit, extend, remix, retrieve",
    }

    routes = _ROUTES
    names_of_clients: Mapping[str, str] = {"Azure": _AZURE}

    def other_request(
        self, call: Arguments, sent: HttpRequest | None
    ) -> tuple[Request, Surface] | None:
        """A session over a WebSocket, or what is about a batch."""
        return sockets.request_of(call) if sent is None else _about_batch(call, sent)

    def model_of_client(self, client: object) -> str | None:
        """The deployment that an Azure client is for."""
        return str_or_none(get_path(client, "_azure_deployment"))


def _about_batch(call: Arguments, sent: HttpRequest) -> tuple[Request, Surface] | None:
    """A request that is about a batch, and what reads its answer."""
    fallback = _AZURE if "Azure" in type(call.instance).__name__ else "openai"

    def read(url: str, body: Mapping[str, object]) -> Request | None:
        path = _VERSION.sub("", url)
        route = _ROUTES.find("post", path)
        if route is None:
            return None
        inner = HttpRequest(
            "post", path, body, server_address=sent.server_address, server_port=sent.server_port
        )
        request = route.read(inner)
        set_server(request, inner, fallback)
        if route.api:
            request.attributes[semconv.OPENAI_API_TYPE] = route.api
        return request

    surface = batch_of(sent, read)
    if surface is None:
        return None
    request = Request("batch", "openai")
    set_server(request, sent, fallback)
    return request, surface
