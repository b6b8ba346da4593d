"""Ollama's embeddings, in both versions of its API."""

from __future__ import annotations

from collections.abc import Mapping

from hilt import semconv
from hilt.genai.coerce import length_or_none, text_or_none
from hilt.genai.json_values import get_path
from hilt.genai.values import Request, Response, Surface
from hilt.providers._embeddings import dimensions_of, input_message, inputs_of
from hilt.providers._parameters import count_attribute
from hilt.providers.ollama.chat import response_fields

__all__ = ["Embed", "embed_request"]


def embed_request(body: Mapping[str, object]) -> Request:
    """A request of ``embed``, and of ``embeddings`` before it."""
    return Request(
        "embeddings",
        "ollama",
        model=text_or_none(body.get("model")),
        messages=inputs_of(body.get("input") if "input" in body else body.get("prompt")),
        read=input_message,
        attributes=count_attribute(semconv.EMBEDDINGS_DIMENSION_COUNT, body.get("dimensions")),
    )


class Embed(Surface):
    """Answers of ``embed`` and ``embeddings``."""

    name = "embed"

    def response(self, body: object) -> Response:
        """The number of vectors and their dimensions."""
        response = response_fields(body)
        rows = get_path(body, "embeddings")
        if rows is None:
            single = get_path(body, "embedding")
            rows = [] if single is None else [single]
        response.vectors = length_or_none(rows)
        response.dimensions = dimensions_of(get_path(rows, 0))
        return response
