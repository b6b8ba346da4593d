"""AI21: what its client is about to send, and what it answers."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from hilt.genai.values import Arguments, Usage
from hilt.providers._chat_completions import ChatCompletions
from hilt.providers.ai21.adapter import AI21
from tests.providers.wire import folded, wire


def _call(base_url: str = "https://api.ai21.com/studio/v1", **kwargs: Any) -> Arguments:
    provider = AI21()
    instance = SimpleNamespace(_client=SimpleNamespace(_base_url=base_url))
    return Arguments(provider.targets[0], instance, (), kwargs)


BODY = {
    "model": "jamba-large",
    "messages": [{"role": "user", "content": "Hello"}],
    "max_tokens": 9,
    "documents": [{"content": "Doc", "metadata": {"a": 1}}],
}


def test_request() -> None:
    """Model, messages, parameters and documents, and whether it streams."""
    found = AI21().request(_call(path="/chat/completions", body=BODY, stream=True))

    assert found is not None
    request, _ = found
    assert (request.provider, request.model) == ("ai21", "jamba-large")
    assert (request.server_address, request.server_port) == ("api.ai21.com", 443)
    assert request.stream is True
    assert request.attributes == {"gen_ai.request.max_tokens": 9}
    assert request.documents == BODY["documents"]


@pytest.mark.parametrize(
    ("url", "provider"),
    [
        ("https://bedrock-runtime.us-east-1.amazonaws.com", "aws.bedrock"),
        ("https://us-central1-aiplatform.googleapis.com/v1", "gcp.vertex_ai"),
        ("https://my.endpoint.example.org", "ai21"),
    ],
)
def test_platforms(url: str, provider: str) -> None:
    """The host says whose models they are."""
    found = AI21().request(_call(url, path="/chat/completions", body=BODY))

    assert found is not None
    assert found[0].provider == provider


def test_other_requests_are_no_calls() -> None:
    """Files and batches ask no model."""
    assert AI21().request(_call(path="/library/files", body={"a": 1})) is None


def test_answers() -> None:
    """A tool call whole, and a text in a stream."""
    whole = ChatCompletions().response(wire("ai21/chat"))
    streamed = folded(ChatCompletions(), wire("ai21/stream"))

    assert whole.messages[0]["parts"] == [
        {"type": "tool_call", "id": "call_1", "name": "f", "arguments": {"a": 1}}
    ]
    assert whole.finish_reasons == ["tool_calls"]
    assert streamed.messages[0]["parts"] == [{"type": "text", "content": "Hello."}]
    assert streamed.usage == whole.usage
    assert whole.usage == Usage(input_tokens=12, output_tokens=5, total_tokens=17)
