"""How the Writer SDK is called."""

from __future__ import annotations

from typing import Any

from tests.instrumentation.openai_like import doors, text
from tests.instrumentation.shapes import Shapes

ASK: dict[str, Any] = {"model": "palmyra-x5", "messages": [{"role": "user", "content": "Hello"}]}


def client(url: str, is_async: bool, retries: int = 0, timeout: float = 5.0) -> Any:
    """A client of the provider at a URL, which knows Writer's chat by OpenAI's path."""
    import httpx
    import writerai as sdk

    cls = sdk.AsyncWriter if is_async else sdk.Writer
    hook = _moved_async if is_async else _moved
    http = (httpx.AsyncClient if is_async else httpx.Client)(event_hooks={"request": [hook]})
    options = {"max_retries": retries, "timeout": timeout, "http_client": http}
    return cls(base_url=url, api_key="test", **options)


def _moved(request: Any) -> None:
    request.url = request.url.copy_with(path=f"{request.url.path}/completions")


async def _moved_async(request: Any) -> None:
    _moved(request)


def create(client: Any) -> Any:
    """A whole answer."""
    return client.chat.chat(**ASK)


def stream(client: Any) -> Any:
    """A stream."""
    return client.chat.chat(**ASK, stream=True)


SHAPES = Shapes(
    name="writer",
    package="writerai",
    client=client,
    create=create,
    stream=stream,
    text=text,
    doors=doors(lambda client: client.chat, "chat", ASK),
)
