"""How the Groq SDK is called."""

from __future__ import annotations

from typing import Any

from tests.instrumentation.openai_like import doors, text
from tests.instrumentation.shapes import Shapes

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


SHAPES = Shapes(
    name="groq",
    package="groq",
    client=client,
    create=create,
    stream=stream,
    text=text,
    doors=doors(lambda client: client.chat.completions, "create", ASK),
)
