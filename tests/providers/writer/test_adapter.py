"""Writer: completions streamed as bare values, and its own spelling of token details."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from hilt.genai.values import Usage
from hilt.providers._chat_completions import ChatCompletions
from hilt.providers.writer.adapter import WriterCompletions
from tests.conftest import Log
from tests.providers.wire import folded, wire


def test_token_details() -> None:
    """``prompt_token_details`` is Writer's, without the s."""
    found = ChatCompletions().response(wire("writer/chat"))

    assert found.usage == Usage(
        input_tokens=40,
        output_tokens=6,
        total_tokens=46,
        cache_read_tokens=32,
        reasoning_tokens=2,
    )


def test_values() -> None:
    """A chunk is a text and nothing else."""
    found = folded(WriterCompletions(), wire("writer/completion_stream"))

    assert found.messages[0]["parts"] == [{"type": "text", "content": "Hello."}]
    assert found.finish_reasons == []


def test_stream_without_a_reason_is_whole(log: Log) -> None:
    """A completion that just ends has ended: nothing is missing."""
    writerai = pytest.importorskip("writerai")
    chunks = wire("writer/completion_stream")
    body = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks).encode()

    def answer(request: Any) -> httpx.Response:
        stream = httpx.ByteStream(body)
        return httpx.Response(200, headers={"content-type": "text/event-stream"}, stream=stream)

    http = httpx.Client(transport=httpx.MockTransport(answer))
    with writerai.Writer(api_key="k", http_client=http) as client:
        made = client.completions.create(model="palmyra-x5", prompt="Say hello", stream=True)
        assert [chunk.value for chunk in made] == ["Hel", "lo."]

    ending = log.ending
    assert ending["content"]["text"] == "Hello."
    assert ending["extensions"]["outcome"] == "completed"
    assert "partial" not in ending["extensions"]
    assert log.one("prompt")["content"]["text"] == "Say hello"
