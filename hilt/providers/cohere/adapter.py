"""Cohere's SDK: chat in both versions, generate, embeddings and rerankings."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from typing import Any

from hilt import semconv
from hilt.genai.coerce import as_list, count_or_none, list_or_empty, number_or_none, to_text
from hilt.genai.json_values import get_path, to_plain_json
from hilt.genai.media import blob_of_url
from hilt.genai.outcome import failure_of, without_secrets
from hilt.genai.values import (
    Arguments,
    Failure,
    Message,
    Request,
    Response,
    Surface,
    Target,
)
from hilt.instrumentation.thread_pool_methods import THREAD_POOL_METHOD
from hilt.providers._chat_completions import part_of
from hilt.providers._hosts import provider_of_host
from hilt.providers.cohere import chat_v1, chat_v2, hooks
from hilt.providers.cohere.fields import usage_of
from hilt.providers.cohere.requests import Refused, Sent
from hilt.providers.gemini.adapter import server_of_url
from hilt.providers.openai.embeddings import dimensions_of, input_message

__all__ = ["Cohere", "embed_request", "rerank_request"]

Reader = Callable[[Mapping[str, Any]], Request]

_PATH = re.compile(r"/?(?:(v[12])/)?(chat|generate|embed|rerank)")


# -- requests ---------------------------------------------------------------------------------


def embed_request(body: Mapping[str, Any]) -> Request:
    """What ``embed`` asks for: texts, images, or inputs of both."""
    attributes: dict[str, Any] = {}
    kinds, dimensions = body.get("embedding_types"), count_or_none(body.get("output_dimension"))
    if isinstance(kinds, list) and kinds:
        attributes[semconv.REQUEST_ENCODING_FORMATS] = to_plain_json(kinds)
    if dimensions is not None:
        attributes[semconv.EMBEDDINGS_DIMENSION_COUNT] = dimensions
    images = [_Image(to_text(each)) for each in as_list(body.get("images"))]
    return Request(
        "embeddings",
        "cohere",
        model=body.get("model"),
        messages=[*as_list(body.get("texts")), *images, *as_list(body.get("inputs"))],
        read=_input,
        attributes=attributes,
    )


class _Image(str):
    """A data URL among the inputs."""

    __slots__ = ()


def _input(given: Any) -> Message:
    if isinstance(given, _Image):
        return {"role": "user", "parts": [blob_of_url(given)]}
    content = get_path(given, "content")
    if isinstance(content, list):
        return {"role": "user", "parts": [part_of(part) for part in content]}
    return input_message(given)


def rerank_request(body: Mapping[str, Any]) -> Request:
    """What ``rerank`` asks for."""
    top = count_or_none(body.get("top_n"))
    documents = body.get("documents")
    query = to_text(body.get("query"))
    return Request(
        "rerank",
        "cohere",
        model=body.get("model"),
        messages=[{"role": "user", "parts": [{"type": "text", "content": query}]}],
        attributes={} if top is None else {semconv.RETRIEVAL_TOP_K: top},
        documents=documents if isinstance(documents, list) else None,
    )


# -- answers ----------------------------------------------------------------------------------


class Embed(Surface):
    """Answers of ``embed``, which has the vectors by type where types were asked for."""

    name = "embed"

    def response(self, body: Any) -> Response:
        """How many vectors came, and how long they are."""
        rows = get_path(body, "embeddings")
        by_type = rows if isinstance(rows, Mapping) else {"float": rows}
        vectors = {kind: each for kind, each in by_type.items() if isinstance(each, (list, tuple))}
        found = Response(id=get_path(body, "id") or None)
        found.vectors = sum(map(len, vectors.values())) if vectors else None
        found.dimensions = next(
            (_dimensions(kind, each[0]) for kind, each in vectors.items() if each), None
        )
        found.usage, found.raw_usage = usage_of(get_path(body, "meta"))
        return found


def _dimensions(kind: str, vector: Any) -> int | None:
    length = dimensions_of(vector)
    return length * 8 if length is not None and kind.endswith("binary") else length


class Rerank(Surface):
    """Answers of ``rerank``."""

    name = "rerank"

    def response(self, body: Any) -> Response:
        """The documents by rank, with their scores."""
        found = Response(id=get_path(body, "id") or None)
        found.documents = [_ranked(row) for row in list_or_empty(get_path(body, "results"))]
        found.usage, found.raw_usage = usage_of(get_path(body, "meta"))
        return found


def _ranked(row: Any) -> dict[str, Any]:
    found = {
        "index": count_or_none(get_path(row, "index")),
        "score": number_or_none(get_path(row, "relevance_score")),
    }
    text = get_path(row, "document", "text")
    return {**found, "text": text} if isinstance(text, str) else found


_ROUTES: dict[tuple[str, str], tuple[Reader, Surface]] = {
    ("v1", "chat"): (chat_v1.chat_request, chat_v1.ChatV1()),
    ("v1", "generate"): (chat_v1.generate_request, chat_v1.GenerateV1()),
    ("v1", "embed"): (embed_request, Embed()),
    ("v1", "rerank"): (rerank_request, Rerank()),
    ("v2", "chat"): (chat_v2.chat_request, chat_v2.ChatV2()),
    ("v2", "embed"): (embed_request, Embed()),
    ("v2", "rerank"): (rerank_request, Rerank()),
}


class Cohere:
    """The ``cohere`` package: the clients of both versions of the API, plain and asynchronous."""

    name = "cohere"
    targets: tuple[Target, ...] = (
        *(
            Target("cohere.core.http_client", f"{client}.{name}", hook)
            for client in ("HttpClient", "AsyncHttpClient")
            for name, hook in (("request", hooks.REQUEST), ("stream", hooks.STREAM))
        ),
        Target("cohere.core.http_client", "get_request_body", hooks.REQUEST_BODY),
        *(
            Target(module, f"{client}.{name}", hooks.STREAM_METHOD, optional=True)
            for module, clients in (
                ("cohere.base_client", ("BaseCohere", "AsyncBaseCohere")),
                ("cohere.v2.client", ("V2Client", "AsyncV2Client")),
            )
            for client in clients
            for name in ("chat_stream", "generate_stream")
        ),
        Target("cohere.client", "Client.embed", THREAD_POOL_METHOD, optional=True),
    )
    surfaces: Mapping[str, str] = {
        "chat": "chat, chat_stream",
        "generate": "generate, generate_stream",
        "embeddings": "embed",
        "rerank": "rerank",
    }

    def request(self, call: Arguments) -> tuple[Request, Surface] | None:
        """What a request asks for, by its path; the SDK has built it."""
        sent = call.get(0, "sent")
        path = _PATH.fullmatch(sent.path) if isinstance(sent, Sent) else None
        if path is None or not isinstance(sent.body, Mapping):
            return None
        route = _ROUTES.get((path[1] or "v1", path[2]))
        if route is None:
            return None
        read, surface = route
        request = read(sent.body)
        if sent.base_url:
            request.server_address, request.server_port = server_of_url(sent.base_url)
        request.provider = provider_of_host(request.server_address, None, "cohere")
        request.stream = sent.stream
        return request, surface

    def failure(self, error: BaseException) -> Failure:
        """Why a call raised; the headers that the SDK's exceptions print are left out."""
        found = failure_of(error)
        body = getattr(error, "body", None)
        message = get_path(body, "message") if body is not None else None
        if message or body:
            found.message = without_secrets(str(message or body))
        headers = getattr(error, "headers", None) or {}
        delay = headers.get("retry-after")
        if found.retry_after is None and isinstance(delay, str) and delay.isdigit():
            found.retry_after = float(delay)
        if isinstance(error, Refused):
            found.error_type = _refused_type(error)
        return found


_REFUSALS = {
    400: "BadRequestError",
    401: "UnauthorizedError",
    403: "ForbiddenError",
    404: "NotFoundError",
    422: "UnprocessableEntityError",
    429: "TooManyRequestsError",
    498: "InvalidTokenError",
    499: "ClientClosedRequestError",
    500: "InternalServerError",
    501: "NotImplementedError",
    503: "ServiceUnavailableError",
    504: "GatewayTimeoutError",
}


def _refused_type(error: Refused) -> str:
    """The class of the exception that the SDK raises for an HTTP response."""
    name = _REFUSALS.get(error.status_code) if error.is_json else None
    cls = getattr(sys.modules.get("cohere.errors"), name, None) if name else None
    if isinstance(cls, type):
        return f"{cls.__module__}.{cls.__qualname__}"
    return "cohere.core.api_error.ApiError"
