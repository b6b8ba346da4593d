"""Voyage AI's embeddings: of texts, of documents in chunks, of texts and images together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hilt import semconv
from hilt.genai.coerce import as_list, list_or_empty, text_or_none, to_text
from hilt.genai.json_values import get_path
from hilt.genai.media import blob_of_url
from hilt.genai.values import Message, Part, Request, Response, Surface
from hilt.providers._embeddings import dimensions_of, input_message, inputs_of
from hilt.providers._message_parts import text_part
from hilt.providers._parameters import count_attribute
from hilt.providers.voyage.usage import response_fields

__all__ = ["Embeddings", "contextualized_request", "embed_request", "multimodal_request"]


def embed_request(body: Mapping[str, object]) -> Request:
    """A request of ``embed``."""
    return _embeddings_request(body, body.get("input"), input_message)


def contextualized_request(body: Mapping[str, object]) -> Request:
    """A request of ``contextualized_embed``: each input is a document, in chunks."""
    return _embeddings_request(body, body.get("inputs"), _document_message)


def multimodal_request(body: Mapping[str, object]) -> Request:
    """A request of ``multimodal_embed``: each input is a series of texts and images."""
    return _embeddings_request(body, body.get("inputs"), _segments_message)


def _embeddings_request(
    body: Mapping[str, object], inputs: object, read: Callable[[Any], Message]
) -> Request:
    attributes = count_attribute(semconv.EMBEDDINGS_DIMENSION_COUNT, body.get("output_dimension"))
    if isinstance(body.get("output_dtype"), str):
        attributes[semconv.REQUEST_ENCODING_FORMATS] = [body["output_dtype"]]
    return Request(
        "embeddings",
        "voyage",
        model=text_or_none(body.get("model")),
        messages=inputs_of(inputs),
        read=read,
        attributes=attributes,
    )


def _document_message(chunks: object) -> Message:
    texts = chunks if isinstance(chunks, list) else [chunks]
    return {"role": "user", "parts": [text_part(each) for each in texts]}


def _segments_message(value: object) -> Message:
    content = value if isinstance(value, str) else get_path(value, "content")
    return {"role": "user", "parts": [_segment_part(each) for each in as_list(content)]}


def _segment_part(segment: object) -> Part:
    if isinstance(segment, str):
        return text_part(segment)
    kind = str(getattr(get_path(segment, "type"), "value", get_path(segment, "type")))
    value = to_text(get_path(segment, kind))
    if kind == "text":
        return text_part(value)
    return blob_of_url(value, modality="video" if kind.startswith("video") else "image")


class Embeddings(Surface):
    """Answers of the three ways to embed."""

    name = "embed"

    def response(self, body: object) -> Response:
        """The number of vectors and their dimensions."""
        response = response_fields(body)
        rows: list[object] = []
        for row in list_or_empty(get_path(body, "data")):
            rows += list_or_empty(get_path(row, "data")) or [row]  # a document: a vector a chunk
        response.vectors = len(rows)
        response.dimensions = dimensions_of(get_path(rows, 0, "embedding"))
        return response
