"""Bedrock's reranking as values; no SDK is needed."""

from __future__ import annotations

from hilt.genai.values import Response
from hilt.providers.bedrock.rerank import Reranked, rerank_request


def test_documents() -> None:
    """Texts as they are, JSON as JSON."""
    sources = [
        {"inlineDocumentSource": {"type": "TEXT", "textDocument": {"text": "one"}}},
        {"inlineDocumentSource": {"type": "JSON", "jsonDocument": {"a": 1}}},
        "odd",
    ]

    request = rerank_request({"sources": sources})

    assert request.documents == ["one", {"a": 1}, None]


def test_answer() -> None:
    """A document that comes back is kept."""
    row = {"index": 0, "relevanceScore": 0.5, "document": {"textDocument": {"text": "one"}}}

    assert Reranked().response({"results": [row]}) == Response(
        documents=[{"index": 0, "score": 0.5, "text": "one"}]
    )
