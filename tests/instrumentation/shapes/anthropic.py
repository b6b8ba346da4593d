"""How the Anthropic SDK is called."""

from __future__ import annotations

from typing import Any

from tests.instrumentation.shapes import Door, Shapes

MODEL = "claude-haiku-4-5"
ASK: dict[str, Any] = {
    "model": MODEL,
    "max_tokens": 100,
    "messages": [{"role": "user", "content": "Hello"}],
}


def client(url: str, is_async: bool, retries: int = 0, timeout: float = 5.0) -> Any:
    """A client of the provider at a URL."""
    import anthropic

    cls = anthropic.AsyncAnthropic if is_async else anthropic.Anthropic
    return cls(base_url=url, api_key="test", max_retries=retries, timeout=timeout)


def text(item: Any) -> str:
    """The text of an answer or a chunk."""
    if hasattr(item, "content"):
        return "".join(block.text for block in item.content if block.type == "text")
    return getattr(getattr(item, "delta", None), "text", None) or ""


def _raw(client: Any) -> Any:
    raw = client.messages.with_raw_response.create(**ASK)
    return type(raw).__name__, raw.status_code, text(raw.parse())


async def _raw_async(client: Any) -> Any:
    raw = await client.messages.with_raw_response.create(**ASK)
    parsed = raw.parse()
    parsed = await parsed if hasattr(parsed, "__await__") else parsed
    return type(raw).__name__, raw.status_code, text(parsed)


def _raw_stream(client: Any) -> Any:
    raw = client.messages.with_raw_response.create(**ASK, stream=True)
    return [type(raw).__name__, *(text(chunk) for chunk in raw.parse())]


async def _raw_stream_async(client: Any) -> Any:
    raw = await client.messages.with_raw_response.create(**ASK, stream=True)
    parsed = raw.parse()
    parsed = await parsed if hasattr(parsed, "__await__") else parsed
    return [type(raw).__name__, *[text(chunk) async for chunk in parsed]]


def _streaming(client: Any) -> Any:
    with client.messages.with_streaming_response.create(**ASK) as raw:
        return type(raw).__name__, text(raw.parse())


async def _streaming_async(client: Any) -> Any:
    async with client.messages.with_streaming_response.create(**ASK) as raw:
        return type(raw).__name__, text(await raw.parse())


def _streaming_lines(client: Any) -> Any:
    with client.messages.with_streaming_response.create(**ASK, stream=True) as raw:
        return len(list(raw.iter_lines()))


async def _streaming_lines_async(client: Any) -> Any:
    async with client.messages.with_streaming_response.create(**ASK, stream=True) as raw:
        return len([line async for line in raw.iter_lines()])


def _text_stream(client: Any) -> Any:
    with client.messages.stream(**ASK) as stream:
        return list(stream.text_stream)


async def _text_stream_async(client: Any) -> Any:
    async with client.messages.stream(**ASK) as stream:
        return [text async for text in stream.text_stream]


def _events(client: Any) -> Any:
    with client.messages.stream(**ASK) as stream:
        return [event.type for event in stream], text(stream.get_final_message())


async def _events_async(client: Any) -> Any:
    async with client.messages.stream(**ASK) as stream:
        types = [event.type async for event in stream]
        return types, text(await stream.get_final_message())


def _final(client: Any) -> Any:
    with client.messages.stream(**ASK) as stream:
        return stream.get_final_text()


async def _final_async(client: Any) -> Any:
    async with client.messages.stream(**ASK) as stream:
        return await stream.get_final_text()


def _until_done(client: Any) -> Any:
    with client.messages.stream(**ASK) as stream:
        stream.until_done()
        return text(stream.current_message_snapshot)


async def _until_done_async(client: Any) -> Any:
    async with client.messages.stream(**ASK) as stream:
        await stream.until_done()
        return text(stream.current_message_snapshot)


def _beta(client: Any) -> Any:
    return text(client.beta.messages.create(**ASK))


async def _beta_async(client: Any) -> Any:
    return text(await client.beta.messages.create(**ASK))


def _beta_helper(client: Any) -> Any:
    with client.beta.messages.stream(**ASK) as stream:
        return list(stream.text_stream)


async def _beta_helper_async(client: Any) -> Any:
    async with client.beta.messages.stream(**ASK) as stream:
        return [text async for text in stream.text_stream]


def _parse(client: Any) -> Any:
    return text(client.messages.parse(**ASK))


async def _parse_async(client: Any) -> Any:
    return text(await client.messages.parse(**ASK))


def _copied(client: Any) -> Any:
    return text(client.with_options(timeout=3.0).messages.create(**ASK))


async def _copied_async(client: Any) -> Any:
    return text(await client.with_options(timeout=3.0).messages.create(**ASK))


def _one_shot() -> dict[str, Any]:
    """Arguments that can be read only once."""
    blocks = ({"type": "text", "text": part} for part in ("Hel", "lo"))
    return {**ASK, "messages": iter([{"role": "user", "content": blocks}])}


def _generator(client: Any) -> Any:
    return text(client.messages.create(**_one_shot()))


async def _generator_async(client: Any) -> Any:
    return text(await client.messages.create(**_one_shot()))


def _legacy(client: Any) -> Any:
    return client.completions.create(model=MODEL, prompt="Hello", max_tokens_to_sample=9)


def create(client: Any) -> Any:
    """A whole answer."""
    return client.messages.create(**ASK)


def stream(client: Any) -> Any:
    """A stream."""
    return client.messages.create(**ASK, stream=True)


DOORS = {
    "raw": Door(_raw, _raw_async),
    "raw stream": Door(_raw_stream, _raw_stream_async),
    "streaming raw": Door(_streaming, _streaming_async),
    "streaming raw lines": Door(_streaming_lines, _streaming_lines_async),
    "helper text_stream": Door(_text_stream, _text_stream_async),
    "helper events": Door(_events, _events_async),
    "helper get_final_text": Door(_final, _final_async),
    "helper until_done": Door(_until_done, _until_done_async),
    "beta": Door(_beta, _beta_async),
    "beta helper": Door(_beta_helper, _beta_helper_async),
    "parse": Door(_parse, _parse_async),
    "with_options": Door(_copied, _copied_async),
    "one-shot messages": Door(_generator, _generator_async),
}


def _doors() -> dict[str, Door]:
    """The ways that the installed SDK has: some came with later releases."""
    found = dict(DOORS)
    try:
        from anthropic.resources.beta.messages import Messages as Beta
        from anthropic.resources.messages import Messages
    except ImportError:
        return {}
    if not hasattr(Messages, "parse"):
        del found["parse"]
    if not hasattr(Beta, "stream"):
        del found["beta helper"]
    return found


SHAPES = Shapes(
    name="anthropic", client=client, create=create, stream=stream, text=text, doors=_doors()
)
