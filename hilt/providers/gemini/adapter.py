"""google-genai: Gemini's own API, Vertex AI, and what is common to both."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from hilt.genai.coerce import list_or_empty
from hilt.genai.json_values import get_path, json_or_text
from hilt.genai.values import Arguments, Failure, Request, Surface, Target
from hilt.instrumentation.attempts import ATTEMPT
from hilt.instrumentation.tool_spans import TOOL
from hilt.providers import _speakeasy, _speakeasy_hooks, _stainless, _stainless_hooks
from hilt.providers._speakeasy import Refused
from hilt.providers._stainless import Options
from hilt.providers.gemini.content import GenerateContent, content_request
from hilt.providers.gemini.embeddings import (
    Embeddings,
    Predictions,
    embed_request,
    predict_request,
)
from hilt.providers.gemini.hooks import API_REQUEST
from hilt.providers.gemini.interactions import Interactions, interaction_request
from hilt.providers.gemini.streams import StreamedContent

__all__ = ["Gemini", "retry_delay"]

Reader = Callable[[Mapping[str, Any]], Request]

_CLIENTS = ("BaseApiClient", "ApiClient")
"""The class had the second name before google-genai 1.1."""

_generate, _embeddings, _predictions = GenerateContent(), Embeddings(), Predictions()
_interactions = Interactions()
_VERBS: dict[str, tuple[Reader, Surface]] = {
    "generateContent": (content_request, _generate),
    "streamGenerateContent": (content_request, _generate),
    "embedContent": (embed_request, _embeddings),
    "batchEmbedContents": (embed_request, _embeddings),
    "predict": (predict_request, _predictions),
}
_MODEL = re.compile(r"/((?:publishers/[^/]+/)?(?:models|tunedModels|endpoints)/[^:?]+):(\w+)")
_INTERACTION = re.compile(r".*/interactions(?:/([^/:]+)(?:/cancel|:cancel)?)?/?")


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
        *_speakeasy_hooks.targets("google.genai._gaos", clients=("BaseSDK", "AsyncBaseSDK")),
        *(
            msgspec.structs.replace(target, optional=True)  # gone since google-genai 3
            for target in _stainless_hooks.targets("google.genai._interactions")
        ),
    )
    surfaces: Mapping[str, str] = {
        "models": "generate_content, generate_content_stream, embed_content, generate_images",
        "chats": "send_message, send_message_stream",
        "interactions": "create, get, cancel",
    }

    def request(self, call: Arguments) -> tuple[Request, Surface] | None:
        """What a request asks for, by the end of its path."""
        if call.target.hook is API_REQUEST:
            return self._models(call)
        is_speakeasy = call.target.hook is _speakeasy_hooks.DO_REQUEST
        read = _speakeasy.sent_of if is_speakeasy else _stainless.options_of
        sent = read(call)
        return None if sent is None else self._interaction(sent)

    def _models(self, call: Arguments) -> tuple[Request, Surface] | None:
        sent = call.get(0, "http_request")
        url = sent.url
        found = _MODEL.search(url)
        route = _VERBS.get(found[2]) if found else None
        if found is None or route is None or not isinstance(sent.data, Mapping):
            return None
        read, surface = route
        request = read(sent.data)
        request.model = found[1].rpartition("/")[2]
        request.provider = "gcp.vertex_ai" if get_path(call.instance, "vertexai") else "gcp.gemini"
        request.stream = found[2].startswith("stream")
        if request.stream:
            surface = StreamedContent()
        request.server_address, request.server_port = server_of_url(url)
        return request, surface

    def _interaction(self, sent: Options) -> tuple[Request, Surface] | None:
        found = _INTERACTION.fullmatch(sent.path)
        if found is None or sent.method not in ("post", "get"):
            return None
        if found[1]:
            request = Request("fetch_response", "", fetched_response=found[1], stream=sent.stream)
        elif sent.method == "post":
            request = interaction_request(sent.body)
        else:
            return None
        vertex = "aiplatform" in (sent.address or "")
        request.provider = "gcp.vertex_ai" if vertex else "gcp.gemini"
        request.server_address, request.server_port = sent.address, sent.port
        return request, _interactions

    def failure(self, error: BaseException) -> Failure:
        """Why a call raised: the provider's code is a word, ``RESOURCE_EXHAUSTED``."""
        found = _stainless.failure(error)
        if isinstance(error, Refused):
            found.error_type = _refused_type(error.status_code)
        details = getattr(error, "details", None) or getattr(error, "body", None)
        details = json_or_text(details)
        if isinstance(details, list) and details:
            details = details[0]
        details = get_path(details, "error") or details
        status = get_path(details, "status")
        if isinstance(status, str):
            found.provider_code = status
        if found.retry_after is None:
            found.retry_after = retry_delay(details)
        return found


_REFUSED = {
    400: "BadRequestError",
    401: "AuthenticationError",
    403: "PermissionDeniedError",
    404: "NotFoundError",
    409: "ConflictError",
    422: "UnprocessableEntityError",
    429: "RateLimitError",
}


def _refused_type(status: int) -> str:
    """The class of the exception that the interactions' client raises for a status."""
    other = "InternalServerError" if status >= 500 else "APIStatusError"  # noqa: PLR2004
    return f"google.genai.lib.compat_errors.{_REFUSED.get(status, other)}"


def retry_delay(details: Any) -> float | None:
    """The seconds of a ``google.rpc.RetryInfo``, ``"retryDelay": "12s"``."""
    for each in list_or_empty(get_path(details, "details")):
        delay = get_path(each, "retryDelay")
        if isinstance(delay, str) and delay.endswith("s"):
            try:
                return float(delay[:-1])
            except ValueError:
                return None
    return None


def server_of_url(url: str) -> tuple[str | None, int | None]:
    """Host and port of a URL; its query, where a key may stand, is not looked at."""
    scheme, _, rest = url.partition("://")
    host, _, port = rest.partition("/")[0].rpartition("@")[2].partition(":")
    if not host:
        return None, None
    return host, int(port) if port.isdecimal() else (80 if scheme == "http" else 443)
