"""Gemini's batches through the SDK: prompts when one is made, endings when it is fetched."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from tests.conftest import Log
from tests.providers.scripted import Scripted

genai = pytest.importorskip("google.genai")

pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.skipif(
        not hasattr(genai.Client, "batches") or not hasattr(genai.types, "InlinedRequest"),
        reason="this google-genai has no batches of inlined requests",
    ),
]

USAGE = {"promptTokenCount": 1000, "candidatesTokenCount": 100, "totalTokenCount": 1100}
ANSWER = {
    "candidates": [
        {"content": {"parts": [{"text": "Paris."}], "role": "model"}, "finishReason": "STOP"}
    ],
    "usageMetadata": USAGE,
    "modelVersion": "gemini-2.5-flash",
}
ERROR = {"code": 8, "message": "Slow down."}


class Batch:
    """One batch, with a name of its own."""

    def __init__(self) -> None:
        self.name = f"batches/{uuid4().hex[:10]}"

    def running(self) -> dict[str, Any]:
        """The batch before it has ended."""
        return {"name": self.name, "metadata": {"state": "BATCH_STATE_RUNNING"}}

    def ended(self, *rows: dict[str, Any]) -> dict[str, Any]:
        """The batch with its answers."""
        output = {"inlinedResponses": {"inlinedResponses": list(rows)}}
        return {
            "name": self.name,
            "metadata": {"state": "BATCH_STATE_SUCCEEDED", "output": output},
            "done": True,
        }


def client(url: str) -> Any:
    """A client of a server."""
    return genai.Client(api_key="SECRET", http_options={"base_url": url})


def create(batches: Any) -> Any:
    """A batch of two requests."""
    return batches.create(
        model="gemini-2.5-flash",
        src=[
            {"contents": [{"role": "user", "parts": [{"text": f"Question {key}"}]}]}
            for key in ("a", "b")
        ],
    )


def test_batch(log: Log) -> None:
    """Each request is a prompt and one ending, at the price of a batch; each once."""
    batch = Batch()
    rows = ({"response": ANSWER}, {"error": ERROR})
    with Scripted(batch.running(), batch.running(), batch.ended(*rows)) as server:
        made = client(server.url)  # it is closed when it is dropped
        batches = made.batches
        create(batches)
        batches.get(name=batch.name)
        assert log.actions == ["prompt", "prompt"]
        batches.get(name=batch.name)
        batches.get(name=batch.name)

    assert log.actions == ["prompt", "prompt", "completion", "system"]
    first, second = log.of("prompt")
    ending, failed = log.one("completion"), log.one("system")
    assert first.content.text == "Question a"
    assert ending["content"]["text"] == "Paris."
    assert ending["extensions"]["reply_to"] == first.event_id
    assert ending["extensions"]["batch_id"] == batch.name
    # 1,000 tokens at 0.30 USD a million and 100 at 2.50 USD, and half of that.
    assert ending["metrics"]["cost_usd"] == pytest.approx((1000 * 0.30 + 100 * 2.50) / 1e6 / 2)
    assert failed["extensions"]["reply_to"] == second.event_id
    assert failed["extensions"]["error_code"] == "rate_limit"
    assert "SECRET" not in str([each.to_dict() for each in log.events])


def test_async_batch_that_another_process_made(log: Log) -> None:
    """Answers without their prompts have their cost, and a conversation."""
    batch = Batch()

    async def fetch(url: str) -> None:
        await client(url).aio.batches.get(name=batch.name)

    with Scripted(batch.ended({"response": ANSWER})) as server:
        asyncio.run(fetch(server.url))

    ending = log.one("completion")
    assert ending["extensions"]["custom_id"] == "0"
    assert ending["provenance"]["operation"] == "generate_content"
    assert ending["metrics"]["cost_usd"] > 0


def test_refused_batch(log: Log) -> None:
    """If the batch is refused, none of its calls will be answered."""
    refusal = {"error": {"code": 400, "message": "No.", "status": "INVALID_ARGUMENT"}}
    with Scripted((400, refusal)) as server:
        made = client(server.url)
        with pytest.raises(genai.errors.ClientError):
            create(made.batches)

    assert log.actions == ["prompt", "prompt", "system", "system"]


@pytest.mark.filterwarnings("ignore:.*experimental")
def test_embeddings(log: Log) -> None:
    """A batch of embeddings has their number and length."""
    if not hasattr(genai.batches.Batches, "create_embeddings"):
        pytest.skip("this google-genai has no batches of embeddings")
    batch = Batch()
    row = {"response": {"embedding": {"values": [0.1, 0.2, 0.3]}}}
    with Scripted(batch.running(), batch.ended(row)) as server:
        made = client(server.url)
        batches = made.batches
        batches.create_embeddings(
            model="gemini-embedding-001", src={"inlined_requests": {"contents": ["Hi"]}}
        )
        batches.get(name=batch.name)

    assert log.actions == ["prompt", "embedding"]
    facts = log.one("embedding")["extensions"]
    assert (facts["vectors"], facts["dimensions"]) == (1, 3)
