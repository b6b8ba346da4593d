"""Cohere's classifications: a label for each text."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from hilt.providers.cohere.classify import Classify, classify_request
from tests.conftest import Log
from tests.providers.scripted import Scripted

BODY = {
    "id": "c1",
    "classifications": [
        {
            "id": "1",
            "input": "Buy now!",
            "prediction": "spam",
            "predictions": ["spam"],
            "confidence": 0.9,
            "confidences": [0.9],
            "labels": {"spam": {"confidence": 0.9}, "ham": {"confidence": 0.1}},
            "classification_type": "single-label",
        }
    ],
    "meta": {"billed_units": {"classifications": 1}},
}


def test_request() -> None:
    """Each input is a message; the examples are instructions."""
    body = {"inputs": ["Buy now!"], "examples": [{"text": "Win!", "label": "spam"}], "model": "m"}

    request = classify_request(body)

    assert request.operation == "classification"
    assert request.messages == [
        {"role": "user", "parts": [{"type": "text", "content": "Buy now!"}]}
    ]
    assert request.instructions == [{"type": "text", "content": "spam: Win!"}]


def test_answer() -> None:
    """The label is the text; how sure it is stands beside it."""
    found = Classify().response(BODY)

    assert found.messages == [
        {
            "role": "assistant",
            "parts": [
                {"type": "text", "content": "spam"},
                {
                    "type": "classification",
                    "confidence": 0.9,
                    "labels": {"spam": {"confidence": 0.9}, "ham": {"confidence": 0.1}},
                },
            ],
        }
    ]
    assert found.raw_usage == {"billed_units": {"classifications": 1}}


@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_sdk(log: Log, is_async: bool) -> None:
    """The SDK's ``classify`` is a prompt and an ending, sync and async."""
    cohere: Any = pytest.importorskip("cohere")
    with Scripted(BODY) as server:
        cls = cohere.AsyncClient if is_async else cohere.Client
        client = cls(api_key="k", base_url=server.url)
        answer = client.classify(inputs=["Buy now!"], model="m")
        if is_async:
            answer = asyncio.run(_awaited(answer))

    assert answer.classifications[0].prediction == "spam"
    assert log.actions == ["prompt", "completion"]
    assert log.one("completion")["content"]["text"] == "spam"


async def _awaited(answer: Any) -> Any:
    return await answer
