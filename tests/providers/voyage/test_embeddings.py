"""Voyage AI's embeddings."""

from __future__ import annotations

from enum import Enum
from typing import Any

import pytest

from hilt.genai.values import Request, Response, Usage
from hilt.providers._embeddings import input_message
from hilt.providers.voyage.embeddings import (
    Embeddings,
    contextualized_request,
    embed_request,
    multimodal_request,
)
from tests.providers.wire import PIXELS_BASE64, PIXELS_DIGEST

USAGE = {"total_tokens": 5}


class Kind(Enum):
    """As the SDK's enumeration."""

    IMAGE_BASE64 = "image_base64"


def text(content: str) -> dict[str, Any]:
    """A text part."""
    return {"type": "text", "content": content}


def test_request() -> None:
    """Inputs, dimensions and the type of the numbers."""
    body = {"model": "voyage-3", "input": ["One."], "output_dimension": 256, "output_dtype": "int8"}

    assert embed_request(body) == Request(
        "embeddings",
        "voyage",
        model="voyage-3",
        messages=["One."],
        read=input_message,
        attributes={
            "gen_ai.embeddings.dimension.count": 256,
            "gen_ai.request.encoding_formats": ["int8"],
        },
    )


def test_documents_in_chunks() -> None:
    """Each document is a message, and each chunk a part."""
    request = contextualized_request({"inputs": [["One.", "Two."], "Three."]})

    assert [request.read(raw) for raw in request.messages] == [
        {"role": "user", "parts": [text("One."), text("Two.")]},
        {"role": "user", "parts": [text("Three.")]},
    ]


def test_texts_and_images() -> None:
    """Each input is a message, and each segment a part."""
    url = f"data:image/png;base64,{PIXELS_BASE64}"
    content = [
        "A cat",
        {"type": "text", "text": "black"},
        {"type": "image_url", "image_url": "https://x/a.png"},
        {"type": Kind.IMAGE_BASE64, "image_base64": url},
        {"type": "video_url", "video_url": "https://x/a.mp4"},
    ]
    request = multimodal_request({"inputs": [{"content": content}, "A dog"]})

    assert [request.read(raw)["parts"] for raw in request.messages] == [
        [
            text("A cat"),
            text("black"),
            {"type": "uri", "modality": "image", "uri": "https://x/a.png"},
            {"type": "blob", "mime_type": "image/png", "modality": "image", **PIXELS_DIGEST},
            {"type": "uri", "modality": "video", "uri": "https://x/a.mp4"},
        ],
        [text("A dog")],
    ]


@pytest.mark.parametrize(
    ("rows", "vectors", "dimensions"),
    [
        ([{"embedding": [0.1, 0.2]}, {"embedding": [0.3, 0.4]}], 2, 2),
        ([{"data": [{"embedding": [0.1, 0.2]}, {"embedding": [0.3, 0.4]}]}], 2, 2),
        ([], 0, None),
        (None, 0, None),
    ],
)
def test_answer(rows: Any, vectors: int, dimensions: int | None) -> None:
    """Vectors are counted, those of the chunks of documents too."""
    assert Embeddings().response({"model": "voyage-3", "data": rows, "usage": USAGE}) == Response(
        model="voyage-3",
        vectors=vectors,
        dimensions=dimensions,
        usage=Usage(input_tokens=5, total_tokens=5),
        raw_usage=USAGE,
    )
