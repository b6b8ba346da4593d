"""How the Cohere SDK is called: version 2, whose streams are generators."""

from __future__ import annotations

import warnings
from typing import Any

import httpx

from tests.instrumentation.shapes import Door, Shapes

MODEL = "command-r-08-2024"
ASK: dict[str, Any] = {"model": MODEL, "messages": [{"role": "user", "content": "Hello"}]}


class _Client:
    """An SDK client, with what the SDK wants to be told at each call."""

    def __init__(self, sdk: Any, retries: int) -> None:
        self.sdk = sdk
        self.options = {"max_retries": retries}

    def call(self, name: str, **arguments: Any) -> Any:
        """Call a method."""
        return getattr(self.sdk, name)(**arguments, request_options=self.options)


def client(url: str, is_async: bool, retries: int = 0, timeout: float = 5.0) -> Any:
    """A client of the provider at a URL."""
    import cohere

    if not is_async:
        return _Client(cohere.ClientV2(api_key="test", base_url=url, timeout=timeout), retries)
    # Where another package brings httpx-aiohttp, the client would use that, which leaves
    # connections open that a stream was taken from.
    http = httpx.AsyncClient(timeout=timeout, follow_redirects=True)
    sdk = cohere.AsyncClientV2(api_key="test", base_url=url, timeout=timeout, httpx_client=http)
    return _Client(sdk, retries)


def create(client: Any) -> Any:
    """A whole answer."""
    return client.call("chat", **ASK)


def stream(client: Any) -> Any:
    """A stream."""
    return client.call("chat_stream", **ASK)


def text(item: Any) -> str:
    """The text of an answer or a chunk."""
    if getattr(item, "finish_reason", None):
        return "".join(part.text for part in item.message.content)
    if item.type != "content-delta":
        return ""
    said: str = item.delta.message.content.text
    return said


def _embed(client: Any) -> Any:
    made = client.call(
        "embed",
        model="embed-v4.0",
        input_type="search_document",
        texts=["Hello", "you"],
        embedding_types=["float"],
    )
    return made.embeddings.float_


async def _embed_async(client: Any) -> Any:
    made = await client.call(
        "embed",
        model="embed-v4.0",
        input_type="search_document",
        texts=["Hello", "you"],
        embedding_types=["float"],
    )
    return made.embeddings.float_


def _rerank(client: Any) -> Any:
    made = client.call("rerank", model="rerank-v3.5", query="Hello", documents=["a", "Hello b"])
    return [(row.index, row.relevance_score) for row in made.results]


async def _rerank_async(client: Any) -> Any:
    made = await client.call(
        "rerank", model="rerank-v3.5", query="Hello", documents=["a", "Hello b"]
    )
    return [(row.index, row.relevance_score) for row in made.results]


def _raw(client: Any) -> Any:
    raw = client.sdk.with_raw_response.chat(**ASK)
    return type(raw).__name__, raw.headers["content-type"], text(raw.data)


async def _raw_async(client: Any) -> Any:
    raw = await client.sdk.with_raw_response.chat(**ASK)
    return type(raw).__name__, raw.headers["content-type"], text(raw.data)


def _raw_stream(client: Any) -> Any:
    with client.sdk.with_raw_response.chat_stream(**ASK) as raw:
        return [type(raw).__name__, *(text(event) for event in raw.data)]


async def _raw_stream_async(client: Any) -> Any:
    async with client.sdk.with_raw_response.chat_stream(**ASK) as raw:
        return [type(raw).__name__, *[text(event) async for event in raw.data]]


def _one_shot() -> dict[str, Any]:
    blocks = ({"type": "text", "text": part} for part in ("Hel", "lo"))
    return {**ASK, "messages": [{"role": "user", "content": blocks}]}


def _generator(client: Any) -> Any:
    return text(client.call("chat", **_one_shot()))


async def _generator_async(client: Any) -> Any:
    return text(await client.call("chat", **_one_shot()))


DOORS = {
    "embed": Door(_embed, _embed_async),
    "rerank": Door(_rerank, _rerank_async),
    "raw": Door(_raw, _raw_async),
    "raw stream": Door(_raw_stream, _raw_stream_async),
    "one-shot content": Door(_generator, _generator_async),
}


def _doors() -> dict[str, Door]:
    """The ways that the installed SDK has: raw clients came with a later release."""
    found = dict(DOORS)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of pydantic's, about older releases
            from cohere.v2.client import V2Client
    except ImportError:
        return {}
    if not hasattr(V2Client, "with_raw_response"):
        del found["raw"], found["raw stream"]
    return found


SHAPES = Shapes(
    name="cohere",
    client=client,
    create=create,
    stream=stream,
    text=text,
    doors=_doors(),
    aclose="aclose",
    skip=frozenset(
        (
            "stream never read",  # a generator: nothing is sent before it is read
            "stream left by with",  # generators are no context managers
            "stream left by an error",
            "malformed event",  # the SDK passes over what it cannot read
        )
    ),
)
