"""How Azure AI Inference's SDK is called."""

from __future__ import annotations

from typing import Any

from hilt.testing.provider import Provider
from hilt.testing.provider.server import HTTPAnswer, HTTPRequest
from tests.instrumentation.shapes import Door, Shapes


class AzureProvider(Provider):
    """The embedded provider, without a version in its paths."""

    def handle(self, request: HTTPRequest) -> tuple[HTTPAnswer, Any]:
        """The embedded provider's answer."""
        path = f"/v1{request.path}"
        return super().handle(HTTPRequest("POST", path, "", request.headers, request.body))


def client(url: str, is_async: bool, retries: int = 0, timeout: float = 5.0) -> Any:
    """A client of a server, for chat."""
    return _client("ChatCompletionsClient", url, is_async, retries, timeout)


def _client(name: str, url: str, is_async: bool, retries: int = 0, timeout: float = 5.0) -> Any:
    from azure.ai import inference
    from azure.ai.inference import aio
    from azure.core.credentials import AzureKeyCredential
    from azure.core.pipeline.transport import AsyncioRequestsTransport

    cls = getattr(aio if is_async else inference, name)
    # aiohttp leaves responses behind that complain of their closed loop, with HILT or without.
    transport = {"transport": AsyncioRequestsTransport()} if is_async else {}
    return cls(
        endpoint=url,
        credential=AzureKeyCredential("test"),
        retry_total=retries,
        read_timeout=timeout,
        connection_timeout=timeout,
        model="gpt-4o-mini",
        **transport,
    )


def create(client: Any) -> Any:
    """A whole answer."""
    from azure.ai.inference.models import UserMessage

    return client.complete(messages=[UserMessage("Hello")])


def stream(client: Any) -> Any:
    """A stream."""
    extras = {"stream_options": {"include_usage": True}}
    return client.complete(
        body={
            "model": "gpt-4o-mini",
            "messages": [{"role": "user", "content": "Hello"}],
            "stream": True,
            **extras,
        }
    )


def text(item: Any) -> str:
    """The text of an answer or a chunk, whose last delta is empty."""
    if not item.choices:
        return ""
    choice = item.choices[0]
    return (choice.message if hasattr(choice, "message") else choice.delta).content or ""


def _embed(client: Any) -> Any:
    url = client._config.endpoint
    with _client("EmbeddingsClient", url, is_async=False) as embeddings:
        return len(embeddings.embed(input=["Hello"]).data)


async def _embed_async(client: Any) -> Any:
    url = client._config.endpoint
    async with _client("EmbeddingsClient", url, is_async=True) as embeddings:
        return len((await embeddings.embed(input=["Hello"])).data)


SHAPES = Shapes(
    name="azure_inference",
    package="azure.ai.inference",
    client=client,
    create=create,
    stream=stream,
    text=text,
    server=lambda: AzureProvider(seed=7),
    doors={"embeddings": Door(_embed, _embed_async)},
    retries=False,
    aclose="aclose",
    skip=frozenset(["timeout"]),  # the async transport that is used here has none
)
