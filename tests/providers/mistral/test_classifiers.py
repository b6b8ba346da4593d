"""Mistral's moderations and classifications."""

from __future__ import annotations

from typing import Any

import pytest

from hilt.genai.values import Response
from hilt.providers._http import HttpRequest
from hilt.providers.mistral.classifiers import (
    Classifications,
    classification_request,
    moderation_request,
)
from tests.conftest import Log
from tests.providers.scripted import Scripted

CHAT = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ho"}]


def read(value: Any) -> list[tuple[str, str]]:
    """Who says what in a request."""
    request = classification_request(HttpRequest("post", "/v1/classifications", {"input": value}))
    messages = [request.read(each) for each in request.messages]
    return [(each["role"], each["parts"][0]["content"]) for each in messages]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Hi", [("user", "Hi")]),
        (["Hi", "Ho"], [("user", "Hi"), ("user", "Ho")]),
        (CHAT, [("user", "Hi"), ("assistant", "Ho")]),
        ([CHAT], [("user", "Hi"), ("assistant", "Ho")]),
        ({"messages": CHAT}, [("user", "Hi"), ("assistant", "Ho")]),
        ([{"messages": CHAT}], [("user", "Hi"), ("assistant", "Ho")]),
    ],
)
def test_request(value: Any, expected: list[tuple[str, str]]) -> None:
    """Texts, or the messages of one chat or of several."""
    assert read(value) == expected


def test_moderation_is_one() -> None:
    """The operation is that of OpenAI's moderations."""
    request = moderation_request(HttpRequest("post", "/v1/moderations", {"model": "m"}))

    assert (request.operation, request.model) == ("moderation", "m")


def test_classifications() -> None:
    """The most likely label of each target as text, with all scores beside it."""
    body = {
        "id": "c1",
        "model": "m",
        "results": [{"intent": {"scores": {"buy": 0.2, "leave": 0.8}}}, "odd"],
    }

    assert Classifications().response(body) == Response(
        id="c1",
        model="m",
        messages=[
            {
                "role": "assistant",
                "parts": [
                    {"type": "text", "content": "intent: leave"},
                    {
                        "type": "classification",
                        "target": "intent",
                        "scores": {"buy": 0.2, "leave": 0.8},
                    },
                ],
            },
            {"role": "assistant", "parts": [{"type": "unknown", "content": "odd"}]},
        ],
    )


def test_target_without_scores() -> None:
    """A target that has none is left out."""
    (message,) = Classifications().response({"results": [{"intent": {"scores": {}}}]}).messages

    assert message["parts"] == []


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_moderation_through_the_client(log: Log) -> None:
    """Mistral says what applies, and not whether anything does."""
    result = {"categories": {"hate": True, "pii": False}, "category_scores": {"hate": 0.9}}
    body = {"id": "m1", "model": "mistral-moderation-2411", "results": [result]}
    pytest.importorskip("mistralai")
    from tests.providers.mistral.test_adapter import client

    with Scripted(body) as server, client(server.url) as made:
        made.classifiers.moderate(model="mistral-moderation-latest", inputs=["You!"])

    assert log.one("prompt")["content"]["text"] == "You!"
    assert log.ending["content"]["parts"] == [
        {"type": "moderation", "flagged": True, "categories": ["hate"], "scores": {"hate": 0.9}}
    ]
    assert log.ending["provenance"]["response_model"] == "mistral-moderation-2411"
