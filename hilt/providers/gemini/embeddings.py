"""Gemini's embeddings, in the shapes of the Gemini API and of Vertex AI, and Imagen's images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hilt import semconv
from hilt.genai.coerce import as_list, length_or_none, list_or_empty
from hilt.genai.json_values import get_path, to_plain_json
from hilt.genai.media import blob_of_base64
from hilt.genai.values import Message, Request, Response, Surface, Usage
from hilt.providers._counts import sum_of_counts
from hilt.providers._embeddings import dimensions_of
from hilt.providers._parameters import Attributes, add_choice_count, count_attribute
from hilt.providers.gemini.parts import get_field, message_of
from hilt.providers.gemini.usage import usage_of

__all__ = ["Embeddings", "Predictions", "embed_request", "predict_request"]


def embed_request(body: Mapping[str, object]) -> Request:
    """A request of ``embedContent`` and ``batchEmbedContents``."""
    requests = get_field(body, "requests")
    requests = requests if isinstance(requests, (list, tuple)) else [body]
    first = requests[0] if requests else None
    config = get_field(first, "embedContentConfig")
    dimensions = get_field(first, "outputDimensionality")
    contents = (get_field(each, "content") for each in requests)
    return Request(
        "embeddings",
        "",
        messages=[content for content in contents if content is not None],
        read=message_of,
        attributes=count_attribute(
            semconv.EMBEDDINGS_DIMENSION_COUNT,
            dimensions or get_field(config, "outputDimensionality"),
        ),
    )


def predict_request(body: Mapping[str, object]) -> Request:
    """A request of Vertex AI's ``predict``: embeddings of texts, or images of a prompt."""
    values = as_list(body.get("instances"))  # one by itself, as google-genai 1.0 sends it
    instances = [each for each in values if isinstance(each, Mapping)]
    parameters = body.get("parameters")
    if any("content" in each for each in instances):
        return Request(
            "embeddings",
            "",
            messages=[each.get("content") for each in instances],
            read=message_of,
            attributes=count_attribute(
                semconv.EMBEDDINGS_DIMENSION_COUNT, get_path(parameters, "outputDimensionality")
            ),
        )
    attributes: Attributes = {semconv.OUTPUT_TYPE: "image"}
    add_choice_count(attributes, get_path(parameters, "sampleCount"))
    return Request(
        "generate_content",
        "",
        messages=[content for each in instances if (content := _content_of(each))],
        read=message_of,
        attributes=attributes,
    )


_SENT_IMAGES = ("image", "referenceImages", "mask", "personImage", "productImages", "video")


def _content_of(instance: Mapping[str, object]) -> object:
    """The prompt of an image, with the images to edit, to try on or to begin from."""
    prompt = instance.get("prompt")
    images = [
        part
        for name in _SENT_IMAGES
        for image in as_list(instance.get(name))
        if (part := _raw_part(image)) is not None
    ]
    if not images:
        return prompt if isinstance(prompt, str) else None
    texts = [{"text": prompt}] if isinstance(prompt, str) else []
    return {"role": "user", "parts": [*texts, *images]}


def _raw_part(image: object) -> dict[str, object] | None:
    """An image as Gemini has it in its contents; Imagen wraps it once more."""
    wrapped = get_path(image, "referenceImage") or get_path(image, "image")
    image = wrapped if isinstance(wrapped, Mapping) else image
    mime_type = get_path(image, "mimeType") or "image/png"
    data, uri = get_path(image, "bytesBase64Encoded"), get_path(image, "gcsUri")
    if data:
        return {"inlineData": {"data": data, "mimeType": mime_type}}
    return {"fileData": {"fileUri": uri, "mimeType": mime_type}} if uri else None


class Embeddings(Surface):
    """Answers of ``embedContent`` and ``batchEmbedContents``."""

    name = "models.embed_content"
    json = True

    def response(self, body: object) -> Response:
        """The number of vectors and their dimensions."""
        rows = get_field(body, "embeddings")
        if rows is None:
            single = get_field(body, "embedding")
            rows = [] if single is None else single if isinstance(single, list) else [single]
        usage = get_field(body, "usageMetadata")
        return Response(
            model=get_field(body, "modelVersion") or None,
            vectors=length_or_none(rows),
            dimensions=dimensions_of(get_path(rows, 0, "values")),
            usage=usage_of(usage),
            raw_usage=to_plain_json(usage) if usage else None,
        )


class Predictions(Surface):
    """Answers of Vertex AI's ``predict``."""

    name = "models.predict"
    json = True

    def response(self, body: object) -> Response:
        """Vectors with their token counts, or images."""
        rows = list_or_empty(get_path(body, "predictions"))
        if get_path(rows, 0, "embeddings") is not None:
            return _vectors_response(rows)
        images = [_image_message(row) for row in rows]
        return Response(messages=[message for message in images if message is not None])


def _vectors_response(rows: Sequence[object]) -> Response:
    counts = (get_path(row, "embeddings", "statistics", "token_count") for row in rows)
    vector = get_path(rows, 0, "embeddings", "values")
    response = Response(vectors=len(rows), dimensions=dimensions_of(vector))
    total = sum_of_counts(*counts)
    if total is not None:
        response.usage = Usage(input_tokens=total)
        response.raw_usage = {"token_count": total}
    return response


def _image_message(row: object) -> Message | None:
    data, reason = get_path(row, "bytesBase64Encoded"), get_path(row, "raiFilteredReason")
    if data:
        part = blob_of_base64(data, get_path(row, "mimeType") or "image/png")
        return {"role": "assistant", "parts": [part]}
    if not reason:
        return None
    return {"role": "assistant", "parts": [{"type": "refusal", "content": str(reason)}]}
