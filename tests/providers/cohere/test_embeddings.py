"""Cohere's embeddings."""

from __future__ import annotations

from typing import Any

import pytest

from hilt.genai.values import Response, Usage
from hilt.providers.cohere.embeddings import Embed, embed_request
from tests.providers.wire import PIXELS_BASE64, PIXELS_DIGEST

META = {"billed_units": {"input_tokens": 3}}
BLOB = {"type": "blob", "mime_type": "image/png", "modality": "image", **PIXELS_DIGEST}


def test_request() -> None:
    """Texts, images, and inputs of both are messages of the user; images by their hash."""
    url = f"data:image/png;base64,{PIXELS_BASE64}"
    both = [{"type": "text", "text": "A cat"}, {"type": "image_url", "image_url": {"url": url}}]
    request = embed_request(
        {
            "model": "embed-v4",
            "texts": ["One."],
            "images": [url],
            "inputs": [{"content": both}],
            "embedding_types": ["float", "int8"],
            "output_dimension": 256,
        }
    )

    assert (request.operation, request.provider, request.model) == (
        "embeddings", "cohere", "embed-v4",
    )  # fmt: skip
    assert [request.read(raw) for raw in request.messages] == [
        {"role": "user", "parts": [{"type": "text", "content": "One."}]},
        {"role": "user", "parts": [BLOB]},
        {"role": "user", "parts": [{"type": "text", "content": "A cat"}, BLOB]},
    ]
    assert request.attributes == {
        "gen_ai.embeddings.dimension.count": 256,
        "gen_ai.request.encoding_formats": ["float", "int8"],
    }


@pytest.mark.parametrize(
    ("embeddings", "vectors", "dimensions"),
    [
        ([[0.1, 0.2], [0.3, 0.4]], 2, 2),
        ({"float": [[0.1, 0.2]], "int8": [[1, 2]], "base64": None}, 2, 2),
        ({"ubinary": [[1, 2]]}, 1, 16),
        ({"float": []}, 0, None),
        (None, None, None),
    ],
)
def test_answer(embeddings: Any, vectors: int | None, dimensions: int | None) -> None:
    """Vectors of every type are counted; a binary one has eight numbers in a byte."""
    assert Embed().response({"id": "e1", "embeddings": embeddings, "meta": META}) == Response(
        id="e1",
        vectors=vectors,
        dimensions=dimensions,
        usage=Usage(3),
        raw_usage=META,
    )
