"""Messages, as the Anthropic SDK sees them."""

from __future__ import annotations

import asyncio

import anthropic
import pytest

from hilt.testing.provider import Tokens, ToolCall

CALL = {
    "model": "claude-opus-5-5",
    "max_tokens": 100,
    "messages": [{"role": "user", "content": "What is Python?"}],
}


def whole(client, stream):
    """The final message, whole or through a stream."""
    if not stream:
        return client.messages.create(**CALL)
    with client.messages.stream(**CALL) as events:
        return events.get_final_message()


@pytest.mark.parametrize("stream", [True, False])
def test_blocks(claude, provider, stream):
    """Thinking, text and tool use are blocks in this order."""
    provider.answer("Look.", reasoning="Hm.", tool_calls=[("search", {"q": ["x", 1]})])

    message = whole(claude, stream)

    assert [block.type for block in message.content] == ["thinking", "text", "tool_use"]
    assert message.content[0].thinking == "Hm."
    assert message.content[1].text == "Look."
    assert message.content[2].input == {"q": ["x", 1]}
    assert message.stop_reason == "tool_use"


@pytest.mark.parametrize("stream", [True, False])
def test_usage_counts_the_cache_apart(claude, provider, stream):
    """Anthropic's input tokens leave out the cached ones."""
    provider.answer("Yes.", tokens=Tokens(prompt=100, completion=7, cached=60, cache_write=10))

    usage = whole(claude, stream).usage

    assert (usage.input_tokens, usage.cache_read_input_tokens) == (30, 60)
    assert (usage.cache_creation_input_tokens, usage.output_tokens) == (10, 7)


@pytest.mark.parametrize(
    "status", [(429, anthropic.RateLimitError), (529, anthropic.APIStatusError)]
)
def test_errors_are_anthropics(claude, provider, status):
    """Errors have Anthropic's shape and the request's id."""
    code, kind = status
    provider.fail(status=code, message="Slow down.")

    with pytest.raises(kind, match=r"Slow down\.") as caught:
        claude.messages.create(**CALL)

    assert caught.value.status_code == code
    assert caught.value.request_id.startswith("req_")


def test_history_is_read(claude, provider):
    """System, images, tool use and results of a request are parsed into parts."""
    source = {"type": "base64", "media_type": "image/png", "data": "aGVsbG8="}
    claude.messages.create(
        model="claude-opus-5-5",
        max_tokens=9,
        system=[{"type": "text", "text": "Be brief."}],
        messages=[
            {"role": "user", "content": [{"type": "image", "source": source}]},
            {
                "role": "assistant",
                "content": [{"type": "tool_use", "id": "t1", "name": "f", "input": {}}],
            },
            {
                "role": "user",
                "content": [
                    {
                        "type": "tool_result",
                        "tool_use_id": "t1",
                        "content": [{"type": "text", "text": "42"}],
                    }
                ],
            },
        ],
    )

    request = provider.requests[0].parsed
    kinds = [(m["role"], m["parts"][0]["type"]) for m in request.messages]
    assert kinds == [
        ("system", "text"),
        ("user", "blob"),
        ("assistant", "tool_call"),
        ("user", "tool_call_response"),
    ]
    assert request.tool_results == ["42"]


def test_forced_tool_is_called(claude):
    """A tool that must be called is, with arguments that its schema allows."""
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}}

    message = claude.messages.create(
        **CALL,
        tools=[{"name": "count", "input_schema": schema}],
        tool_choice={"type": "tool", "name": "count"},
    )

    assert [(b.name, b.input) for b in message.content] == [("count", {"n": 1})]


def test_async_client(provider):
    """The asynchronous client gets the same, plain and streamed."""

    async def ask() -> list[str]:
        async with anthropic.AsyncAnthropic(base_url=provider.url, api_key="test") as client:
            plain = await client.messages.create(**CALL)
            async with client.messages.stream(**CALL) as stream:
                return [plain.content[0].text, await stream.get_final_text()]

    assert asyncio.run(ask()) == ["You said: What is Python?"] * 2


def test_tool_use_has_the_id_that_was_scripted_or_one_of_its_own(claude, provider):
    """In the form of Anthropic's."""
    provider.answer(tool_calls=[ToolCall("search", {}, id="toolu_mine"), ("search", {})])

    first, second = whole(claude, stream=False).content

    assert first.id == "toolu_mine"
    assert (second.id[:8], len(second.id)) == ("toolu_01", 30)
