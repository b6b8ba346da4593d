"""How the Groq SDK is called."""

from __future__ import annotations

from typing import Any

from tests.instrumentation.openai_like import doors, text
from tests.instrumentation.shapes import Door, Shapes

ASK: dict[str, Any] = {
    "model": "llama-3.3-70b-versatile",
    "messages": [{"role": "user", "content": "Hello"}],
}


def client(url: str, is_async: bool, retries: int = 0, timeout: float = 5.0) -> Any:
    """A client of the provider at a URL."""
    import groq as sdk

    cls = sdk.AsyncGroq if is_async else sdk.Groq
    return cls(base_url=url, api_key="test", max_retries=retries, timeout=timeout)


def create(client: Any) -> Any:
    """A whole answer."""
    return client.chat.completions.create(**ASK)


def stream(client: Any) -> Any:
    """A stream."""
    return client.chat.completions.create(**ASK, stream=True)


def _embed(client: Any) -> Any:
    made = client.embeddings.create(model="nomic-embed-text-v1_5", input=["a", "b"])
    return [row.embedding for row in made.data]


async def _embed_async(client: Any) -> Any:
    made = await client.embeddings.create(model="nomic-embed-text-v1_5", input=["a", "b"])
    return [row.embedding for row in made.data]


DOORS = {
    **doors(lambda client: client.chat.completions, "create", ASK),
    "embeddings": Door(_embed, _embed_async),
}
SHAPES = Shapes(
    name="groq",
    package="groq",
    client=client,
    create=create,
    stream=stream,
    text=text,
    doors=DOORS,
)
