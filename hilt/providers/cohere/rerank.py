"""Cohere's rerankings, whose shape others have too."""

from __future__ import annotations

from collections.abc import Mapping

from hilt.genai.json_values import get_path
from hilt.genai.values import Request, Response, Surface
from hilt.providers import _rerank
from hilt.providers._rerank import ranked_documents
from hilt.providers.cohere.fields import failure_of_body, usage_of

__all__ = ["Rerank", "rerank_request"]


def rerank_request(body: Mapping[str, object]) -> Request:
    """A request of ``rerank``."""
    return _rerank.rerank_request(body, "cohere")


class Rerank(Surface):
    """Answers of ``rerank``."""

    name = "rerank"

    def response(self, body: object) -> Response:
        """The documents by rank, with their scores."""
        response = Response(id=get_path(body, "id") or None)
        rows = get_path(body, "results")
        if rows is None:
            response.failure = failure_of_body(body)
        else:
            response.documents = ranked_documents(rows)
        response.usage, response.raw_usage = usage_of(get_path(body, "meta"))
        return response
