"""Searches of OpenAI's vector stores are retrievals."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import hilt
from tests.conftest import Log
from tests.instrumentation.mock_http import openai_client
from tests.instrumentation.test_openai import without

PATH = "POST /vector_stores/vs_1/search"
PAGE = {
    "object": "vector_store.search_results.page",
    "search_query": ["return policy"],
    "data": [
        {
            "file_id": "file-1",
            "filename": "policy.md",
            "score": 0.91,
            "attributes": {"year": 2026.0},
            "content": [
                {"type": "text", "text": "Within 30 days."},
                {"type": "text", "text": "With a receipt."},
            ],
        },
        {"file_id": "file-2", "filename": "faq.md", "score": 0.4, "attributes": {}, "content": []},
    ],
    "has_more": False,
    "next_page": None,
}
DOCUMENTS = [
    {
        "id": "file-1",
        "name": "policy.md",
        "score": 0.91,
        "text": "Within 30 days.\nWith a receipt.",
        "attributes": {"year": 2026.0},
    },
    {"id": "file-2", "name": "faq.md", "score": 0.4},
]
pytestmark = without("vector_stores.search", "query")


def search(client: Any) -> Any:
    """A search."""
    return client.vector_stores.search("vs_1", query="return policy", max_num_results=2)


def test_search_is_a_retrieval(log: Log) -> None:
    """One event has the query, the documents, their best score and the time it took."""
    client = openai_client({PATH: PAGE})

    with hilt.conversation("order-42"):
        page = search(client)

    assert [row.file_id for row in page] == ["file-1", "file-2"]
    assert log.actions == ["retrieval"]
    event = log.one("retrieval")
    assert event["session_id"] == "order-42"
    assert event["actor"] == {"type": "tool", "id": "vs_1"}
    assert event["content"] == {"text": "return policy", "documents": DOCUMENTS}
    assert event["provenance"]["provider"] == "openai"
    assert event["provenance"]["operation"] == "retrieval"
    assert event["extensions"]["score"] == 0.91
    assert event["extensions"]["outcome"] == "completed"
    assert event["extensions"]["latency_ms"] >= 0


def test_async_search(log: Log) -> None:
    """The asynchronous client is logged as the other is."""
    client = openai_client({PATH: PAGE}, is_async=True)

    async def run() -> list[str]:
        return [row.file_id async for row in search(client)]

    assert asyncio.run(run()) == ["file-1", "file-2"]
    assert log.one("retrieval")["content"]["documents"] == DOCUMENTS


def test_search_that_fails(log: Log) -> None:
    """A search that is refused says why, and the caller gets the SDK's exception."""
    import openai

    client = openai_client({})
    client.wire.answers[PATH.replace(" ", " /v1")] = lambda _: client.wire.http.Response(
        404, json={"error": {"message": "No such store.", "code": "not_found"}}
    )

    with pytest.raises(openai.NotFoundError):
        search(client)

    facts = log.one("retrieval")["extensions"]
    assert (facts["outcome"], facts["error_code"], facts["status_code"]) == (
        "failed", "not_found", 404,
    )  # fmt: skip


def test_without_content(instrumented: Any) -> None:
    """With ``capture_content=False`` neither the query nor the documents are logged."""
    log = instrumented(capture_content=False)

    search(openai_client({PATH: PAGE}))

    event = log.one("retrieval")
    assert "content" not in event
    assert event["extensions"]["score"] == 0.91
