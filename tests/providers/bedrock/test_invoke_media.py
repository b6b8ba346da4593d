"""Tests for Bedrock's bodies with media, and embeddings of them, told by their shape."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from hilt.genai.fold import Fold
from hilt.providers.bedrock.answers import Answer
from hilt.providers.bedrock.converse import Converse
from hilt.providers.bedrock.invoke import InvokedModel, invoke_request

DATA = base64.b64encode(b"\x89PNG" + b"abcdefgh" * 40).decode()
NOVA = {"taskType": "SINGLE_EMBEDDING"}
BODIES: list[tuple[dict[str, Any], str, str]] = [
    ({**NOVA, "singleEmbeddingParams": {"text": {"value": "some words"}}}, "embeddings", "text"),
    ({**NOVA, "singleEmbeddingParams": {"image": {"format": "png", "source": {"bytes": DATA}}}},
     "embeddings", "blob"),
    ({"inputPrompt": "what?", "mediaSource": {"base64String": DATA}}, "chat", "text blob"),
    ({"inputPrompt": "what?", "mediaSource": {"s3Location": {"uri": "s3://b/k"}}}, "chat", "text uri"),
    ({"inputType": "text", "inputText": "cats"}, "embeddings", "text"),
    ({"inputType": "image", "image": {"mediaSource": {"base64String": DATA}}}, "embeddings", "blob"),
    ({"inputType": "video", "mediaSource": {"base64String": DATA}}, "embeddings", "blob"),
    ({"taskType": "INPAINTING", "inPaintingParams": {"text": "a hat", "image": DATA, "maskImage": DATA}},
     "generate_content", "text blob blob"),
    ({"taskType": "VIRTUAL_TRY_ON", "virtualTryOnParams": {"sourceImage": DATA, "referenceImage": DATA}},
     "generate_content", "text blob blob"),
    ({"something": {"new": DATA, "bytes": DATA}, "data": f"data:image/png;base64,{DATA}"}, "chat", "json"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "operation", "kinds"), BODIES)
def test_requests_are_told_by_their_shape(body: dict[str, Any], operation: str, kinds: str) -> None:
    """Whatever the model's id, and media are blobs."""
    request = invoke_request("arn:aws:bedrock:some:profile", body)

    (message,) = request.messages
    assert request.operation == operation
    assert [part["type"] for part in message["parts"]] == kinds.split()


@pytest.mark.parametrize(
    "body",
    [
        {"embeddings": [{"embeddingType": "TEXT", "embedding": [0.5, 0.25]}]},
        {"data": [{"embedding": [0.5, 0.25], "embeddingOption": ["visual"]}]},
        {"embedding": [0.5, 0.25]},
    ],
)
def test_vectors_are_counted(body: dict[str, Any]) -> None:
    """In each of the forms that they have."""
    response = InvokedModel().response(Answer(json.dumps(body).encode(), {}))

    assert (response.vectors, response.dimensions) == (1, 2)


def test_text_of_claude_2_has_a_type_beside_it() -> None:
    """Whole and streamed."""
    body = {"type": "completion", "completion": " Hi.", "stop_reason": "stop_sequence"}
    fold = Fold()
    delta = InvokedModel().delta({"chunk": {"bytes": json.dumps(body).encode()}})
    assert delta is not None
    fold.add(delta)

    whole = InvokedModel().response(Answer(json.dumps(body).encode(), {}))

    assert whole.messages == fold.result().messages
    assert whole.messages[0]["parts"] == [{"type": "text", "content": " Hi."}]


def test_streamed_images_and_results_are_as_whole_ones() -> None:
    """An image begins with its format, and a result of a tool with its id."""
    blocks = [
        {"image": {"format": "png", "source": {"bytes": DATA}}},
        {"toolResult": {"toolUseId": "t1", "content": [{"text": "14 C"}]}},
    ]
    fold = Fold()
    for event in (
        {"contentBlockStart": {"contentBlockIndex": 0, "start": {"image": {"format": "png"}}}},
        {"contentBlockDelta": {"contentBlockIndex": 0, "delta": {
            "image": {"source": {"bytes": DATA}}}}},
        {"contentBlockStart": {"contentBlockIndex": 1, "start": {"toolResult": {"toolUseId": "t1"}}}},
        {"contentBlockDelta": {"contentBlockIndex": 1, "delta": {"toolResult": [{"text": "14 C"}]}}},
    ):  # fmt: skip
        delta = Converse().delta(event)
        assert delta is not None
        fold.add(delta)

    body = {"output": {"message": {"role": "assistant", "content": blocks}}}
    assert fold.result().messages == Converse().response(body).messages
