"""Responses, as the OpenAI SDK sees them."""

from __future__ import annotations

import json

import pytest

CALL = {"model": "gpt-5-mini", "input": "What is Python?"}


def whole(client, stream):
    """The final response, whole or through a stream."""
    if not stream:
        return client.responses.create(**CALL)
    return list(client.responses.create(**CALL, stream=True))[-1].response


@pytest.mark.parametrize("stream", [True, False])
def test_text(client, provider, stream):
    """The text, the model and usage that adds up."""
    provider.answer("A language.")

    response = whole(client, stream)

    assert response.output_text == "A language."
    assert response.status == "completed"
    assert response.model == "gpt-5-mini-2025-08-07"
    assert response.usage.total_tokens == response.usage.input_tokens + response.usage.output_tokens


@pytest.mark.parametrize("stream", [True, False])
def test_items(client, provider, stream):
    """Reasoning, text and calls are items in this order."""
    provider.answer("Look.", reasoning="Hm.", tool_calls=[("search", {"q": "x"})])

    response = whole(client, stream)

    assert [item.type for item in response.output] == ["reasoning", "message", "function_call"]
    assert response.output[0].summary[0].text == "Hm."
    assert json.loads(response.output[2].arguments) == {"q": "x"}


@pytest.mark.parametrize("stream", [True, False])
def test_too_long_is_incomplete(client, provider, stream):
    """An answer that ran out of tokens is incomplete and says why."""
    provider.answer("A langu", finish_reason="length")

    response = whole(client, stream)

    assert response.status == "incomplete"
    assert response.incomplete_details.reason == "max_output_tokens"


def test_stream_is_numbered(client):
    """Events carry consecutive numbers, from creation to completion."""
    events = list(client.responses.create(**CALL, stream=True))

    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert events[0].type == "response.created"
    assert events[-1].type == "response.completed"


def test_items_of_the_input_are_read(client, provider):
    """Calls and results in the input are parsed into parts; the result is repeated."""
    items = [
        {"role": "user", "content": [{"type": "input_text", "text": "Weather?"}]},
        {"type": "function_call", "call_id": "c1", "name": "w", "arguments": '{"city": "Oslo"}'},
        {"type": "function_call_output", "call_id": "c1", "output": "rain"},
    ]

    response = client.responses.create(model="gpt-5", input=items, instructions="Be brief.")

    request = provider.requests[0].parsed
    assert [message["role"] for message in request.messages] == [
        "system",
        "user",
        "assistant",
        "tool",
    ]
    assert request.text == "Weather?"
    assert response.output_text == "The tool says: rain"


def test_response_can_be_retrieved(client):
    """A response that was made is found by its id, the same as it was."""
    made = client.responses.create(**CALL)

    assert client.responses.retrieve(made.id) == made


def test_background_response_is_finished_later(client, provider):
    """A response in the background is queued at first, and whole when it is retrieved."""
    provider.answer("A language.")

    begun = client.responses.create(**CALL, background=True)
    finished = client.responses.retrieve(begun.id)

    assert (begun.status, begun.output, begun.usage) == ("queued", [], None)
    assert (finished.status, finished.output_text) == ("completed", "A language.")
