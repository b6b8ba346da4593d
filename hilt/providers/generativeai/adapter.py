"""google-generativeai 0.8, the SDK before google-genai: retired, and in use all the same.

It calls the generated client of the Gemini API, whose requests and answers are protobuf messages.
Their JSON is that of the wire.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hilt.genai.json_values import decode_json, get_path
from hilt.genai.outcome import error_code_of_status, failure_of
from hilt.genai.values import Arguments, Delta, Failure, Request, Response, Surface, Target
from hilt.providers.gemini.content import GenerateContent
from hilt.providers.gemini.embeddings import Embeddings, embed_request
from hilt.providers.gemini.requests import content_request
from hilt.providers.generativeai.hooks import GENERATED_METHOD

__all__ = ["GenerativeAI"]

RequestReader = Callable[[Mapping[str, object]], Request]

_MODULE = "google.ai.generativelanguage_v1beta.services.generative_service"
_CLIENTS = (
    (f"{_MODULE}.client", "GenerativeServiceClient"),
    (f"{_MODULE}.async_client", "GenerativeServiceAsyncClient"),
)
_HTTPS = 443


def json_of(message: object) -> Any:
    """The JSON of a protobuf message as it is on the wire; anything else as it is."""
    to_json = getattr(type(message), "to_json", None)
    if to_json is None:
        return message
    text = to_json(message, use_integers_for_enums=False, including_default_value_fields=False)
    return decode_json(text)


class GeneratedContent(GenerateContent):
    """Answers of ``generate_content``."""

    name = "GenerativeModel.generate_content"

    def response(self, body: object) -> Response:
        """The whole answer."""
        return super().response(json_of(body))

    def delta(self, chunk: object) -> Delta | None:
        """What a chunk adds."""
        return super().delta(json_of(chunk))


class GeneratedEmbeddings(Embeddings):
    """Answers of ``embed_content``."""

    name = "embed_content"

    def response(self, body: object) -> Response:
        """The number of vectors and their dimensions."""
        return super().response(json_of(body))


_CONTENT, _EMBEDDINGS = GeneratedContent(), GeneratedEmbeddings()
_METHODS: dict[str, tuple[RequestReader, Surface]] = {
    "generate_content": (content_request, _CONTENT),
    "stream_generate_content": (content_request, _CONTENT),
    "embed_content": (embed_request, _EMBEDDINGS),
    "batch_embed_contents": (embed_request, _EMBEDDINGS),
}


class GenerativeAI:
    """The ``google-generativeai`` package."""

    name = "generativeai"
    targets: tuple[Target, ...] = tuple(
        Target(module, f"{client}.{name}", GENERATED_METHOD, optional=True)
        for module, client in _CLIENTS
        for name in _METHODS
    )
    surfaces: Mapping[str, str] = {
        "GenerativeModel": "generate_content, generate_content_async, and their streams",
        "ChatSession": "send_message, send_message_async, and their streams",
        "embed_content": "embed_content, embed_content_async",
    }

    def request(self, call: Arguments) -> tuple[Request, Surface] | None:
        """The request and what reads its answer, by the method; None if it calls no model."""
        name = call.target.path.rpartition(".")[2]
        body = json_of(call.get(0, "request"))
        if not isinstance(body, Mapping):
            return None
        read, surface = _METHODS[name]
        request = read(body)
        model = body.get("model") or get_path(body, "requests", 0, "model")
        request.model = str(model).removeprefix("models/") if model else None
        request.provider = "gcp.gemini"
        request.stream = name.startswith("stream")
        host, _, port = str(get_path(call.instance, "transport", "host") or "").partition(":")
        if host:
            request.server_address = host
            request.server_port = int(port) if port.isdigit() else _HTTPS
        return request, surface

    def failure(self, error: BaseException) -> Failure:
        """Why a call raised: Google's exceptions carry an HTTP status, and gRPC's name for it."""
        failure = failure_of(error)
        code = getattr(error, "code", None)
        if isinstance(code, int):
            failure.status_code = int(code)
            failure.error_code = error_code_of_status(failure.status_code)
            failure.outcome = "failed"
        name = getattr(getattr(error, "grpc_status_code", None), "name", None)
        if isinstance(name, str):
            failure.provider_code = name
        return failure
