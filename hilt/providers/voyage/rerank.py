"""Voyage AI's rerankings."""

from __future__ import annotations

from collections.abc import Mapping

from hilt.genai.json_values import get_path
from hilt.genai.values import Request, Response, Surface
from hilt.providers import _rerank
from hilt.providers._rerank import ranked_documents
from hilt.providers.voyage.usage import response_fields

__all__ = ["Rerank", "rerank_request"]


def rerank_request(body: Mapping[str, object]) -> Request:
    """A request of ``rerank``."""
    return _rerank.rerank_request(body, "voyage", limit="top_k")


class Rerank(Surface):
    """Answers of ``rerank``."""

    name = "rerank"

    def response(self, body: object) -> Response:
        """The documents by rank, with their scores."""
        response = response_fields(body)
        response.documents = ranked_documents(get_path(body, "data"))
        return response
