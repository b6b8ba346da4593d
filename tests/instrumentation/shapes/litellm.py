"""How LiteLLM is called, here with OpenAI's SDK below it."""

from __future__ import annotations

import importlib.util
import os
from typing import Any

from tests.instrumentation.shapes import Door, Shapes

MODEL = "openai/gpt-4o-mini"
MESSAGES = [{"role": "user", "content": "Hello"}]


class _Client:
    """What LiteLLM is told at each call, and the functions of a mode."""

    def __init__(self, url: str, is_async: bool, retries: int, timeout: float) -> None:
        # LiteLLM fetches prices from the network when it is imported, unless told not to.
        os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
        import litellm

        litellm.suppress_debug_info = True
        self.sdk = litellm
        self.url = url
        self.prefix = "a" if is_async else ""
        self.options = {
            "api_key": "sk-test-0123456789abcdef",
            "api_base": f"{url}/v1",
            "max_retries": retries,
            "timeout": timeout,
        }

    def call(self, name: str, **arguments: Any) -> Any:
        """Call a function."""
        return getattr(self.sdk, self.prefix + name)(**{**self.options, **arguments})


def client(url: str, is_async: bool, retries: int = 0, timeout: float = 5.0) -> Any:
    """The functions, told a URL."""
    return _Client(url, is_async, retries, timeout)


def create(client: Any) -> Any:
    """A whole answer."""
    return client.call("completion", model=MODEL, messages=MESSAGES)


def stream(client: Any) -> Any:
    """A stream."""
    return client.call("completion", model=MODEL, messages=MESSAGES, stream=True)


def text(item: Any) -> str:
    """The text of an answer or a chunk."""
    said = getattr(item.choices[0], "delta", None) or item.choices[0].message
    return said.content or ""


def _router(client: Any) -> Any:
    parameters = {**client.options, "model": MODEL}
    routed = {"model_name": "mine", "litellm_params": parameters}
    return client.sdk.Router(model_list=[routed], num_retries=0)


def _routed(client: Any) -> Any:
    return text(_router(client).completion(model="mine", messages=MESSAGES))


async def _routed_async(client: Any) -> Any:
    return text(await _router(client).acompletion(model="mine", messages=MESSAGES))


async def _routed_stream(client: Any) -> Any:
    made = await _router(client).acompletion(model="mine", messages=MESSAGES, stream=True)
    return [text(chunk) async for chunk in made]


def _embed(client: Any) -> Any:
    made = client.call("embedding", model="text-embedding-3-small", input=["Hello", "you"])
    return [row["embedding"] for row in made.data]


async def _embed_async(client: Any) -> Any:
    made = await client.call("embedding", model="text-embedding-3-small", input=["Hello", "you"])
    return [row["embedding"] for row in made.data]


def _anthropic(client: Any) -> Any:
    made = client.call(
        "completion",
        model="anthropic/claude-3-5-haiku-20241022",
        messages=MESSAGES,
        api_base=client.url,
        stream=True,
    )
    return type(made).__name__, [text(chunk) for chunk in made]


async def _anthropic_async(client: Any) -> Any:
    made = await client.call(
        "completion",
        model="anthropic/claude-3-5-haiku-20241022",
        messages=MESSAGES,
        api_base=client.url,
    )
    return text(made)


def _completed(client: Any) -> Any:
    model = "text-completion-openai/gpt-3.5-turbo-instruct"
    made = client.call("text_completion", model=model, prompt="Hello", stream=True)
    return type(made).__name__, [chunk.choices[0].text for chunk in made]


def _respond(client: Any) -> Any:
    return client.call("responses", input="Hello", model=MODEL).output[0].content[0].text


async def _respond_async(client: Any) -> Any:
    made = await client.call("responses", input="Hello", model=MODEL)
    return made.output[0].content[0].text


def _respond_stream(client: Any) -> Any:
    made = client.call("responses", input="Hello", model=MODEL, stream=True)
    return type(made).__name__, [str(event.type) for event in made]


async def _respond_stream_async(client: Any) -> Any:
    made = await client.call("responses", input="Hello", model=MODEL, stream=True)
    return type(made).__name__, [str(event.type) async for event in made]


def _rerank(client: Any) -> Any:
    made = client.call(
        "rerank",
        model="cohere/rerank-v3.5",
        query="Hello",
        documents=["a", "Hello b"],
        api_base=client.url,
    )
    return [(row["index"], row["relevance_score"]) for row in made.results]


DOORS = {
    "router": Door(_routed, _routed_async),
    "router stream": Door(None, _routed_stream),
    "embedding": Door(_embed, _embed_async),
    "anthropic": Door(_anthropic, _anthropic_async),
    "text_completion stream": Door(_completed),
    "rerank": Door(_rerank),
}
RESPONSES_DOORS = {
    "responses": Door(_respond, _respond_async),
    "responses stream": Door(_respond_stream, _respond_stream_async),
}


def _doors() -> dict[str, Door]:
    """The ways that can be gone here: LiteLLM's responses want a package of their own."""
    return DOORS | RESPONSES_DOORS if importlib.util.find_spec("mcp") else DOORS


SHAPES = Shapes(
    name="litellm",
    client=client,
    create=create,
    stream=stream,
    text=text,
    doors=_doors(),
    counts_attempts=False,  # the retries are those of an SDK below
    aclose="aclose",
    skip=frozenset(
        (
            "stream left by with",  # LiteLLM's stream is no context manager
            "stream left by an error",
            "stream left by break",  # LiteLLM itself keeps a stream until its next call
            "stream never read",  # as above
            "stream closed",  # only an asynchronous one can be closed
            "stream cut short",  # LiteLLM says "stop" where the provider did not
            "malformed event",  # LiteLLM makes a server's error of it
        )
    ),
)
