"""HuggingFace's feature extraction: how many vectors, and how long."""

from __future__ import annotations

from typing import Any

import pytest

from hilt.providers._http import HttpRequest
from hilt.providers.huggingface.features import Features, features_request


@pytest.mark.parametrize(
    ("body", "vectors", "dimensions"),
    [
        ([0.1, 0.2, 0.3], 1, 3),
        ([[0.1, 0.2], [0.3, 0.4]], 2, 2),
        ([[[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]]], 3, 2),
        ({"data": [{"embedding": [0.1, 0.2]}]}, 1, 2),
    ],
)
def test_answer(body: Any, vectors: int, dimensions: int) -> None:
    """A vector, vectors of texts, vectors of the tokens of texts, and OpenAI's form."""
    found = Features().response(body)

    assert (found.vectors, found.dimensions) == (vectors, dimensions)


@pytest.mark.parametrize("name", ["inputs", "input"])
def test_request(name: str) -> None:
    """Each text is an input, under either name."""
    request = features_request(HttpRequest("post", "", {name: ["a", "b"], "model": "m"}))

    assert (request.operation, request.messages, request.model) == ("embeddings", ["a", "b"], "m")
