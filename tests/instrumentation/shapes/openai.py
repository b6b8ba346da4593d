"""How the OpenAI SDK is called."""

from __future__ import annotations

from typing import Any

from tests.instrumentation.shapes import Door, Shapes

ASK: dict[str, Any] = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Hello"}]}
RESPOND: dict[str, Any] = {"model": "gpt-4o-mini", "input": "Hello"}


def client(url: str, is_async: bool, retries: int = 0, timeout: float = 5.0) -> Any:
    """A client of the provider at a URL."""
    import openai

    cls = openai.AsyncOpenAI if is_async else openai.OpenAI
    return cls(base_url=f"{url}/v1", api_key="test", max_retries=retries, timeout=timeout)


def text(item: Any) -> str:
    """The text of an answer or a chunk."""
    if not item.choices:
        return ""
    said = getattr(item.choices[0], "message", None) or item.choices[0].delta
    return said.content or ""


def _raw(client: Any) -> Any:
    raw = client.chat.completions.with_raw_response.create(**ASK)
    return type(raw).__name__, raw.status_code, raw.parse().choices[0].message.content


async def _raw_async(client: Any) -> Any:
    raw = await client.chat.completions.with_raw_response.create(**ASK)
    return type(raw).__name__, raw.status_code, raw.parse().choices[0].message.content


def _raw_stream(client: Any) -> Any:
    raw = client.chat.completions.with_raw_response.create(**ASK, stream=True)
    return [type(raw).__name__, *(text(chunk) for chunk in raw.parse())]


async def _raw_stream_async(client: Any) -> Any:
    raw = await client.chat.completions.with_raw_response.create(**ASK, stream=True)
    return [type(raw).__name__, *[text(chunk) async for chunk in raw.parse()]]


def _streaming(client: Any) -> Any:
    with client.chat.completions.with_streaming_response.create(**ASK) as raw:
        return type(raw).__name__, raw.parse().choices[0].message.content


async def _streaming_async(client: Any) -> Any:
    async with client.chat.completions.with_streaming_response.create(**ASK) as raw:
        return type(raw).__name__, (await raw.parse()).choices[0].message.content


def _streaming_lines(client: Any) -> Any:
    create = client.chat.completions.with_streaming_response.create
    with create(**ASK, stream=True) as raw:
        return len(list(raw.iter_lines()))


async def _streaming_lines_async(client: Any) -> Any:
    create = client.chat.completions.with_streaming_response.create
    async with create(**ASK, stream=True) as raw:
        return len([line async for line in raw.iter_lines()])


def _helper(client: Any) -> Any:
    completions = getattr(client.chat.completions, "stream", None)
    completions = completions or client.beta.chat.completions.stream
    with completions(**ASK) as stream:
        return [event.type for event in stream], stream.get_final_completion().choices[0].message


async def _helper_async(client: Any) -> Any:
    completions = getattr(client.chat.completions, "stream", None)
    completions = completions or client.beta.chat.completions.stream
    async with completions(**ASK) as stream:
        events = [event.type async for event in stream]
        return events, (await stream.get_final_completion()).choices[0].message


def _parse(client: Any) -> Any:
    parse = getattr(client.chat.completions, "parse", None) or client.beta.chat.completions.parse
    answer = parse(**ASK)
    return type(answer).__name__, text(answer)


async def _parse_async(client: Any) -> Any:
    parse = getattr(client.chat.completions, "parse", None) or client.beta.chat.completions.parse
    answer = await parse(**ASK)
    return type(answer).__name__, text(answer)


def _copied(client: Any) -> Any:
    return text(client.with_options(timeout=3.0).chat.completions.create(**ASK))


async def _copied_async(client: Any) -> Any:
    return text(await client.with_options(timeout=3.0).chat.completions.create(**ASK))


def _responses(client: Any) -> Any:
    return client.responses.create(**RESPOND).output_text


async def _responses_async(client: Any) -> Any:
    return (await client.responses.create(**RESPOND)).output_text


def _responses_stream(client: Any) -> Any:
    return [type(event).__name__ for event in client.responses.create(**RESPOND, stream=True)]


async def _responses_stream_async(client: Any) -> Any:
    stream = await client.responses.create(**RESPOND, stream=True)
    return [type(event).__name__ async for event in stream]


def _responses_helper(client: Any) -> Any:
    with client.responses.stream(**RESPOND) as stream:
        return [event.type for event in stream], stream.get_final_response().output_text


async def _responses_helper_async(client: Any) -> Any:
    async with client.responses.stream(**RESPOND) as stream:
        events = [event.type async for event in stream]
        return events, (await stream.get_final_response()).output_text


def _legacy(client: Any) -> Any:
    return client.completions.create(model="gpt-3.5-turbo-instruct", prompt="Hello").choices[0].text


async def _legacy_async(client: Any) -> Any:
    made = await client.completions.create(model="gpt-3.5-turbo-instruct", prompt="Hello")
    return made.choices[0].text


def _embed(client: Any) -> Any:
    made = client.embeddings.create(model="text-embedding-3-small", input=["a", "b"])
    return [row.embedding for row in made.data]


async def _embed_async(client: Any) -> Any:
    made = await client.embeddings.create(model="text-embedding-3-small", input=["a", "b"])
    return [row.embedding for row in made.data]


def _generator(client: Any) -> Any:
    """Messages that can be read only once."""
    messages = iter(ASK["messages"])
    return text(client.chat.completions.create(model="gpt-4o-mini", messages=messages))


def create(client: Any) -> Any:
    """A whole answer."""
    return client.chat.completions.create(**ASK)


def stream(client: Any) -> Any:
    """A stream."""
    return client.chat.completions.create(**ASK, stream=True)


DOORS = {
    "raw": Door(_raw, _raw_async),
    "raw stream": Door(_raw_stream, _raw_stream_async),
    "streaming raw": Door(_streaming, _streaming_async),
    "streaming raw lines": Door(_streaming_lines, _streaming_lines_async),
    "helper": Door(_helper, _helper_async),
    "parse": Door(_parse, _parse_async),
    "with_options": Door(_copied, _copied_async),
    "completions": Door(_legacy, _legacy_async),
    "embeddings": Door(_embed, _embed_async),
    "one-shot messages": Door(_generator),
}
RESPONSES_DOORS = {
    "responses": Door(_responses, _responses_async),
    "responses stream": Door(_responses_stream, _responses_stream_async),
    "responses helper": Door(_responses_helper, _responses_helper_async),
}


def _doors() -> dict[str, Door]:
    """The ways that the installed SDK has: the responses API came with openai 1.66."""
    try:
        from openai.resources.responses import Responses
    except ImportError:
        return DOORS
    found = {**DOORS, **RESPONSES_DOORS}
    if not hasattr(Responses, "stream"):
        del found["responses helper"]
    return found


SHAPES = Shapes(
    name="openai", client=client, create=create, stream=stream, text=text, doors=_doors()
)
