"""Rerankings, whose requests and answers differ little from provider to provider."""

from __future__ import annotations

from typing import Any

import pytest

from hilt.genai.values import Request
from hilt.providers._rerank import ranked_documents, rerank_request

QUERY = {"role": "user", "parts": [{"type": "text", "content": "Which?"}]}


def test_request() -> None:
    """The query is the message; the documents and how many to return stand beside it."""
    body = {"model": "m", "query": "Which?", "documents": ["One.", {"text": "Two."}], "top_k": 1}

    assert rerank_request(body, "voyage", limit="top_k") == Request(
        "rerank",
        "voyage",
        model="m",
        messages=[QUERY],
        attributes={"gen_ai.retrieval.top_k": 1},
        documents=["One.", {"text": "Two."}],
    )


def test_request_without_documents_or_limit() -> None:
    """What is missing, or of another type, is left out."""
    body = {"query": "Which?", "documents": "One.", "top_n": "all"}

    assert rerank_request(body) == Request("rerank", "", messages=[QUERY])
    body = {"model": "", "query": "Which?", "documents": ("One.",), "top_n": 2, "top_k": 1}
    assert rerank_request(body) == Request(
        "rerank",
        "",
        messages=[QUERY],
        attributes={"gen_ai.retrieval.top_k": 2},
        documents=["One."],
    )


@pytest.mark.parametrize(
    ("row", "document"),
    [
        ({"index": 1, "relevance_score": 0.9}, {"index": 1, "score": 0.9}),
        ({"index": 1, "relevance_score": 0.9, "document": "Two."},
         {"index": 1, "score": 0.9, "text": "Two."}),
        ({"index": 1, "relevance_score": 0.9, "document": {"text": "Two."}},
         {"index": 1, "score": 0.9, "text": "Two."}),
        ({}, {"index": None, "score": None}),
        ({"index": 0, "relevance_score": 0, "document": {"text": ""}},
         {"index": 0, "score": 0, "text": ""}),
        ({"index": -1, "relevance_score": "1", "document": {"text": 5}},
         {"index": None, "score": None}),
    ],
)  # fmt: skip
def test_ranked_document(row: dict[str, Any], document: dict[str, Any]) -> None:
    """Index and score, with the text where it came back, by itself or in an object."""
    assert ranked_documents([row]) == [document]


def test_no_list_has_no_documents() -> None:
    """An answer without results ranks nothing."""
    assert ranked_documents(None) == []
    assert ranked_documents({"index": 0}) == []
