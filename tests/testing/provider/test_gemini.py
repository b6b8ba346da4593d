"""Content and embeddings, as the Gemini SDK sees them."""

from __future__ import annotations

import asyncio

import pytest
from google import genai
from google.genai import errors, types

from hilt.testing.provider import Tokens

CALL = {"model": "gemini-2.5-flash", "contents": "What is Python?"}


def test_plain_answer(gemini, provider):
    """Text, reason, model and counts."""
    provider.answer("A language.", tokens=Tokens(prompt=10, completion=8, reasoning=5, cached=4))

    answer = gemini.models.generate_content(**CALL)

    usage = answer.usage_metadata
    assert answer.text == "A language."
    assert answer.candidates[0].finish_reason == "STOP"
    assert answer.model_version == "gemini-2.5-flash"
    assert (usage.prompt_token_count, usage.candidates_token_count) == (10, 3)
    assert (usage.thoughts_token_count, usage.total_token_count) == (5, 18)
    assert usage.cached_content_token_count == 4


def test_stream(gemini, provider):
    """A stream says the text in pieces; the last one says why it ends."""
    provider.answer(chunks=["A ", "language."])

    chunks = list(gemini.models.generate_content_stream(**CALL))

    assert [chunk.text for chunk in chunks] == ["A ", "language."]
    assert [c.candidates[0].finish_reason for c in chunks] == [None, types.FinishReason.STOP]


def test_tool_calls_and_thoughts(gemini, provider):
    """Calls are function calls, reasoning is a thought."""
    provider.answer(tool_calls=[("search", {"q": "x"})], reasoning="Hm.")

    answer = gemini.models.generate_content(**CALL)

    assert [(call.name, call.args) for call in answer.function_calls] == [("search", {"q": "x"})]
    assert answer.candidates[0].content.parts[0].thought


def test_history_is_read(gemini, provider):
    """System instructions, models' turns and results of a request are parsed into parts."""
    result = types.Part.from_function_response(name="f", response={"result": 42})
    gemini.models.generate_content(
        model="gemini-2.5-flash",
        contents=[
            types.UserContent("Go."),
            types.ModelContent([types.Part.from_function_call(name="f", args={})]),
            types.UserContent([result]),
        ],
        config={"system_instruction": "Be brief."},
    )

    request = provider.requests[0].parsed
    assert [m["role"] for m in request.messages] == ["system", "user", "assistant", "user"]
    assert request.tool_results == [{"result": 42}]


def test_errors_are_googles(gemini, provider):
    """Errors have Google's shape."""
    provider.fail(status=400, message="Bad.")

    with pytest.raises(errors.ClientError, match="INVALID_ARGUMENT") as caught:
        gemini.models.generate_content(**CALL)

    assert caught.value.code == 400


def test_schema_is_followed(gemini):
    """An answer that must follow a schema does."""
    schema = {"type": "OBJECT", "properties": {"name": {"type": "STRING"}}}

    answer = gemini.models.generate_content(
        **CALL, config={"response_mime_type": "application/json", "response_schema": schema}
    )

    assert answer.text == '{"name": "text"}'


def test_embeddings(gemini):
    """Each text gets a vector of the wanted size."""
    answer = gemini.models.embed_content(
        model="gemini-embedding-001", contents=["a", "b"], config={"output_dimensionality": 4}
    )

    assert [len(each.values) for each in answer.embeddings] == [4, 4]


def test_async_client(provider):
    """The asynchronous client gets the same, plain and streamed."""

    async def ask() -> list[str]:
        client = genai.Client(api_key="test", http_options={"base_url": provider.url}).aio
        async with client:
            plain = await client.models.generate_content(**CALL)
            stream = await client.models.generate_content_stream(**CALL)
            return [plain.text, "".join([chunk.text async for chunk in stream])]

    assert asyncio.run(ask()) == ["You said: What is Python?"] * 2
