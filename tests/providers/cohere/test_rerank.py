"""Cohere's rerankings."""

from __future__ import annotations

from hilt.genai.values import Response, Usage
from hilt.providers.cohere.rerank import Rerank, rerank_request


def test_request() -> None:
    """It is Cohere's, and returns ``top_n`` documents."""
    request = rerank_request({"query": "Which?", "documents": ["One."], "top_n": 1})

    assert (request.operation, request.provider, request.documents) == (
        "rerank", "cohere", ["One."],
    )  # fmt: skip
    assert request.attributes == {"gen_ai.retrieval.top_k": 1}


def test_answer() -> None:
    """Documents by rank, and the searches that are paid."""
    meta = {"billed_units": {"search_units": 1}}
    body = {"id": "r1", "results": [{"index": 1, "relevance_score": 0.9}], "meta": meta}

    assert Rerank().response(body) == Response(
        id="r1",
        usage=Usage(units={"search_units": 1}),
        raw_usage=meta,
        documents=[{"index": 1, "score": 0.9}],
    )
