"""What the shapes of SDKs that copy OpenAI's chat have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.instrumentation.shapes import Door

__all__ = ["doors", "text"]


def text(item: Any) -> str:
    """The text of an answer or a chunk."""
    if not item.choices:
        return ""
    choice = item.choices[0]
    said = getattr(choice, "delta", None) or choice.message
    return said.content or ""


def doors(resource: Callable[[Any], Any], method: str, ask: dict[str, Any]) -> dict[str, Door]:
    """The raw ways to make a call, plain and streamed.

    Args:
        resource: Gives the resource, of a client.
        method: The name of its method.
        ask: The arguments.
    """

    def _of(client: Any, wrapper: str) -> Any:
        return getattr(getattr(resource(client), wrapper), method)

    def raw(client: Any) -> Any:
        answer = _of(client, "with_raw_response")(**ask)
        return type(answer).__name__, answer.status_code, text(answer.parse())

    async def raw_async(client: Any) -> Any:
        answer = await _of(client, "with_raw_response")(**ask)
        return type(answer).__name__, answer.status_code, text(await _now(answer.parse()))

    def raw_stream(client: Any) -> Any:
        answer = _of(client, "with_raw_response")(**ask, stream=True)
        return [type(answer).__name__, *(text(chunk) for chunk in answer.parse())]

    async def raw_stream_async(client: Any) -> Any:
        answer = await _of(client, "with_raw_response")(**ask, stream=True)
        parsed = await _now(answer.parse())
        return [type(answer).__name__, *[text(chunk) async for chunk in parsed]]

    def streaming(client: Any) -> Any:
        with _of(client, "with_streaming_response")(**ask) as answer:
            return type(answer).__name__, text(answer.parse())

    async def streaming_async(client: Any) -> Any:
        async with _of(client, "with_streaming_response")(**ask) as answer:
            return type(answer).__name__, text(await answer.parse())

    return {
        "raw": Door(raw, raw_async),
        "raw stream": Door(raw_stream, raw_stream_async),
        "streaming raw": Door(streaming, streaming_async),
    }


async def _now(parsed: Any) -> Any:
    return await parsed if hasattr(parsed, "__await__") else parsed
