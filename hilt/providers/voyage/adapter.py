"""Voyage AI's SDK: embeddings of texts, of documents with their context, of images; rerankings."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hilt.genai.outcome import failure_of
from hilt.genai.values import Arguments, Failure, Request, Surface, Target
from hilt.instrumentation.nested_methods import INNER_METHOD, OUTER_METHOD
from hilt.providers._http import retry_after_of, server_of_url
from hilt.providers.voyage.embeddings import (
    Embeddings,
    contextualized_request,
    embed_request,
    multimodal_request,
)
from hilt.providers.voyage.rerank import Rerank, rerank_request

__all__ = ["Voyage"]

RequestReader = Callable[[Mapping[str, object]], Request]

_CLIENTS = (("voyageai.client", "Client"), ("voyageai.client_async", "AsyncClient"))
_METHODS = ("embed", "contextualized_embed", "multimodal_embed", "rerank")
_EMBEDDINGS = Embeddings()
_ROUTES: dict[str, tuple[RequestReader, Surface]] = {
    "/embeddings": (embed_request, _EMBEDDINGS),
    "/contextualizedembeddings": (contextualized_request, _EMBEDDINGS),
    "/multimodalembeddings": (multimodal_request, _EMBEDDINGS),
    "/rerank": (rerank_request, Rerank()),
}


class Voyage:
    """The ``voyageai`` package: what its clients send to the API; local models make no calls."""

    name = "voyage"
    targets: tuple[Target, ...] = (
        *(
            Target(module, f"{client}.{name}", OUTER_METHOD, optional=True)
            for module, client in _CLIENTS
            for name in _METHODS
        ),
        Target("voyageai.api_resources.api_requestor", "APIRequestor.request", INNER_METHOD),
        Target("voyageai.api_resources.api_requestor", "APIRequestor.arequest", INNER_METHOD),
    )
    surfaces: Mapping[str, str] = {
        "embeddings": "embed, contextualized_embed, multimodal_embed",
        "rerank": "rerank",
    }

    def request(self, call: Arguments) -> tuple[Request, Surface] | None:
        """The request and what reads its answer, by its path; None if it calls no model."""
        route = _ROUTES.get(call.get(1, "url"))
        body = call.get(2, "params")
        if route is None or not isinstance(body, Mapping):
            return None
        read, surface = route
        request = read(body)
        client = call.instance
        url = getattr(client, "base_url", None) or getattr(client, "api_base", None)
        if isinstance(url, str):
            request.server_address, request.server_port = server_of_url(url)
        return request, surface

    def failure(self, error: BaseException) -> Failure:
        """Why a call raised."""
        failure = failure_of(error)
        if failure.retry_after is None:
            failure.retry_after = retry_after_of(error)
        return failure
