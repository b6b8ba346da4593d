"""Gemini's embeddings, in the shapes of the Gemini API and of Vertex AI, and Imagen's images."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hilt import semconv
from hilt.genai.coerce import as_list, count_or_none, length_or_none, list_or_empty
from hilt.genai.json_values import get_path, to_plain_json
from hilt.genai.media import blob_of_base64
from hilt.genai.values import Message, Request, Response, Surface, Usage
from hilt.providers.gemini.content import usage_of
from hilt.providers.gemini.parts import field, message_of
from hilt.providers.openai.embeddings import dimensions_of

__all__ = ["Embeddings", "Predictions", "embed_request", "predict_request"]


def embed_request(body: Mapping[str, Any]) -> Request:
    """What ``embedContent`` and ``batchEmbedContents`` ask for."""
    requests = field(body, "requests")
    requests = requests if isinstance(requests, (list, tuple)) else [body]
    first = requests[0] if requests else None
    return Request(
        "embeddings",
        "",
        messages=[content for each in requests if (content := field(each, "content")) is not None],
        read=message_of,
        attributes=_dimensions(
            field(first, "outputDimensionality")
            or field(field(first, "embedContentConfig"), "outputDimensionality")
        ),
    )


def predict_request(body: Mapping[str, Any]) -> Request:
    """What Vertex AI's ``predict`` asks for: embeddings of texts, or images of a prompt."""
    given = as_list(body.get("instances"))  # one by itself, as google-genai 1.0 sends it
    instances = [each for each in given if isinstance(each, Mapping)]
    parameters = body.get("parameters")
    if any("content" in each for each in instances):
        return Request(
            "embeddings",
            "",
            messages=[each.get("content") for each in instances],
            read=message_of,
            attributes=_dimensions(get_path(parameters, "outputDimensionality")),
        )
    attributes: dict[str, Any] = {semconv.OUTPUT_TYPE: "image"}
    count = count_or_none(get_path(parameters, "sampleCount"))
    if count is not None and count != 1:
        attributes[semconv.REQUEST_CHOICE_COUNT] = count
    return Request(
        "generate_content",
        "",
        messages=[each.get("prompt") for each in instances if isinstance(each.get("prompt"), str)],
        read=message_of,
        attributes=attributes,
    )


def _dimensions(value: Any) -> dict[str, Any]:
    count = count_or_none(value)
    return {} if count is None else {semconv.EMBEDDINGS_DIMENSION_COUNT: count}


class Embeddings(Surface):
    """Answers of ``embedContent`` and ``batchEmbedContents``."""

    name = "models.embed_content"

    def response(self, body: Any) -> Response:
        """How many vectors came, and how long they are."""
        rows = field(body, "embeddings")
        single = field(body, "embedding")
        if rows is None:
            rows = [] if single is None else single if isinstance(single, list) else [single]
        usage = field(body, "usageMetadata")
        return Response(
            model=field(body, "modelVersion") or None,
            vectors=length_or_none(rows),
            dimensions=dimensions_of(get_path(rows, 0, "values")),
            usage=usage_of(usage),
            raw_usage=to_plain_json(usage) if usage else None,
        )


class Predictions(Surface):
    """Answers of Vertex AI's ``predict``."""

    name = "models.predict"

    def response(self, body: Any) -> Response:
        """Vectors with their token counts, or images."""
        rows = list_or_empty(get_path(body, "predictions"))
        if get_path(rows, 0, "embeddings") is not None:
            return _vectors(rows)
        images = [_image(row) for row in rows]
        return Response(messages=[each for each in images if each is not None])


def _vectors(rows: Any) -> Response:
    counts = [
        count_or_none(get_path(row, "embeddings", "statistics", "token_count")) for row in rows
    ]
    known = [count for count in counts if count is not None]
    vector = get_path(rows, 0, "embeddings", "values")
    found = Response(vectors=len(rows), dimensions=dimensions_of(vector))
    if known:
        found.usage = Usage(input_tokens=sum(known))
        found.raw_usage = {"token_count": sum(known)}
    return found


def _image(row: Any) -> Message | None:
    data = get_path(row, "bytesBase64Encoded")
    if data:
        part = blob_of_base64(data, get_path(row, "mimeType") or "image/png")
        return {"role": "assistant", "parts": [part]}
    reason = get_path(row, "raiFilteredReason")
    if not reason:
        return None
    return {"role": "assistant", "parts": [{"type": "refusal", "content": str(reason)}]}
