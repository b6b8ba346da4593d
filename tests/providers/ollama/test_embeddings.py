"""Ollama's embeddings."""

from __future__ import annotations

from typing import Any

import pytest

from hilt.genai.values import Request, Response, Usage
from hilt.providers._embeddings import input_message
from hilt.providers.ollama.embeddings import Embed, embed_request


@pytest.mark.parametrize(
    ("body", "inputs"),
    [({"input": ["One.", "Two."]}, ["One.", "Two."]), ({"input": "One."}, ["One."]),
     ({"prompt": "One."}, ["One."])],
)  # fmt: skip
def test_request(body: dict[str, Any], inputs: list[str]) -> None:
    """``embed`` has an input, ``embeddings`` before it a prompt."""
    assert embed_request({"model": "nomic", "dimensions": 256, **body}) == Request(
        "embeddings",
        "ollama",
        model="nomic",
        messages=inputs,
        read=input_message,
        attributes={"gen_ai.embeddings.dimension.count": 256},
    )


@pytest.mark.parametrize(
    ("body", "vectors", "dimensions"),
    [({"embeddings": [[0.1, 0.2], [0.3, 0.4]]}, 2, 2), ({"embedding": [0.1, 0.2]}, 1, 2),
     ({}, 0, None)],
)  # fmt: skip
def test_answer(body: dict[str, Any], vectors: int, dimensions: int | None) -> None:
    """Vectors are counted, with their tokens."""
    assert Embed().response({"model": "nomic", "prompt_eval_count": 3, **body}) == Response(
        model="nomic",
        vectors=vectors,
        dimensions=dimensions,
        usage=Usage(input_tokens=3),
        raw_usage={"prompt_eval_count": 3},
    )
