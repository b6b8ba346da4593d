"""Bedrock's own form of reranking; it reports no counts, so that it has no cost."""

from __future__ import annotations

from hilt import semconv
from hilt.genai.coerce import count_or_none, list_or_empty, number_or_none, text_or_none
from hilt.genai.json_values import get_path, to_plain_json
from hilt.genai.values import Request, Response, Surface
from hilt.providers._message_parts import text_message
from hilt.providers._parameters import count_attribute

__all__ = ["Reranked", "rerank_request"]


def rerank_request(body: object) -> Request:
    """A request of ``rerank``."""
    settings = get_path(body, "rerankingConfiguration", "bedrockRerankingConfiguration")
    return Request(
        "rerank",
        "aws.bedrock",
        model=text_or_none(get_path(settings, "modelConfiguration", "modelArn")),
        messages=[
            text_message("user", get_path(each, "textQuery", "text"))
            for each in list_or_empty(get_path(body, "queries"))
        ],
        attributes=count_attribute(semconv.RETRIEVAL_TOP_K, get_path(settings, "numberOfResults")),
        documents=[_document_of(each) for each in list_or_empty(get_path(body, "sources"))],
    )


def _document_of(source: object) -> object:
    document = get_path(source, "inlineDocumentSource") or get_path(source, "document") or source
    text = get_path(document, "textDocument", "text")
    return text if isinstance(text, str) else to_plain_json(get_path(document, "jsonDocument"))


class Reranked(Surface):
    """Answers of ``rerank``."""

    name = "rerank"

    def response(self, body: object) -> Response:
        """The documents by rank, with their scores."""
        return Response(
            documents=[_ranked(row) for row in list_or_empty(get_path(body, "results"))]
        )


def _ranked(row: object) -> dict[str, object]:
    ranked: dict[str, object] = {
        "index": count_or_none(get_path(row, "index")),
        "score": number_or_none(get_path(row, "relevanceScore")),
    }
    text = get_path(row, "document", "textDocument", "text")
    return {**ranked, "text": text} if isinstance(text, str) else ranked
