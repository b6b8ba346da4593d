"""How google-genai is called."""

from __future__ import annotations

from typing import Any

from tests.instrumentation.shapes import Door, Shapes

ASK: dict[str, Any] = {"model": "gemini-2.5-flash", "contents": "Hello"}


def client(url: str, is_async: bool, retries: int = 0, timeout: float = 5.0) -> Any:
    """A client of the provider at a URL."""
    from google import genai
    from google.genai import types

    known = types.HttpOptions.model_fields
    options: dict[str, Any] = {"base_url": url, "timeout": int(timeout * 1000)}
    if "retry_options" in known:
        options["retry_options"] = types.HttpRetryOptions(
            attempts=retries + 1, initial_delay=0.01, max_delay=0.02, jitter=0
        )
    made = genai.Client(api_key="test", http_options=types.HttpOptions(**options))
    return made.aio if is_async else made


def create(client: Any) -> Any:
    """A whole answer."""
    return client.models.generate_content(**ASK)


def stream(client: Any) -> Any:
    """A stream."""
    return client.models.generate_content_stream(**ASK)


def text(item: Any) -> str:
    """The text of an answer or a chunk."""
    return item.text or ""


def _chat(client: Any) -> Any:
    return text(client.chats.create(model=ASK["model"]).send_message("Hello"))


async def _chat_async(client: Any) -> Any:
    return text(await client.chats.create(model=ASK["model"]).send_message("Hello"))


def _chat_stream(client: Any) -> Any:
    chat = client.chats.create(model=ASK["model"])
    return [text(chunk) for chunk in chat.send_message_stream("Hello")]


async def _chat_stream_async(client: Any) -> Any:
    chat = client.chats.create(model=ASK["model"])
    return [text(chunk) async for chunk in await chat.send_message_stream("Hello")]


def _vertex(client: Any) -> Any:
    """The same call in Vertex AI's mode, where the model has a longer path."""
    vertex = _in_vertex(client)  # a client that is dropped closes itself
    return text(vertex.models.generate_content(**ASK))


async def _vertex_async(client: Any) -> Any:
    vertex = _in_vertex(client)
    return text(await vertex.aio.models.generate_content(**ASK))


def _in_vertex(client: Any) -> Any:
    from google import genai
    from google.oauth2.credentials import Credentials

    options = client.models._api_client._http_options
    url = options["base_url"] if isinstance(options, dict) else options.base_url
    return genai.Client(
        vertexai=True,
        project="p",
        location="l",
        credentials=Credentials(token="test"),
        http_options={"base_url": url},
    )


def _embed(client: Any) -> Any:
    answer = client.models.embed_content(model="gemini-embedding-001", contents=["Hello"])
    return [len(each.values) for each in answer.embeddings]


async def _embed_async(client: Any) -> Any:
    answer = await client.models.embed_content(model="gemini-embedding-001", contents=["Hello"])
    return [len(each.values) for each in answer.embeddings]


def _retries() -> bool:
    """Whether the SDK tries again by itself; the first versions did not."""
    try:
        from google.genai import types
    except ImportError:
        return False
    return hasattr(types, "HttpRetryOptions")


def _streams_async() -> bool:
    """Whether async streams leave the event loop free; before 1.3 nothing could cancel them."""
    try:
        from google.genai._api_client import HttpResponse
    except ImportError:
        return True
    return hasattr(HttpResponse, "async_segments")


SHAPES = Shapes(
    name="gemini",
    package="google.genai",
    client=client,
    create=create,
    stream=stream,
    text=text,
    doors={
        "chat": Door(_chat, _chat_async),
        "chat stream": Door(_chat_stream, _chat_stream_async),
        "vertex": Door(_vertex, _vertex_async),
        "embed": Door(_embed, _embed_async),
    },
    retries=_retries(),
    aclose="aclose",
    # Streams are generators in generators: they send nothing before they are read, they have no
    # `with`, and when the outermost is closed the others are only dropped.
    skip=frozenset(
        (
            "stream never read",
            "stream left by with",
            "stream left by an error",
            "stream closed",
            *(() if _streams_async() else ("stream cancelled",)),
        )
    ),
)
