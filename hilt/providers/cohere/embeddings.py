"""Cohere's embeddings, of texts, images, and inputs of both."""

from __future__ import annotations

from collections.abc import Mapping

from hilt import semconv
from hilt.genai.coerce import as_list, text_or_none, to_text
from hilt.genai.json_values import get_path, to_plain_json
from hilt.genai.media import blob_of_url
from hilt.genai.values import Message, Request, Response, Surface
from hilt.providers._chat_messages import part_of
from hilt.providers._embeddings import dimensions_of, input_message
from hilt.providers._parameters import count_attribute
from hilt.providers.cohere.fields import failure_of_body, usage_of

__all__ = ["Embed", "embed_request"]

_BITS_PER_BYTE = 8


def embed_request(body: Mapping[str, object]) -> Request:
    """A request of ``embed``."""
    attributes = count_attribute(semconv.EMBEDDINGS_DIMENSION_COUNT, body.get("output_dimension"))
    kinds = body.get("embedding_types")
    if isinstance(kinds, list) and kinds:
        attributes[semconv.REQUEST_ENCODING_FORMATS] = to_plain_json(kinds)
    images = [_Image(to_text(each)) for each in as_list(body.get("images"))]
    return Request(
        "embeddings",
        "cohere",
        model=text_or_none(body.get("model")),
        messages=[*as_list(body.get("texts")), *images, *as_list(body.get("inputs"))],
        read=message_of,
        attributes=attributes,
    )


class _Image(str):
    """A data URL among the inputs."""

    __slots__ = ()


def message_of(value: object) -> Message:
    """An input as the message of a user."""
    if isinstance(value, _Image):
        return {"role": "user", "parts": [blob_of_url(value)]}
    content = get_path(value, "content")
    if isinstance(content, list):
        return {"role": "user", "parts": [part_of(part) for part in content]}
    return input_message(value)


class Embed(Surface):
    """Answers of ``embed``, which has the vectors by type where the request names types."""

    name = "embed"

    def response(self, body: object) -> Response:
        """The number of vectors and their dimensions."""
        rows = get_path(body, "embeddings")
        by_type = rows if isinstance(rows, Mapping) else {"float": rows}
        vectors = {kind: each for kind, each in by_type.items() if isinstance(each, (list, tuple))}
        response = Response(id=get_path(body, "id") or None)
        if rows is None:
            response.failure = failure_of_body(body)
        response.vectors = sum(map(len, vectors.values())) if vectors else None
        response.dimensions = next(
            (_dimensions_of_type(kind, each[0]) for kind, each in vectors.items() if each), None
        )
        response.usage, response.raw_usage = usage_of(get_path(body, "meta"))
        return response


def _dimensions_of_type(kind: str, vector: object) -> int | None:
    length = dimensions_of(vector)
    return length * _BITS_PER_BYTE if length is not None and kind.endswith("binary") else length
