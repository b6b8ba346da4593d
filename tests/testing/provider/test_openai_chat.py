"""Chat completions and legacy completions, as the OpenAI SDK sees them."""

from __future__ import annotations

import asyncio
import json

import openai
import pytest

from hilt.testing.provider import Answer, Tokens

CALL = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "What is Python?"}]}
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}


def test_plain_answer_is_whole(client, provider):
    """A scripted text comes with its dated model, its reason to stop and usage that adds up."""
    provider.answer("A programming language.")

    answer = client.chat.completions.create(**CALL)

    assert answer.choices[0].message.content == "A programming language."
    assert answer.choices[0].finish_reason == "stop"
    assert answer.model == "gpt-4o-mini-2024-07-18"
    assert answer.id.startswith("chatcmpl-")
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens
    assert answer.usage.prompt_tokens == 4 + 4


def test_stream_joins_to_the_text(client, provider):
    """A stream says the same text, word by word, and ends with a reason."""
    provider.answer("One two  three.\n")

    chunks = list(client.chat.completions.create(**CALL, stream=True))

    pieces = [chunk.choices[0].delta.content for chunk in chunks]
    assert "".join(piece or "" for piece in pieces) == "One two  three.\n"
    assert [piece for piece in pieces if piece] == ["One", " two", "  three.\n"]
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert len({chunk.id for chunk in chunks}) == 1


def test_stream_cuts_where_it_is_told(client, provider):
    """Scripted chunks are sent as they are."""
    provider.answer(chunks=["Par", "is", "."])

    chunks = list(client.chat.completions.create(**CALL, stream=True))

    assert [c.choices[0].delta.content for c in chunks][1:-1] == ["Par", "is", "."]


@pytest.mark.parametrize("wanted", [True, False])
def test_stream_sends_usage_when_asked(client, wanted):
    """The usage chunk comes with ``include_usage`` only."""
    stream = client.chat.completions.create(
        **CALL, stream=True, stream_options={"include_usage": wanted}
    )

    assert any(chunk.usage for chunk in stream) is wanted


@pytest.mark.parametrize("stream", [True, False])
def test_tool_calls_come_whole(client, provider, stream):
    """Two parallel calls keep their names and their JSON, streamed or not."""
    provider.answer(tool_calls=[("get_weather", {"city": "Paris"}), ("get_time", {})])

    with client.chat.completions.stream(**CALL) if stream else _Plain(client) as made:
        answer = made.get_final_completion()

    calls = answer.choices[0].message.tool_calls
    assert [call.function.name for call in calls] == ["get_weather", "get_time"]
    assert json.loads(calls[0].function.arguments) == {"city": "Paris"}
    assert calls[0].id != calls[1].id
    assert answer.choices[0].finish_reason == "tool_calls"


class _Plain:
    def __init__(self, client):
        self.client = client

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def get_final_completion(self):
        return self.client.chat.completions.create(**CALL)


def test_usage_says_what_was_scripted(client, provider):
    """Scripted token counts are the usage."""
    tokens = Tokens(prompt=100, completion=50, cached=64, reasoning=20)
    provider.answer("Yes.", tokens=tokens)

    usage = client.chat.completions.create(**CALL).usage

    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (100, 50, 150)
    assert usage.prompt_tokens_details.cached_tokens == 64
    assert usage.completion_tokens_details.reasoning_tokens == 20


def test_several_choices(client, provider):
    """Further choices are answers of their own."""
    provider.answer(Answer("Yes.", choices=[Answer("No.", finish_reason="length")]))

    answer = client.chat.completions.create(**CALL, n=2)

    found = [(c.index, c.message.content, c.finish_reason) for c in answer.choices]
    assert found == [(0, "Yes.", "stop"), (1, "No.", "length")]


def test_history_is_read(client, provider):
    """Tool calls, results and images of a request are parsed into parts."""
    url = "data:image/png;base64,aGVsbG8="
    history = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}]},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
            ],
        },
        {"role": "tool", "tool_call_id": "c1", "content": "42"},
    ]

    client.chat.completions.create(model="gpt-4o", messages=history)

    request = provider.requests[0].parsed
    assert [part["type"] for message in request.messages for part in message["parts"]] == [
        "text",
        "blob",
        "tool_call",
        "tool_call_response",
    ]
    assert request.messages[1]["parts"][0]["size"] == 5
    assert request.tool_results == ["42"]


def test_async_client(provider):
    """The asynchronous client gets the same, plain and streamed, many at once."""

    async def ask() -> list[str]:
        async with openai.AsyncOpenAI(base_url=provider.openai_url, api_key="test") as client:
            plain = [client.chat.completions.create(**CALL) for _ in range(20)]
            texts = [a.choices[0].message.content for a in await asyncio.gather(*plain)]
            stream = await client.chat.completions.create(**CALL, stream=True)
            pieces = [chunk.choices[0].delta.content or "" async for chunk in stream]
            return [*texts, "".join(pieces)]

    assert asyncio.run(ask()) == ["You said: What is Python?"] * 21


def test_azure_client(provider):
    """Azure's paths name the deployment, which is the model."""
    with openai.AzureOpenAI(
        azure_endpoint=provider.url, api_key="test", api_version="2024-10-21"
    ) as client:
        client.chat.completions.create(model="my-gpt", messages=CALL["messages"])

    assert provider.requests[0].path == "/openai/deployments/my-gpt/chat/completions"
    assert provider.requests[0].parsed.model == "my-gpt"


@pytest.mark.parametrize("stream", [True, False])
def test_legacy_completion(client, provider, stream):
    """Legacy completions answer with text."""
    provider.answer("Once upon a time.")

    answer = client.completions.create(model="davinci-002", prompt="Tell me", stream=stream)

    chunks = list(answer) if stream else [answer]
    assert "".join(chunk.choices[0].text for chunk in chunks) == "Once upon a time."


def test_models_are_listed(client):
    """A client that looks for models finds one."""
    assert [model.id for model in client.models.list()] == ["embedded"]


def test_unknown_path_says_so(client):
    """An endpoint that is not there is a 404 that names it."""
    with pytest.raises(openai.NotFoundError, match="has no POST /v1/images/generations"):
        client.images.generate(prompt="A cat")
