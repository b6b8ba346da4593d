"""Voyage AI's SDK: embeddings of texts, of documents with their context, of images; rerankings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hilt import semconv
from hilt.genai.coerce import as_list, count_or_none, list_or_empty, number_or_none, to_text
from hilt.genai.json_values import get_path, to_plain_json
from hilt.genai.media import blob_of_url
from hilt.genai.outcome import failure_of
from hilt.genai.values import (
    Arguments,
    Failure,
    Message,
    Part,
    Request,
    Response,
    Surface,
    Target,
    Usage,
)
from hilt.instrumentation.nested_methods import INNER_METHOD, OUTER_METHOD
from hilt.providers.gemini.adapter import server_of_url
from hilt.providers.openai.embeddings import dimensions_of, input_message, inputs_of

__all__ = ["Voyage"]

Reader = Callable[[Mapping[str, Any]], Request]

_CLIENTS = (("voyageai.client", "Client"), ("voyageai.client_async", "AsyncClient"))
_DOORS = ("embed", "contextualized_embed", "multimodal_embed", "rerank")


# -- requests ---------------------------------------------------------------------------------


def embed_request(body: Mapping[str, Any]) -> Request:
    """What ``embed`` asks for."""
    return _embeddings(body, inputs_of(body.get("input")), input_message)


def contextualized_request(body: Mapping[str, Any]) -> Request:
    """What ``contextualized_embed`` asks for: each input is a document, in chunks."""
    return _embeddings(body, inputs_of(body.get("inputs")), _document)


def multimodal_request(body: Mapping[str, Any]) -> Request:
    """What ``multimodal_embed`` asks for: each input is a series of texts and images."""
    return _embeddings(body, inputs_of(body.get("inputs")), _segments)


def _embeddings(
    body: Mapping[str, Any], inputs: list[Any], read: Callable[[Any], Message]
) -> Request:
    attributes: dict[str, Any] = {}
    dimensions = count_or_none(body.get("output_dimension"))
    if dimensions is not None:
        attributes[semconv.EMBEDDINGS_DIMENSION_COUNT] = dimensions
    if isinstance(body.get("output_dtype"), str):
        attributes[semconv.REQUEST_ENCODING_FORMATS] = [body["output_dtype"]]
    return Request(
        "embeddings",
        "voyage",
        model=body.get("model"),
        messages=inputs,
        read=read,
        attributes=attributes,
    )


def _document(chunks: Any) -> Message:
    texts = chunks if isinstance(chunks, list) else [chunks]
    return {"role": "user", "parts": [{"type": "text", "content": to_text(each)} for each in texts]}


def _segments(given: Any) -> Message:
    content = given if isinstance(given, str) else get_path(given, "content")
    return {"role": "user", "parts": [_segment(each) for each in as_list(content)]}


def _segment(segment: Any) -> Part:
    kind = str(getattr(get_path(segment, "type"), "value", get_path(segment, "type")))
    value = segment if isinstance(segment, str) else to_text(get_path(segment, kind))
    if kind == "text" or value is segment:
        return {"type": "text", "content": value}
    return blob_of_url(value, modality="video" if kind.startswith("video") else "image")


def rerank_request(body: Mapping[str, Any]) -> Request:
    """What ``rerank`` asks for."""
    top = count_or_none(body.get("top_k"))
    query = body.get("query")
    documents = body.get("documents")
    return Request(
        "rerank",
        "voyage",
        model=body.get("model"),
        messages=[{"role": "user", "parts": [{"type": "text", "content": to_text(query)}]}],
        attributes={} if top is None else {semconv.RETRIEVAL_TOP_K: top},
        documents=documents if isinstance(documents, list) else None,
    )


# -- answers ----------------------------------------------------------------------------------


def _facts(body: Any) -> Response:
    usage = get_path(body, "usage")
    total = count_or_none(get_path(usage, "total_tokens"))
    found = Response(model=get_path(body, "model") or None)
    if usage:
        found.usage = Usage(input_tokens=total, total_tokens=total)
        found.raw_usage = to_plain_json(usage)
    return found


class Embeddings(Surface):
    """Answers of the three ways to embed."""

    name = "embed"

    def response(self, body: Any) -> Response:
        """How many vectors came, and how long they are."""
        found = _facts(body)
        rows: list[Any] = []
        for row in list_or_empty(get_path(body, "data")):
            rows += list_or_empty(get_path(row, "data")) or [
                row
            ]  # a document: a vector for each chunk
        found.vectors = len(rows)
        found.dimensions = dimensions_of(get_path(rows, 0, "embedding"))
        return found


class Rerank(Surface):
    """Answers of ``rerank``."""

    name = "rerank"

    def response(self, body: Any) -> Response:
        """The documents by rank, with their scores."""
        found = _facts(body)
        found.documents = [_ranked(row) for row in list_or_empty(get_path(body, "data"))]
        return found


def _ranked(row: Any) -> dict[str, Any]:
    found = {
        "index": count_or_none(get_path(row, "index")),
        "score": number_or_none(get_path(row, "relevance_score")),
    }
    text = get_path(row, "document")
    return {**found, "text": text} if isinstance(text, str) else found


_embeddings_surface = Embeddings()
_ROUTES: dict[str, tuple[Reader, Surface]] = {
    "/embeddings": (embed_request, _embeddings_surface),
    "/contextualizedembeddings": (contextualized_request, _embeddings_surface),
    "/multimodalembeddings": (multimodal_request, _embeddings_surface),
    "/rerank": (rerank_request, Rerank()),
}


class Voyage:
    """The ``voyageai`` package: what its clients ask of the API; local models are no calls."""

    name = "voyage"
    targets: tuple[Target, ...] = (
        *(
            Target(module, f"{client}.{name}", OUTER_METHOD, optional=True)
            for module, client in _CLIENTS
            for name in _DOORS
        ),
        Target("voyageai.api_resources.api_requestor", "APIRequestor.request", INNER_METHOD),
        Target("voyageai.api_resources.api_requestor", "APIRequestor.arequest", INNER_METHOD),
    )
    surfaces: Mapping[str, str] = {
        "embeddings": "embed, contextualized_embed, multimodal_embed",
        "rerank": "rerank",
    }

    def request(self, call: Arguments) -> tuple[Request, Surface] | None:
        """What a request asks for, by its path; the SDK has built it."""
        route = _ROUTES.get(call.get(1, "url"))
        body = call.get(2, "params")
        if route is None or not isinstance(body, Mapping):
            return None
        read, surface = route
        request = read(body)
        base = getattr(call.instance, "base_url", None) or getattr(call.instance, "api_base", None)
        if isinstance(base, str):
            request.server_address, request.server_port = server_of_url(base)
        return request, surface

    def failure(self, error: BaseException) -> Failure:
        """Why a call raised."""
        found = failure_of(error)
        headers = getattr(error, "headers", None) or {}
        delay = headers.get("retry-after")
        if found.retry_after is None and isinstance(delay, str) and delay.isdigit():
            found.retry_after = float(delay)
        return found
