"""voyageai's own clients against a server that answers like Voyage."""

from __future__ import annotations

import asyncio
import gc
import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.conftest import Log
from tests.providers.scripted import Scripted
from tests.providers.wire import wire

voyageai = pytest.importorskip("voyageai")

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


@pytest.fixture(autouse=True)
def collect_clients() -> Iterator[None]:
    """Let clients go here, where the sockets that they leave open are forgiven."""
    yield
    gc.collect()


def client(url: str, **options: Any) -> Any:
    """A client at a URL."""
    return voyageai.Client(api_key="SECRET-KEY", base_url=f"{url}/v1", **options)


def test_embeddings(log: Log) -> None:
    """Embeddings say how many vectors, how long they are, and what was counted."""
    with Scripted(wire("voyage/embeddings")) as server:
        client(server.url).embed(["Hello"], model="voyage-3.5", output_dimension=256)

    asked, event = log.one("prompt"), log.one("embedding")
    assert asked["content"]["text"] == "Hello"
    assert event["extensions"]["vectors"] == 1
    assert event["extensions"]["dimensions"] == 3
    assert event["provenance"]["usage"] == {"total_tokens": 4}
    assert event["metrics"]["tokens"] == {"prompt": 4, "total": 4}
    assert "SECRET-KEY" not in json.dumps([each.to_dict() for each in log.events])


def test_async_embeddings(log: Log) -> None:
    """The asynchronous client is logged as the synchronous one is."""

    async def ask(url: str) -> None:
        made = voyageai.AsyncClient(api_key="k", base_url=f"{url}/v1")
        await made.embed(["Hello"], model="voyage-3.5")

    with Scripted(wire("voyage/embeddings")) as server:
        asyncio.run(ask(server.url))

    assert log.one("embedding")["extensions"]["vectors"] == 1


def test_images_are_not_inline(log: Log) -> None:
    """An image among the inputs is in the log by its hash; pixels are in the raw usage."""
    image = pytest.importorskip("PIL.Image").new("RGB", (2, 2))
    with Scripted(wire("voyage/multimodal")) as server:
        client(server.url).multimodal_embed([["A dot", image]], model="voyage-multimodal-3")

    (message,) = log.one("prompt")["content"]["messages"]
    assert [part["type"] for part in message["parts"]] == ["text", "blob"]
    assert log.one("embedding")["provenance"]["usage"]["image_pixels"] == 4


def test_rerank(log: Log) -> None:
    """A reranking has the query, the documents, and their scores by rank."""
    with Scripted(wire("voyage/rerank")) as server:
        client(server.url).rerank("Who?", ["a", "b"], model="rerank-2.5", top_k=2)

    asked, event = log.one("prompt"), log.one("rerank")
    assert asked["content"]["text"] == "Who?"
    assert asked["content"]["documents"] == ["a", "b"]
    assert event["content"]["documents"] == [
        {"index": 1, "score": 0.9}, {"index": 0, "score": 0.2},
    ]  # fmt: skip
    assert event["metrics"]["tokens"]["total"] == 12


def test_retries_are_counted(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that the SDK tried twice is one call of two attempts."""
    import tenacity

    monkeypatch.setattr(tenacity.nap.time, "sleep", lambda _: None)
    with Scripted((429, {"detail": "slow down"}), wire("voyage/embeddings")) as server:
        client(server.url, max_retries=2).embed(["Hello"], model="voyage-3.5")

    assert len(server.requests) == 2
    assert log.actions == ["prompt", "embedding"]
    assert log.ending["extensions"]["attempts"] == 2


@pytest.mark.parametrize(
    ("status", "code"),
    [(400, "invalid_request"), (401, "authentication"), (403, "permission_denied"),
     (429, "rate_limit"), (500, "server_error"), (503, "overloaded")],
)  # fmt: skip
def test_refusals(log: Log, status: int, code: str) -> None:
    """An error has the server's number and the provider's message."""
    with Scripted((status, {"detail": "No."})) as server:
        made = client(server.url, max_retries=1)
        with pytest.raises(voyageai.error.VoyageError):
            made.embed(["Hello"], model="voyage-3.5")

    facts = log.ending["extensions"]
    assert (facts["status_code"], facts["error_code"]) == (status, code)
    assert facts["attempts"] == 1
