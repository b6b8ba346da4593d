"""Voyage AI's rerankings."""

from __future__ import annotations

from hilt.genai.values import Response, Usage
from hilt.providers.voyage.rerank import Rerank, rerank_request


def test_request() -> None:
    """It is Voyage's, and returns ``top_k`` documents."""
    request = rerank_request({"query": "Which?", "documents": ["One."], "top_k": 1, "top_n": 9})

    assert (request.provider, request.documents, request.attributes) == (
        "voyage", ["One."], {"gen_ai.retrieval.top_k": 1},
    )  # fmt: skip


def test_answer() -> None:
    """Documents by rank, with their texts if they came back."""
    rows = [{"index": 1, "relevance_score": 0.9, "document": "Two."}]

    assert Rerank().response({"model": "rerank-2", "data": rows, "usage": {}}) == Response(
        model="rerank-2", documents=[{"index": 1, "score": 0.9, "text": "Two."}]
    )


def test_counts() -> None:
    """All tokens are input."""
    response = Rerank().response({"usage": {"total_tokens": 5}})

    assert response.usage == Usage(input_tokens=5, total_tokens=5)
