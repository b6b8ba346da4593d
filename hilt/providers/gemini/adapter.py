"""google-genai: Gemini's own API, Vertex AI, and what is common to both."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from hilt.genai.json_values import get_path
from hilt.genai.values import Arguments, Failure, Request, Surface, Target
from hilt.instrumentation.attempts import ATTEMPT
from hilt.instrumentation.tool_spans import TOOL
from hilt.providers import _speakeasy, _speakeasy_hooks, _stainless
from hilt.providers._decisions import Decisions
from hilt.providers._hosts import is_price_assumed
from hilt.providers._http import HttpRequest, server_of_url
from hilt.providers.gemini.batches import Submission, batch_of
from hilt.providers.gemini.content import GenerateContent
from hilt.providers.gemini.decisions import decision_request
from hilt.providers.gemini.embeddings import (
    Embeddings,
    Predictions,
    embed_request,
    predict_request,
)
from hilt.providers.gemini.errors import failure_of
from hilt.providers.gemini.hooks import API_REQUEST
from hilt.providers.gemini.interactions import Interactions, interaction_request, usage_of
from hilt.providers.gemini.live_connections import TARGETS as LIVE_TARGETS
from hilt.providers.gemini.live_connections import is_of_live
from hilt.providers.gemini.requests import content_request
from hilt.providers.gemini.tool_call_pieces import StreamedContent
from hilt.providers.gemini.videos import Videos, fetch_video_request, video_request

__all__ = ["Gemini"]

RequestReader = Callable[[Mapping[str, object]], Request]

_CLIENTS = ("BaseApiClient", "ApiClient")
"""The class had the second name before google-genai 1.1."""

_CONTENT, _EMBEDDINGS, _INTERACTIONS = GenerateContent(), Embeddings(), Interactions()
_DECISIONS, _VIDEOS = Decisions(usage_of), Videos()
_VERBS: dict[str, tuple[RequestReader, Surface]] = {
    "generateContent": (content_request, _CONTENT),
    "streamGenerateContent": (content_request, _CONTENT),
    "embedContent": (embed_request, _EMBEDDINGS),
    "batchEmbedContents": (embed_request, _EMBEDDINGS),
    "predict": (predict_request, Predictions()),
    "predictLongRunning": (video_request, _VIDEOS),
}
_MODEL_URL = re.compile(r"/((?:publishers/[^/]+/)?(?:models|tunedModels|endpoints)/[^:?]+):(\w+)")
_INTERACTION_PATH = re.compile(r".*/interactions(?:/([^/:]+)(?:/cancel|:cancel)?)?/?")


class Gemini:
    """The ``google-genai`` package.

    Everything but interactions goes through one method of its client, which is given the body as
    plain JSON. Interactions have a client of their own: made by Stainless up to google-genai 2.x,
    made by Speakeasy since. Automatic function calling runs its tools in a function of its own.
    """

    name = "gemini"
    targets: tuple[Target, ...] = (
        *(
            Target("google.genai._api_client", f"{client}.{name}", hook, optional=True)
            for client in _CLIENTS
            for name, hook in (
                ("_request", API_REQUEST),
                ("_async_request", API_REQUEST),
                ("_request_once", ATTEMPT),
                ("_async_request_once", ATTEMPT),
            )
        ),
        *(
            Target("google.genai._extra_utils", name, TOOL, optional=True)
            for name in ("invoke_function_from_dict_args", "invoke_function_from_dict_args_async")
        ),
        *LIVE_TARGETS,
        *_speakeasy_hooks.targets("google.genai._gaos", clients=("BaseSDK", "AsyncBaseSDK")),
        *(
            msgspec.structs.replace(target, optional=True)  # gone since google-genai 3
            for target in _stainless.targets("google.genai._interactions")
        ),
    )
    surfaces: Mapping[str, str] = {
        "models": (
            "generate_content, generate_content_stream, embed_content, generate_images, "
            "edit_image, upscale_image, recontext_image, segment_image, generate_videos"
        ),
        "chats": "send_message, send_message_stream",
        "interactions": "create, get, cancel",
        "batches": "create, create_embeddings, get",
        "decisions": "create",
        "operations": "get",
        "live": "connect",
    }

    def request(self, call: Arguments) -> tuple[Request, Surface] | None:
        """The request and what reads its answer, by its path; None if it calls no model."""
        if call.target.hook is API_REQUEST:
            return _model_request(call)
        if is_of_live(call.target):
            return call.args[0], call.args[1]
        is_speakeasy = call.target.hook is _speakeasy_hooks.DO_REQUEST
        sdk = _speakeasy if is_speakeasy else _stainless
        sent = sdk.http_request_of(call)
        if sent is None:
            return None
        if sent.path.endswith("/decisions") and sent.method == "post":
            return _complete_interaction(decision_request(sent.body), sent), _DECISIONS
        request = _interaction_request(sent)
        return None if request is None else (request, _INTERACTIONS)

    def failure(self, error: BaseException) -> Failure:
        """Why a call raised."""
        return failure_of(error)


def _model_request(call: Arguments) -> tuple[Request, Surface] | None:
    sent = call.get(0, "http_request")
    model = _MODEL_URL.search(sent.url)
    route = _VERBS.get(model[2]) if model else None
    if model is None or route is None or not isinstance(sent.data, Mapping):
        return _about_job(call, sent)
    read, surface = route
    request = read(sent.data)
    request.model = model[1].rpartition("/")[2]
    request.stream = model[2].startswith("stream")
    _complete(request, call, sent.url)
    return request, StreamedContent() if request.stream else surface


def _about_job(call: Arguments, sent: Any) -> tuple[Request, Surface] | None:
    """What is done later: a batch, or a video."""
    video = fetch_video_request(str(sent.method).lower(), sent.url, sent.data)
    if video is not None:
        _complete(video, call, sent.url)
        return video, _VIDEOS
    surface = batch_of(str(sent.method).lower(), sent.url, sent.data)
    if surface is None:
        return None
    request = Request("batch", "")
    of_batch = surface.requests if isinstance(surface, Submission) else ()
    for each in (request, *(inner for _, inner in of_batch)):
        _complete(each, call, sent.url)
    return request, surface


def _complete(request: Request, call: Arguments, url: str) -> None:
    """Set what the body of a request does not say."""
    request.provider = "gcp.vertex_ai" if get_path(call.instance, "vertexai") else "gcp.gemini"
    address, port = request.server_address, request.server_port = server_of_url(url)
    request.price_assumed = is_price_assumed(address, port)


def _interaction_request(sent: HttpRequest) -> Request | None:
    path = _INTERACTION_PATH.fullmatch(sent.path)
    if path is None or sent.method not in ("post", "get"):
        return None
    if path[1]:
        request = Request("fetch_response", "", fetched_response=path[1], stream=sent.stream)
    elif sent.method == "post":
        request = interaction_request(sent.body)
    else:
        return None
    return _complete_interaction(request, sent)


def _complete_interaction(request: Request, sent: HttpRequest) -> Request:
    is_vertex = "aiplatform" in (sent.server_address or "")
    request.provider = "gcp.vertex_ai" if is_vertex else "gcp.gemini"
    request.server_address, request.server_port = sent.server_address, sent.server_port
    return request
