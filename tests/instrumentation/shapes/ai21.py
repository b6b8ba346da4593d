"""How the AI21 SDK is called."""

from __future__ import annotations

from typing import Any

from tests.instrumentation.openai_like import text
from tests.instrumentation.shapes import Shapes

MODEL = "jamba-large"


def client(url: str, is_async: bool, retries: int = 0, timeout: float = 5.0) -> Any:
    """A client of the provider at a URL."""
    import ai21

    cls = ai21.AsyncAI21Client if is_async else ai21.AI21Client
    options = {"num_retries": retries or 1, "timeout_sec": timeout}
    return cls(api_key="test", api_host=f"{url}/v1", **options)


def _ask() -> dict[str, Any]:
    from ai21.models.chat import ChatMessage

    return {"model": MODEL, "messages": [ChatMessage(role="user", content="Hello")]}


def create(client: Any) -> Any:
    """A whole answer."""
    return client.chat.completions.create(**_ask())


def stream(client: Any) -> Any:
    """A stream."""
    return client.chat.completions.create(**_ask(), stream=True)


SHAPES = Shapes(
    name="ai21",
    client=client,
    create=create,
    stream=stream,
    text=text,
    retries=False,  # it has them, and waits for whole seconds
)
