"""Requests, answers and errors of google-generativeai, whose messages are protobuf; no SDK needed."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from hilt.genai.values import Arguments, Delta, Response, Target, Usage
from hilt.providers.gemini.parts import message_of
from hilt.providers.generativeai.adapter import (
    GeneratedContent,
    GeneratedEmbeddings,
    GenerativeAI,
    json_of,
)

ANSWER = {
    "candidates": [{"content": {"role": "model", "parts": [{"text": "Hi"}]},
                    "finishReason": "STOP"}],
    "usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 2, "totalTokenCount": 5},
}  # fmt: skip


class Message:
    """A protobuf message, as proto-plus wraps it."""

    def __init__(self, fields: dict[str, Any]) -> None:
        self.fields = fields

    def to_json(self, *, use_integers_for_enums: bool, including_default_value_fields: bool) -> str:
        """The JSON of the wire, if it is asked for in the wire's form."""
        assert not use_integers_for_enums
        assert not including_default_value_fields
        return json.dumps(self.fields)


def call(name: str, body: Any, host: str = "generativelanguage.googleapis.com") -> Arguments:
    """A call of a method of the generated client."""
    client = SimpleNamespace(transport=SimpleNamespace(host=host))
    target = Target("google.ai", f"GenerativeServiceClient.{name}")
    return Arguments(target, client, (), {"request": body})


def test_protobuf_is_read_as_its_json() -> None:
    """Anything else is as it is."""
    assert json_of(Message({"a": 1})) == {"a": 1}
    assert json_of({"a": 1}) == {"a": 1}


def test_request() -> None:
    """By the method's name, with the model without its prefix."""
    contents = [{"role": "user", "parts": [{"text": "Hi"}]}]
    body = Message({"model": "models/gemini-1.5-flash", "contents": contents})
    found = GenerativeAI().request(call("stream_generate_content", body))

    assert found is not None
    request, surface = found
    assert (request.operation, request.provider, request.model, request.stream) == (
        "generate_content", "gcp.gemini", "gemini-1.5-flash", True,
    )  # fmt: skip
    assert [message_of(raw) for raw in request.messages] == [
        {"role": "user", "parts": [{"type": "text", "content": "Hi"}]}
    ]
    assert surface.name == "GenerativeModel.generate_content"


def test_request_of_a_batch() -> None:
    """The model stands in each of its requests."""
    body = {"requests": [{"model": "models/embedding-001", "content": {"parts": []}}]}
    found = GenerativeAI().request(call("batch_embed_contents", body))

    assert found is not None
    assert (found[0].operation, found[0].model) == ("embeddings", "embedding-001")


@pytest.mark.parametrize(
    ("host", "server"),
    [("example.com", ("example.com", 443)), ("localhost:8080", ("localhost", 8080)),
     ("", (None, None))],
)  # fmt: skip
def test_server(host: str, server: tuple[str | None, int | None]) -> None:
    """The transport of the client has it."""
    found = GenerativeAI().request(call("generate_content", {}, host))

    assert found is not None
    assert (found[0].server_address, found[0].server_port) == server


def test_request_of_another_shape() -> None:
    """What is no message is not observed."""
    assert GenerativeAI().request(call("generate_content", None)) is None


def test_answer_and_chunk() -> None:
    """They are Gemini's."""
    usage = Usage(3, 2, 5)

    assert GeneratedContent().response(Message(ANSWER)) == Response(
        messages=[
            {"role": "assistant", "parts": [{"type": "text", "content": "Hi"}],
             "finish_reason": "STOP"}
        ],
        finish_reasons=["STOP"],
        usage=usage,
        raw_usage=ANSWER["usageMetadata"],
    )  # fmt: skip
    assert GeneratedContent().delta(Message(ANSWER)) == Delta(
        text="Hi",
        finish_reasons={0: "STOP"},
        response=Response(usage=usage, raw_usage=ANSWER["usageMetadata"]),
    )
    assert GeneratedEmbeddings().response(Message({"embedding": {"values": [1, 2]}})) == Response(
        vectors=1, dimensions=2
    )


def test_error() -> None:
    """Google's exceptions carry an HTTP status, and gRPC's name for it."""
    error = Exception("429 too much")
    error.code = 429  # type: ignore[attr-defined]
    error.grpc_status_code = SimpleNamespace(name="RESOURCE_EXHAUSTED")  # type: ignore[attr-defined]

    failure = GenerativeAI().failure(error)

    assert (failure.error_code, failure.status_code, failure.provider_code) == (
        "rate_limit", 429, "RESOURCE_EXHAUSTED",
    )  # fmt: skip


def test_error_without_a_status() -> None:
    """It is what its class says."""
    assert GenerativeAI().failure(TimeoutError("slow")).error_code == "timeout"
