"""How ollama is called, and a server that speaks its API."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from hilt.testing.provider import Provider
from hilt.testing.provider.server import HTTPAnswer, HTTPRequest
from tests.instrumentation.shapes import Door, Shapes

ASK: dict[str, Any] = {
    "model": "llama3.2",
    "messages": [{"role": "user", "content": "Hello"}],
}
_COUNTS = {"prompt_eval_count": 5, "eval_count": 7}


class OllamaProvider(Provider):
    """The embedded provider, with Ollama's paths in front of what it says."""

    def handle(self, request: HTTPRequest) -> tuple[HTTPAnswer, Any]:
        """The embedded provider's answer, written as Ollama writes it."""
        body = json.loads(request.body)
        messages = body.get("messages") or [{"role": "user", "content": body.get("prompt")}]
        chat = json.dumps({"model": body["model"], "messages": messages}).encode()
        inner = HTTPRequest("POST", "/v1/chat/completions", "", request.headers, chat)
        answer, fault = super().handle(inner)
        if answer.status != 200:
            return HTTPAnswer(answer.status, {}, b'{"error": "told to fail"}'), fault
        pieces = ["One ", "two ", "three ", "four ", "five."]
        write = _generated if request.path.endswith("generate") else _chatted
        if request.path.endswith(("embed", "embeddings")):
            whole = {"model": body["model"], "embeddings": [[0.1, 0.2]], "prompt_eval_count": 1}
            return _json(whole), fault
        if not body.get("stream"):
            return _json({**write("".join(pieces), body, done=True), **_COUNTS}), fault
        return HTTPAnswer(200, {"content-type": "application/x-ndjson"}, events=_lines(
            write, pieces, body
        )), fault  # fmt: skip


def _json(value: dict[str, Any]) -> HTTPAnswer:
    return HTTPAnswer(200, {"content-type": "application/json"}, json.dumps(value).encode())


def _lines(write: Any, pieces: list[str], body: dict[str, Any]) -> Iterator[bytes]:
    for piece in pieces:
        yield json.dumps(write(piece, body, done=False)).encode() + b"\n"
    yield json.dumps({**write("", body, done=True), **_COUNTS}).encode() + b"\n"


def _chatted(text: str, body: dict[str, Any], *, done: bool) -> dict[str, Any]:
    reason = {"done_reason": "stop"} if done else {}
    message = {"role": "assistant", "content": text}
    return {"model": body["model"], "message": message, "done": done, **reason}


def _generated(text: str, body: dict[str, Any], *, done: bool) -> dict[str, Any]:
    reason = {"done_reason": "stop"} if done else {}
    return {"model": body["model"], "response": text, "done": done, **reason}


def client(url: str, is_async: bool, retries: int = 0, timeout: float = 5.0) -> Any:
    """A client of the provider at a URL."""
    import ollama

    return (ollama.AsyncClient if is_async else ollama.Client)(host=url, timeout=timeout)


def create(client: Any) -> Any:
    """A whole answer."""
    return client.chat(**ASK)


def stream(client: Any) -> Any:
    """A stream."""
    return client.chat(**ASK, stream=True)


def text(item: Any) -> str:
    """The text of an answer or a chunk."""
    return item.message.content or ""


def _generate(client: Any) -> Any:
    return client.generate(model="llama3.2", prompt="Hello").response


async def _generate_async(client: Any) -> Any:
    return (await client.generate(model="llama3.2", prompt="Hello")).response


def _generate_stream(client: Any) -> Any:
    stream = client.generate(model="llama3.2", prompt="Hello", stream=True)
    return [part.response for part in stream]


async def _generate_stream_async(client: Any) -> Any:
    stream = await client.generate(model="llama3.2", prompt="Hello", stream=True)
    return [part.response async for part in stream]


def _embed(client: Any) -> Any:
    return [len(row) for row in client.embed(model="nomic-embed-text", input="Hello").embeddings]


async def _embed_async(client: Any) -> Any:
    answer = await client.embed(model="nomic-embed-text", input="Hello")
    return [len(row) for row in answer.embeddings]


SHAPES = Shapes(
    name="ollama",
    package="ollama",
    client=client,
    create=create,
    stream=stream,
    text=text,
    server=lambda: OllamaProvider(seed=7),
    doors={
        "generate": Door(_generate, _generate_async),
        "generate stream": Door(_generate_stream, _generate_stream_async),
        "embed": Door(_embed, _embed_async),
    },
    retries=False,
    aclose="aclose",
    skip=frozenset(("stream left by with", "stream left by an error")),  # generators have no with
)
