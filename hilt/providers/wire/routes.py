"""Which requests are calls of a model, by host, path and body, and which reader each has.

The readers are those of the adapters, so that a call is read the same whoever sends it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote

from hilt import semconv
from hilt.genai.values import Arguments, Failure, Request, Surface, Target
from hilt.providers._chat_completions import ChatCompletions, chat_request
from hilt.providers._completions import Completions, completion_request
from hilt.providers._embeddings import Embeddings, embeddings_request
from hilt.providers._http import HttpRequest, http_failure, set_server
from hilt.providers._media import Images, Speech, images_request, speech_request
from hilt.providers.anthropic.adapter import messages_request, refine
from hilt.providers.anthropic.messages import Messages
from hilt.providers.bedrock.converse import Converse, converse_request
from hilt.providers.bedrock.invoke import InvokedModel, invoke_request
from hilt.providers.cohere import chat_v1, chat_v2
from hilt.providers.cohere.embeddings import Embed as CohereEmbed
from hilt.providers.cohere.embeddings import embed_request as cohere_embed_request
from hilt.providers.cohere.rerank import Rerank, rerank_request
from hilt.providers.gemini import embeddings as gemini_embeddings
from hilt.providers.gemini.content import GenerateContent
from hilt.providers.gemini.errors import retry_delay
from hilt.providers.gemini.requests import content_request
from hilt.providers.gemini.tool_call_pieces import StreamedContent
from hilt.providers.huggingface.prices import add_seller
from hilt.providers.mistral import adapter as mistral
from hilt.providers.mistral.ocr import Ocr, ocr_request
from hilt.providers.ollama import chat as ollama
from hilt.providers.ollama import embeddings as ollama_embeddings
from hilt.providers.openai.moderations import Moderations, moderations_request
from hilt.providers.openai.responses import Responses, responses_request
from hilt.providers.voyage import embeddings as voyage

__all__ = ["TARGET", "StatusError", "Wire"]

TARGET = Target("http", "request")
"""What the calls are observed by; no SDK's function."""


class Route(NamedTuple):
    """Requests to one path, and what reads them.

    Args:
        path: A regular expression for the end of the path; its first group is the model.
        read: Reads a request.
        surface: Makes what reads the answer.
        provider: Who answers, where the host does not say it.
        hosts: A regular expression for the hosts that have another API at a path than all others.
        api: ``openai.api.type``.
        streams: Whether the path alone says that the answer is streamed.
    """

    path: str
    read: Callable[[HttpRequest], Request]
    surface: Callable[[], Surface]
    provider: str = "openai"
    hosts: str = ""
    api: str = ""
    streams: bool = False


def _by_body(read: Callable[[Mapping[str, object]], Request]) -> Callable[[HttpRequest], Request]:
    return lambda sent: read(sent.body)


def _invoked(sent: HttpRequest) -> Request:
    path = _MODEL.search(sent.path)
    return invoke_request(unquote(path[1]) if path else "", sent.body)


_MODEL = re.compile(r"/model/([^/]+)/")
_SLASH = re.compile("%2F", re.IGNORECASE)
_MISTRAL, _COHERE, _VOYAGE = r".*mistral\.ai", r"api\.cohere\.(?:ai|com)", r"api\.voyageai\.com"
_BEDROCK, _GOOGLE = "aws.bedrock", "gcp.gemini"
_GEMINI = r"/([^/:]+):"

_ROUTES = (
    Route(
        "/(?:chat|agents)/completions",
        mistral.chat_request,
        ChatCompletions,
        "mistral_ai",
        hosts=_MISTRAL,
    ),
    Route("/fim/completions", mistral.fim_request, ChatCompletions, "mistral_ai", hosts=_MISTRAL),
    Route("/ocr", ocr_request, Ocr, "mistral_ai", hosts=_MISTRAL),
    Route("/v1/chat", _by_body(chat_v1.chat_request), chat_v1.ChatV1, "cohere", hosts=_COHERE),
    Route(
        "/v1/generate",
        _by_body(chat_v1.generate_request),
        chat_v1.GenerateV1,
        "cohere",
        hosts=_COHERE,
    ),
    Route("/v2/chat", _by_body(chat_v2.chat_request), chat_v2.ChatV2, "cohere"),
    Route("/v[12]/embed", _by_body(cohere_embed_request), CohereEmbed, "cohere"),
    Route("/embeddings", _by_body(voyage.embed_request), voyage.Embeddings, hosts=_VOYAGE),
    Route("/rerank", _by_body(rerank_request), Rerank, "cohere"),
    Route("/deployments/([^/]+)/chat/completions", chat_request, ChatCompletions),
    Route("/deployments/([^/]+)/completions", completion_request, Completions),
    Route("/deployments/([^/]+)/embeddings", embeddings_request, Embeddings),
    Route("/chat/completions", chat_request, ChatCompletions, api="chat_completions"),
    Route("/responses", responses_request, Responses, api="responses"),
    Route("/completions", completion_request, Completions),
    Route("/embeddings", embeddings_request, Embeddings),
    Route("/moderations", moderations_request, Moderations),
    Route("/images/generations", images_request, Images),
    Route("/audio/speech", speech_request, Speech),
    Route("/messages", _by_body(messages_request), Messages, "anthropic"),
    Route(
        "/models/(claude[^/:]*):(?:streamR|r)awPredict",
        _by_body(messages_request),
        Messages,
        "gcp.vertex_ai",
    ),
    Route(f"{_GEMINI}generateContent", _by_body(content_request), GenerateContent, _GOOGLE),
    Route(
        f"{_GEMINI}streamGenerateContent",
        _by_body(content_request),
        StreamedContent,
        _GOOGLE,
        streams=True,
    ),
    Route(
        f"{_GEMINI}(?:embedContent|batchEmbedContents)",
        _by_body(gemini_embeddings.embed_request),
        gemini_embeddings.Embeddings,
        _GOOGLE,
    ),
    Route("/api/chat", _by_body(ollama.chat_request), ollama.Chat, "ollama"),
    Route("/api/generate", _by_body(ollama.generate_request), ollama.Generate, "ollama"),
    Route(
        "/api/embed(?:dings)?",
        _by_body(ollama_embeddings.embed_request),
        ollama_embeddings.Embed,
        "ollama",
    ),
    Route("/model/([^/]+)/converse", _by_body(converse_request), Converse, _BEDROCK),
    Route(
        "/model/([^/]+)/converse-stream",
        _by_body(converse_request),
        Converse,
        _BEDROCK,
        streams=True,
    ),
    Route("/model/([^/]+)/invoke", _invoked, InvokedModel, _BEDROCK),
    Route(
        "/model/([^/]+)/invoke-with-response-stream",
        _invoked,
        InvokedModel,
        _BEDROCK,
        streams=True,
    ),
)
_PATTERNS = [
    (route, re.compile(f".*{route.path}/?"), re.compile(route.hosts or ".*")) for route in _ROUTES
]
_STREAMS_BY_DEFAULT = ("/api/chat", "/api/generate")  # of Ollama
_INPUTS = ("messages", "input", "inputs", "prompt", "contents", "content", "requests", "query",
           "texts", "message", "document", "images", "inputText")  # fmt: skip


class StatusError(Exception):
    """Stands for what a client makes of a response whose status says that a call failed.

    Args:
        http: The response; only its status and headers are read.
        message: What the body says.
        body: The body: JSON if it is JSON, else its text.
    """

    def __init__(self, http: object, message: str, body: object) -> None:
        super().__init__(message)
        self.response = http
        self.status_code: int = getattr(http, "status_code", 0)
        self.body = body


class Wire:
    """The APIs of all providers, by host and path."""

    name = "wire"
    targets: Sequence[Target] = ()
    surfaces: Mapping[str, str] = {}

    def request(self, call: Arguments) -> tuple[Request, Surface] | None:
        """The request and what reads its answer; None if it calls no model."""
        sent: HttpRequest = call.args[0]
        found = route_of(sent.server_address or "", sent.path)
        if found is None or not any(name in sent.body for name in _INPUTS):
            return None
        route, model = found
        request = route.read(sent)
        set_server(request, sent, route.provider)
        if "aiplatform" in (sent.server_address or ""):
            request.provider = "gcp.vertex_ai"
        request.model = request.model or model
        default = sent.path.endswith(_STREAMS_BY_DEFAULT)
        request.stream = route.streams or sent.body.get("stream", default) is True
        if route.api:
            request.attributes[semconv.OPENAI_API_TYPE] = route.api
        add_seller(request, f"https://{sent.server_address}{sent.path}")
        return request, route.surface()

    def failure(self, error: BaseException) -> Failure:
        """Why a call raised, or what the response says whose status is no success."""
        failure = http_failure(error)
        if not isinstance(error, StatusError):
            return failure
        failure.error_type = str(error.status_code)
        details = error.body[0] if isinstance(error.body, list) and error.body else error.body
        if isinstance(details, Mapping) and isinstance(details.get("error"), Mapping):
            details = details["error"]
            status = details.get("status")
            if failure.provider_code is None and isinstance(status, str):
                failure.provider_code = status
        if failure.retry_after is None:
            failure.retry_after = retry_delay(details)
        return refine(failure)


@lru_cache(maxsize=256)
def route_of(host: str, path: str) -> tuple[Route, str | None] | None:
    """The route of a request, and the model that its path names."""
    # A slash that is encoded is part of a name, such as an ARN of Bedrock's.
    decoded = "%2F".join(map(unquote, _SLASH.split(path)))
    for route, pattern, hosts in _PATTERNS:
        match = pattern.fullmatch(decoded)
        if match and hosts.fullmatch(host):
            return route, unquote(match[1]) if pattern.groups else None
    return None
