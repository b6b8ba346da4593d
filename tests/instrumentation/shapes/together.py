"""How the Together SDK is called."""

from __future__ import annotations

from typing import Any

from tests.instrumentation.openai_like import doors, text
from tests.instrumentation.shapes import Door, Shapes

ASK: dict[str, Any] = {
    "model": "meta-llama/Llama-3.3-70B-Instruct-Turbo",
    "messages": [{"role": "user", "content": "Hello"}],
}


def client(url: str, is_async: bool, retries: int = 0, timeout: float = 5.0) -> Any:
    """A client of the provider at a URL."""
    import together as sdk

    cls = sdk.AsyncTogether if is_async else sdk.Together
    return cls(base_url=f"{url}/v1", api_key="test", max_retries=retries, timeout=timeout)


def create(client: Any) -> Any:
    """A whole answer."""
    return client.chat.completions.create(**ASK)


def stream(client: Any) -> Any:
    """A stream."""
    return client.chat.completions.create(**ASK, stream=True)


def _embed(client: Any) -> Any:
    made = client.embeddings.create(
        model="intfloat/multilingual-e5-large-instruct", input=["a", "b"]
    )
    return [row.embedding for row in made.data]


async def _embed_async(client: Any) -> Any:
    made = await client.embeddings.create(
        model="intfloat/multilingual-e5-large-instruct", input=["a", "b"]
    )
    return [row.embedding for row in made.data]


def _complete(client: Any) -> Any:
    return client.completions.create(model=ASK["model"], prompt="Hello").choices[0].text


async def _complete_async(client: Any) -> Any:
    made = await client.completions.create(model=ASK["model"], prompt="Hello")
    return made.choices[0].text


DOORS = {
    **doors(lambda client: client.chat.completions, "create", ASK),
    "embeddings": Door(_embed, _embed_async),
    "completions": Door(_complete, _complete_async),
}
SHAPES = Shapes(
    name="together",
    package="together",
    client=client,
    create=create,
    stream=stream,
    text=text,
    doors=DOORS,
)
