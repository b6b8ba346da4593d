"""mistralai: which of its requests are calls of a model; what only it has stands beside."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from hilt import semconv
from hilt.genai.coerce import as_list, text_or_none, to_text
from hilt.genai.values import Arguments, Failure, Request, Surface, Target
from hilt.providers import _speakeasy_hooks
from hilt.providers._chat_completions import ChatCompletions, request_parameters
from hilt.providers._embeddings import Embeddings, embeddings_request
from hilt.providers._http import HttpRequest, Route, Routes, http_failure, set_server
from hilt.providers._message_parts import text_part
from hilt.providers._parameters import Attributes, count_attribute
from hilt.providers._speakeasy import SpeakeasyErrorResponse, http_request_of
from hilt.providers.mistral.classifiers import (
    Classifications,
    classification_request,
    moderation_request,
)
from hilt.providers.mistral.conversations import Conversations, conversation_request
from hilt.providers.mistral.messages import message_of
from hilt.providers.mistral.ocr import Ocr, ocr_request
from hilt.providers.mistral.speech import MistralSpeech, speech_request
from hilt.providers.mistral.transcriptions import MistralTranscriptions, transcription_request
from hilt.providers.openai.moderations import Moderations
from hilt.providers.openai.responses import Responses, responses_request

__all__ = ["Mistral", "chat_request", "fim_request", "predict_request"]

_UNPROCESSABLE = 422
_ERROR_MODULES = ("mistralai.client.errors", "mistralai.models")
"""Where the SDK's exceptions stand, if it has been imported: since 2.0, and before."""


def chat_request(sent: HttpRequest) -> Request:
    """A request of ``chat`` and ``agents``."""
    body = sent.body
    attributes = _request_parameters(body)
    agent = body.get("agent_id")
    if agent:
        attributes[semconv.AGENT_ID] = str(agent)
    return Request(
        "chat",
        "",
        model=text_or_none(body.get("model")),
        messages=as_list(body.get("messages")),
        read=message_of,
        attributes=attributes,
        tools=as_list(body.get("tools")) or None,
    )


def fim_request(sent: HttpRequest) -> Request:
    """A request of ``fim``: to write what stands between a prompt and a suffix."""
    body = sent.body
    parts = [text_part(body.get("prompt"))]
    if body.get("suffix"):
        parts.append({"type": "suffix", "content": to_text(body["suffix"])})
    return Request(
        "text_completion",
        "",
        model=text_or_none(body.get("model")),
        messages=[{"role": "user", "parts": parts}],
        attributes=_request_parameters(body),
    )


def predict_request(sent: HttpRequest) -> Request:
    """A request of Google Cloud's one path for both of them."""
    return chat_request(sent) if "messages" in sent.body else fim_request(sent)


def _request_parameters(body: Mapping[str, object]) -> Attributes:
    seed = count_attribute(semconv.REQUEST_SEED, body.get("random_seed"))
    return {**request_parameters(body), **seed}


_CHAT = ChatCompletions()
_ROUTES = Routes(
    Route(".*/(?:chat|agents)/completions", chat_request, _CHAT),
    Route(".*/fim/completions", fim_request, _CHAT),
    Route(".*/embeddings", embeddings_request, Embeddings()),
    Route(".*[/:](?:streamR|r)awPredict", predict_request, _CHAT),
    Route(".*/ocr", ocr_request, Ocr()),
    Route(".*/responses", responses_request, Responses(), api="responses"),
    Route(".*/moderations", moderation_request, Moderations()),
    Route(".*/classifications", classification_request, Classifications()),
    Route(".*/audio/speech", speech_request, MistralSpeech()),
    Route(".*/audio/transcriptions", transcription_request, MistralTranscriptions()),
    Route(".*/conversations(?:/[^/]+(?:/restart)?)?", conversation_request, Conversations()),
)


class Mistral:
    """The ``mistralai`` package, with its clients for Azure and Google Cloud."""

    name = "mistral"
    targets: tuple[Target, ...] = tuple(
        target
        for module in (
            "mistralai",  # up to 1.x
            "mistralai_azure",
            "mistralai_gcp",
            "mistralai.client",  # since 2.0
            "mistralai.azure.client",
            "mistralai.gcp.client",
        )
        for target in _speakeasy_hooks.targets(module)
    )
    surfaces: Mapping[str, str] = {
        "chat": "complete, stream, parse, parse_stream",
        "agents": "complete, stream",
        "fim": "complete, stream",
        "embeddings": "create",
        "ocr": "process",
        "responses": "create",
        "classifiers": "moderate, moderate_chat, classify, classify_chat",
        "audio.speech": "complete",
        "audio.transcriptions": "complete, stream",
        "beta.conversations": (
            "start, start_stream, append, append_stream, restart, restart_stream"
        ),
    }

    def request(self, call: Arguments) -> tuple[Request, Surface] | None:
        """The request and what reads its answer, by its path; None if it calls no model."""
        sent = http_request_of(call)
        route = None if sent is None else _ROUTES.find(sent.method, sent.path)
        if sent is None or route is None:
            return None
        request = route.read(sent)
        set_server(request, sent, "mistral_ai")
        surface = route.surface
        return request, Conversations() if isinstance(surface, Conversations) else surface

    def failure(self, error: BaseException) -> Failure:
        """Why a call raised."""
        failure = http_failure(error)
        if isinstance(error, SpeakeasyErrorResponse):
            failure.error_type = _error_type_of(error)
        return failure


def _error_type_of(error: SpeakeasyErrorResponse) -> str:
    """The class of the exception that the SDK raises for an HTTP response."""
    is_json = "json" in error.response.headers.get("content-type", "")
    is_invalid = error.status_code == _UNPROCESSABLE and is_json
    name = "HTTPValidationError" if is_invalid else "SDKError"
    for module in _ERROR_MODULES:
        cls = getattr(sys.modules.get(module), name, None)
        if cls is not None:
            return f"{cls.__module__}.{cls.__qualname__}"
    return f"mistralai.{name}"
