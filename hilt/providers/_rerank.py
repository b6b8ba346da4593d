"""Reranking, which every provider that has it offers in nearly the same shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hilt import semconv
from hilt.genai.coerce import count_or_none, list_or_empty, number_or_none, text_or_none
from hilt.genai.json_values import get_path, to_plain_json
from hilt.genai.values import Request
from hilt.providers._message_parts import text_message
from hilt.providers._parameters import count_attribute

__all__ = ["ranked_documents", "rerank_request"]


def rerank_request(body: Mapping[str, object], provider: str = "", limit: str = "top_n") -> Request:
    """A request to rank documents by a query.

    Args:
        body: With ``query``, ``documents`` and ``model``.
        provider: ``gen_ai.provider.name``, if the host does not decide it.
        limit: The name of the parameter that says how many documents to return.
    """
    documents = body.get("documents")
    return Request(
        "rerank",
        provider,
        model=text_or_none(body.get("model")),
        messages=[text_message("user", body.get("query"))],
        attributes=count_attribute(semconv.RETRIEVAL_TOP_K, body.get(limit)),
        documents=to_plain_json(documents) if isinstance(documents, (list, tuple)) else None,
    )


def ranked_documents(rows: object) -> list[dict[str, Any]]:
    """The documents by rank: each with its index, its score, and its text if it came back."""
    return [_ranked_document(row) for row in list_or_empty(rows)]


def _ranked_document(row: object) -> dict[str, Any]:
    ranked: dict[str, Any] = {
        "index": count_or_none(get_path(row, "index")),
        "score": number_or_none(get_path(row, "relevance_score")),
    }
    document = get_path(row, "document")
    text = document if isinstance(document, str) else get_path(document, "text")
    return {**ranked, "text": text} if isinstance(text, str) else ranked
