"""How HuggingFace's inference clients are called."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from hilt.testing.provider import Provider
from hilt.testing.provider.faults import NO_FAULT
from hilt.testing.provider.server import HTTPAnswer, HTTPRequest, json_body
from tests.instrumentation.openai_like import text
from tests.instrumentation.shapes import Door, Shapes

ASK: dict[str, Any] = {
    "model": "gpt-4o-mini",
    "messages": [{"role": "user", "content": "Hello"}],
}
_DETAILS = {"finish_reason": "eos_token", "generated_tokens": 2, "seed": None}


class HuggingFaceProvider(Provider):
    """The embedded provider, with text generation and feature extraction."""

    def handle(self, request: HTTPRequest) -> tuple[HTTPAnswer, Any]:
        """The embedded provider's answer, or one as Text Generation Inference writes it."""
        body = json.loads(request.body)
        if "inputs" not in body:
            return super().handle(request)
        if body.get("stream"):
            kind = {"content-type": "text/event-stream"}
            return HTTPAnswer(200, kind, events=_tokens()), NO_FAULT
        whole: Any = [{"generated_text": "One two", "details": _DETAILS}]
        if "parameters" not in body:
            whole = [[0.25, 0.5, 0.75]]
        return HTTPAnswer(200, {"content-type": "application/json"}, json_body(whole)), NO_FAULT


def _tokens() -> Iterator[bytes]:
    for index, piece in enumerate(("One", " two")):
        token = {"id": index, "text": piece, "logprob": -0.1, "special": False}
        last = {"generated_text": "One two", "details": _DETAILS} if index else {}
        event = {"index": index, "token": token, "generated_text": None, "details": None, **last}
        yield b"data:" + json.dumps(event).encode() + b"\n\n"


def client(url: str, is_async: bool, retries: int = 0, timeout: float = 5.0) -> Any:
    """A client of a model's endpoint."""
    import huggingface_hub as sdk

    cls = sdk.AsyncInferenceClient if is_async else sdk.InferenceClient
    return cls(base_url=f"{url}/v1", api_key="test", timeout=timeout)


def create(client: Any) -> Any:
    """A whole answer."""
    return client.chat_completion(**ASK)


def stream(client: Any) -> Any:
    """A stream."""
    return client.chat_completion(**ASK, stream=True)


def _like_openai(client: Any) -> Any:
    return text(client.chat.completions.create(**ASK))


async def _like_openai_async(client: Any) -> Any:
    return text(await client.chat.completions.create(**ASK))


def _generate(client: Any) -> Any:
    return client.text_generation("Hello", max_new_tokens=5)


async def _generate_async(client: Any) -> Any:
    return await client.text_generation("Hello", max_new_tokens=5)


def _generate_stream(client: Any) -> Any:
    return list(client.text_generation("Hello", stream=True))


async def _generate_stream_async(client: Any) -> Any:
    return [each async for each in await client.text_generation("Hello", stream=True)]


def _extract(client: Any) -> Any:
    return client.feature_extraction("Hello").tolist()


async def _extract_async(client: Any) -> Any:
    return (await client.feature_extraction("Hello")).tolist()


SHAPES = Shapes(
    name="huggingface",
    package="huggingface_hub",
    client=client,
    create=create,
    stream=stream,
    text=text,
    server=lambda: HuggingFaceProvider(seed=7),
    doors={
        "like openai": Door(_like_openai, _like_openai_async),
        "text generation": Door(_generate, _generate_async),
        "text generation stream": Door(_generate_stream, _generate_stream_async),
        "feature extraction": Door(_extract, _extract_async),
    },
    retries=False,
    aclose="aclose",
    skip=frozenset(("stream left by with", "stream left by an error")),  # generators have no with
)
