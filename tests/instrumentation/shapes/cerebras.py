"""How the Cerebras SDK is called."""

from __future__ import annotations

import importlib.util
import inspect
from typing import Any

from tests.instrumentation.openai_like import doors, text
from tests.instrumentation.shapes import Door, Shapes

ASK: dict[str, Any] = {"model": "llama3.1-8b", "messages": [{"role": "user", "content": "Hello"}]}


def client(url: str, is_async: bool, retries: int = 0, timeout: float = 5.0) -> Any:
    """A client of the provider at a URL."""
    from cerebras.cloud import sdk

    cls = sdk.AsyncCerebras if is_async else sdk.Cerebras
    options: dict[str, Any] = {"max_retries": retries, "timeout": timeout}
    if "warm_tcp_connection" in inspect.signature(cls).parameters:
        options["warm_tcp_connection"] = False  # it asks for the models, and is seen as a request
    return cls(base_url=url, api_key="test", **options)


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


def _doors() -> dict[str, Door]:
    """The ways that the installed SDK has: completions came later."""
    found = doors(lambda client: client.chat.completions, "create", ASK)
    if _has("cerebras.cloud.sdk.resources.completions"):
        found["completions"] = Door(_complete, _complete_async)
    return found


def _has(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


SHAPES = Shapes(
    name="cerebras",
    package="cerebras.cloud.sdk",
    client=client,
    create=create,
    stream=stream,
    text=text,
    doors=_doors(),
)
