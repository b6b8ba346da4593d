"""How Fireworks' SDK is called."""

from __future__ import annotations

from typing import Any

from tests.instrumentation.openai_like import doors, text
from tests.instrumentation.shapes import Door, Shapes

ASK: dict[str, Any] = {
    "model": "accounts/fireworks/models/gpt-oss-20b",
    "messages": [{"role": "user", "content": "Hello"}],
}


def client(url: str, is_async: bool, retries: int = 0, timeout: float = 5.0) -> Any:
    """A client of the provider at a URL."""
    import fireworks as sdk

    cls = sdk.AsyncFireworks if is_async else sdk.Fireworks
    return cls(base_url=url, api_key="test", max_retries=retries, timeout=timeout)


def create(client: Any) -> Any:
    """A whole answer."""
    return client.chat.completions.create(**ASK)


def stream(client: Any) -> Any:
    """A stream."""
    return client.chat.completions.create(**ASK, stream=True)


def _complete(client: Any) -> Any:
    return client.completions.create(model=ASK["model"], prompt="Hello").choices[0].text


async def _complete_async(client: Any) -> Any:
    made = await client.completions.create(model=ASK["model"], prompt="Hello")
    return made.choices[0].text


SHAPES = Shapes(
    name="fireworks",
    package="fireworks",
    client=client,
    create=create,
    stream=stream,
    text=text,
    doors={
        **doors(lambda client: client.chat.completions, "create", ASK),
        "completions": Door(_complete, _complete_async),
    },
    skip=frozenset(("reset", "no server")),  # the async client raises its time-out for both
)
