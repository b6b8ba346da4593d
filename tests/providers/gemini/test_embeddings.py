"""Gemini's embeddings and Imagen's images."""

from __future__ import annotations

from typing import Any

import pytest

from hilt.genai.values import Request, Response, Usage
from hilt.providers.gemini.embeddings import (
    Embeddings,
    Predictions,
    embed_request,
    predict_request,
)
from hilt.providers.gemini.parts import message_of
from tests.providers.wire import PIXELS_BASE64, PIXELS_DIGEST

CONTENT = {"parts": [{"text": "One."}]}
DIMENSIONS = "gen_ai.embeddings.dimension.count"


@pytest.mark.parametrize(
    ("body", "contents", "attributes"),
    [
        ({"content": CONTENT, "outputDimensionality": 8}, [CONTENT], {DIMENSIONS: 8}),
        ({"content": CONTENT, "embedContentConfig": {"outputDimensionality": 8}}, [CONTENT],
         {DIMENSIONS: 8}),
        ({"requests": [{"content": CONTENT, "outputDimensionality": 8}, {"content": CONTENT}]},
         [CONTENT, CONTENT], {DIMENSIONS: 8}),
        ({"requests": []}, [], {}),
        ({"requests": [{}]}, [], {}),
    ],
)  # fmt: skip
def test_embed_request(body: Any, contents: list[Any], attributes: dict[str, Any]) -> None:
    """One content, or those of a batch."""
    assert embed_request(body) == Request(
        "embeddings", "", messages=contents, read=message_of, attributes=attributes
    )


def test_predict_request_for_embeddings() -> None:
    """Vertex AI's instances with a content."""
    body = {
        "instances": [{"content": "One."}, {"content": "Two."}],
        "parameters": {"outputDimensionality": 8},
    }

    assert predict_request(body) == Request(
        "embeddings",
        "",
        messages=["One.", "Two."],
        read=message_of,
        attributes={DIMENSIONS: 8},
    )


@pytest.mark.parametrize("instances", [[{"prompt": "A cat"}], {"prompt": "A cat"}])
def test_predict_request_for_images(instances: Any) -> None:
    """Instances with a prompt, in a list or one by itself."""
    body = {"instances": instances, "parameters": {"sampleCount": 2}}

    assert predict_request(body) == Request(
        "generate_content",
        "",
        messages=["A cat"],
        read=message_of,
        attributes={"gen_ai.output.type": "image", "gen_ai.request.choice.count": 2},
    )


@pytest.mark.parametrize(
    ("body", "vectors", "dimensions"),
    [
        ({"embedding": {"values": [0.1, 0.2]}}, 1, 2),
        ({"embedding": [{"values": [0.1, 0.2]}]}, 1, 2),
        ({"embeddings": [{"values": [0.1, 0.2]}, {"values": [0.3, 0.4]}]}, 2, 2),
        ({}, 0, None),
    ],
)
def test_embeddings(body: dict[str, Any], vectors: int, dimensions: int | None) -> None:
    """One vector, or those of a batch, with their tokens."""
    assert Embeddings().response({**body, "usageMetadata": {"promptTokenCount": 3}}) == Response(
        vectors=vectors,
        dimensions=dimensions,
        usage=Usage(input_tokens=3),
        raw_usage={"promptTokenCount": 3},
    )


def test_predicted_vectors() -> None:
    """Vertex AI counts the tokens of each."""
    rows = [
        {"embeddings": {"values": [0.1, 0.2], "statistics": {"token_count": 3}}},
        {"embeddings": {"values": [0.3, 0.4], "statistics": {"token_count": 4.0}}},
        {"embeddings": {"values": [0.3, 0.4]}},
    ]

    assert Predictions().response({"predictions": rows}) == Response(
        vectors=3, dimensions=2, usage=Usage(input_tokens=7), raw_usage={"token_count": 7}
    )


def test_predicted_images() -> None:
    """Images are blobs; one that a filter withheld is a refusal."""
    rows = [
        {"bytesBase64Encoded": PIXELS_BASE64, "mimeType": "image/jpeg"},
        {"raiFilteredReason": "Not safe."},
        {},
    ]
    blob = {"type": "blob", "mime_type": "image/jpeg", "modality": "image", **PIXELS_DIGEST}

    assert Predictions().response({"predictions": rows}) == Response(
        messages=[
            {"role": "assistant", "parts": [blob]},
            {"role": "assistant", "parts": [{"type": "refusal", "content": "Not safe."}]},
        ]
    )


def test_images_that_are_sent_to_imagen_are_blobs() -> None:
    """To be edited, to be upscaled, or to be tried on; or where they are stored."""
    image = {"bytesBase64Encoded": PIXELS_BASE64, "mimeType": "image/png"}
    instance = {
        "prompt": "A hat",
        "referenceImages": [{"referenceType": "RAW", "referenceImage": image}],
        "image": image,
        "personImage": {"image": {"gcsUri": "gs://b/p.png"}},
    }

    (content,) = predict_request({"instances": [instance]}).messages

    blob = {"type": "blob", "mime_type": "image/png", "modality": "image", **PIXELS_DIGEST}
    stored = {
        "type": "uri", "modality": "image", "mime_type": "image/png", "uri": "gs://b/p.png",
    }  # fmt: skip
    assert message_of(content) == {
        "role": "user",
        "parts": [{"type": "text", "content": "A hat"}, blob, blob, stored],
    }
