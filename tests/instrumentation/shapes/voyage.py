"""How voyageai is called."""

from __future__ import annotations

from typing import Any

from hilt.testing.provider import Provider
from hilt.testing.provider.faults import NO_FAULT
from hilt.testing.provider.server import HTTPAnswer, HTTPRequest, json_body
from tests.instrumentation.shapes import Door, Shapes

_SKIPPED = (
    "create",  # is a door: the ending of an embedding has no text
    "forbidden",  # the SDK puts the answer's headers in its message, the date among them
    "not found",
    "retried",  # the SDK does not try again after a 500
    "stream",
    "stream left by break",
    "stream never read",
    "stream closed",
    "stream left by with",
    "stream left by an error",
    "stream refused",
    "stream reset",
    "stream cut short",
    "malformed event",
    "stream cancelled",
)


class VoyageProvider(Provider):
    """The embedded provider, with its errors written as Voyage writes them."""

    def handle(self, request: HTTPRequest) -> tuple[HTTPAnswer, Any]:
        """The embedded provider's answer."""
        if request.path.endswith("/rerank"):
            rows = [{"index": 1, "relevance_score": 0.9}, {"index": 0, "relevance_score": 0.1}]
            whole = {"object": "list", "data": rows, "usage": {"total_tokens": 7}}
            ready = HTTPAnswer(200, {"content-type": "application/json"}, json_body(whole))
            return ready, NO_FAULT
        answer, fault = super().handle(request)
        if answer.status != 200:
            body = json_body({"detail": "told to fail"})
            return HTTPAnswer(answer.status, answer.headers, body), fault
        return answer, fault


def client(url: str, is_async: bool, retries: int = 0, timeout: float = 5.0) -> Any:
    """A client of the provider at a URL."""
    import voyageai

    cls = voyageai.AsyncClient if is_async else voyageai.Client
    return cls(api_key="test", base_url=f"{url}/v1", max_retries=retries + 1, timeout=timeout)


def create(client: Any) -> Any:
    """A whole answer."""
    return client.embed(["Hello"], model="voyage-3.5")


def stream(client: Any) -> Any:
    """Voyage streams nothing."""
    raise NotImplementedError


def text(item: Any) -> str:
    """Vectors have no text: how many there are."""
    return str(len(item.embeddings))


async def _embed_async(client: Any) -> Any:
    return text(await create(client))


def _rerank(client: Any) -> Any:
    answer = client.rerank("Hello", ["a", "Hello b"], model="rerank-2.5")
    return [(each.index, each.relevance_score) for each in answer.results]


async def _rerank_async(client: Any) -> Any:
    answer = await client.rerank("Hello", ["a", "Hello b"], model="rerank-2.5")
    return [(each.index, each.relevance_score) for each in answer.results]


SHAPES = Shapes(
    name="voyage",
    package="voyageai",
    client=client,
    create=create,
    stream=stream,
    text=text,
    server=lambda: VoyageProvider(seed=7),
    doors={
        "embed": Door(lambda client: text(create(client)), _embed_async),
        "rerank": Door(_rerank, _rerank_async),
    },
    skip=frozenset(_SKIPPED),
)
