"""How mistralai is called."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from tests.instrumentation.shapes import Door, Shapes

ASK: dict[str, Any] = {
    "model": "mistral-small-latest",
    "messages": [{"role": "user", "content": "Hello"}],
}


class _Client:
    """A client whose methods are those of one mode."""

    def __init__(self, sdk: Any, is_async: bool) -> None:
        self.sdk = sdk
        self.suffix = "_async" if is_async else ""

    def call(self, resource: str, name: str, **arguments: Any) -> Any:
        """Call a method, ``chat.complete`` or ``chat.complete_async``."""
        return getattr(getattr(self.sdk, resource), name + self.suffix)(**arguments)


def client(url: str, is_async: bool, retries: int = 0, timeout: float = 5.0) -> Any:
    """A client of the provider at a URL."""
    try:
        from mistralai.client import Mistral
        from mistralai.client.utils import BackoffStrategy, RetryConfig
    except ImportError:  # 1.x
        from mistralai import Mistral
        from mistralai.utils import BackoffStrategy, RetryConfig

    # The SDK tries again for a time, and not so and so often.
    patience = BackoffStrategy(1, 20, 1.1, 300) if retries else None
    return _Client(
        Mistral(
            api_key="test",
            server_url=url,
            timeout_ms=int(timeout * 1000),
            retry_config=RetryConfig("backoff", patience, False) if patience else None,
        ),
        is_async,
    )


def create(client: Any) -> Any:
    """A whole answer."""
    return client.call("chat", "complete", **ASK)


def stream(client: Any) -> Any:
    """A stream."""
    return client.call("chat", "stream", **ASK)


def text(item: Any) -> str:
    """The text of an answer or a chunk."""
    choice = getattr(item, "data", item).choices[0]
    said = getattr(choice, "delta", None) or choice.message
    return said.content or ""


def respond(client: Any) -> Any:
    """A whole response, in the form of OpenAI's."""
    answer = client.call("responses", "create", model="mistral-small-latest", input="Hello")
    return type(answer).__name__, answer.output[0].content[0].text


async def respond_async(client: Any) -> Any:
    """The same of the async client."""
    answer = await client.call("responses", "create", model="mistral-small-latest", input="Hello")
    return type(answer).__name__, answer.output[0].content[0].text


def _has_responses() -> bool:
    try:
        from mistralai.client import Mistral
    except ImportError:  # 1.x
        return False
    return hasattr(Mistral(api_key="test"), "responses")


def _doors() -> dict[str, Door]:
    return {"responses": Door(respond, respond_async)} if _has_responses() else {}


def _closes() -> bool:
    """Whether streams can be closed; up to mistralai 1.6 they could only be left."""
    try:
        from mistralai.client.utils.eventstreaming import EventStream
    except ImportError:
        try:
            from mistralai.utils.eventstreaming import EventStream
        except ImportError:
            return False
    return hasattr(EventStream, "close")


SHAPES = Shapes(
    name="mistral",
    package="mistralai",
    client=client,
    create=create,
    stream=stream,
    text=text,
    doors=_doors() if find_spec("mistralai") else {},
    # The SDK gives up trying after a time, and not after a number.
    skip=frozenset(("retried in vain", *(() if _closes() else ("stream closed",)))),
)
