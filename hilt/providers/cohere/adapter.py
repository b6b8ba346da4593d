"""Cohere's SDK: chat in both versions, generate, embeddings, rerankings and classifications."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping

from hilt.genai.json_values import get_path
from hilt.genai.outcome import failure_of, without_secrets
from hilt.genai.values import Arguments, Failure, Request, Surface, Target
from hilt.instrumentation.thread_pool_methods import THREAD_POOL_METHOD
from hilt.providers._http import HttpRequest, retry_after_of, set_server, without_query
from hilt.providers.cohere import chat_v1, chat_v2, hooks
from hilt.providers.cohere.classify import Classify, classify_request
from hilt.providers.cohere.embeddings import Embed, embed_request
from hilt.providers.cohere.requests import FernErrorResponse
from hilt.providers.cohere.rerank import Rerank, rerank_request

__all__ = ["Cohere"]

RequestReader = Callable[[Mapping[str, object]], Request]

_PATH = re.compile(r"/?(?:(v[12])/)?(chat|generate|embed|rerank|classify)")
_ROUTES: dict[tuple[str, str], tuple[RequestReader, Surface]] = {
    ("v1", "chat"): (chat_v1.chat_request, chat_v1.ChatV1()),
    ("v1", "generate"): (chat_v1.generate_request, chat_v1.GenerateV1()),
    ("v1", "embed"): (embed_request, Embed()),
    ("v1", "rerank"): (rerank_request, Rerank()),
    ("v1", "classify"): (classify_request, Classify()),
    ("v2", "chat"): (chat_v2.chat_request, chat_v2.ChatV2()),
    ("v2", "embed"): (embed_request, Embed()),
    ("v2", "rerank"): (rerank_request, Rerank()),
}
_SUCCESSES = range(200, 300)
_ERRORS = {
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
"""The SDK's exceptions by status."""


class Cohere:
    """The ``cohere`` package: the sync and async clients of both versions of the API."""

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
        "classify": "classify",
    }

    def request(self, call: Arguments) -> tuple[Request, Surface] | None:
        """The request and what reads its answer, by its path; None if it calls no model."""
        sent = call.get(0, "sent")
        path = _PATH.fullmatch(without_query(sent.path)) if isinstance(sent, HttpRequest) else None
        route = None if path is None else _ROUTES.get((path[1] or "v1", path[2]))
        if route is None:
            return None
        read, surface = route
        request = read(sent.body)
        set_server(request, sent, "cohere")
        return request, surface

    def failure(self, error: BaseException) -> Failure:
        """Why a call raised; the headers that the SDK's exceptions print are left out."""
        failure = failure_of(error)
        body = getattr(error, "body", None)
        message = get_path(body, "message") or body
        if message:
            failure.message = without_secrets(str(message))
        if failure.retry_after is None:
            failure.retry_after = retry_after_of(error)
        if isinstance(error, FernErrorResponse):
            failure.error_type = _error_type_of(error)
        return failure


def _error_type_of(error: FernErrorResponse) -> str:
    """The class of the exception that the SDK raises for an HTTP response."""
    if error.status_code in _SUCCESSES and error.is_json:
        return "TypeError"  # it makes its answers of objects
    name = _ERRORS.get(error.status_code) if error.is_json else None
    cls = getattr(sys.modules.get("cohere.errors"), name, None) if name else None
    if isinstance(cls, type):
        return f"{cls.__module__}.{cls.__qualname__}"
    return "cohere.core.api_error.ApiError"
