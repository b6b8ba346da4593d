"""OpenAI's moderations: what is judged, and the judgements."""

from __future__ import annotations

from typing import Any

import pytest

from hilt.genai.values import Response
from hilt.providers._http import HttpRequest
from hilt.providers.openai.moderations import Moderations, message_of, moderations_request

TEXT = {"type": "text", "text": "Hi"}
IMAGE = {"type": "image_url", "image_url": {"url": "https://x/a.png"}}


def text(content: str) -> dict[str, Any]:
    """A text part."""
    return {"type": "text", "content": content}


@pytest.mark.parametrize(
    ("value", "messages"),
    [
        ("Hi", [[text("Hi")]]),
        (["Hi", "Ho"], [[text("Hi")], [text("Ho")]]),
        ([TEXT, IMAGE],
         [[text("Hi"), {"type": "uri", "modality": "image", "uri": "https://x/a.png"}]]),
        ({"type": "text", "text": "Hi"}, [[text("Hi")]]),
    ],
)  # fmt: skip
def test_request(value: Any, messages: list[Any]) -> None:
    """Texts are a message each; parts are one message."""
    request = moderations_request(
        HttpRequest("post", "/moderations", {"model": "m", "input": value})
    )

    assert (request.operation, request.model) == ("moderation", "m")
    assert [request.read(each) for each in request.messages] == [
        {"role": "user", "parts": parts} for parts in messages
    ]
    assert request.read is message_of


def test_judgements() -> None:
    """The categories that apply, with the scores of all."""
    body = {
        "id": "modr_1",
        "model": "m",
        "results": [
            {
                "flagged": True,
                "categories": {"violence": True, "hate": False},
                "category_scores": {"violence": 0.9, "hate": 0.1},
            },
            "odd",
        ],
    }

    assert Moderations().response(body) == Response(
        id="modr_1",
        model="m",
        messages=[
            {
                "role": "assistant",
                "parts": [
                    {
                        "type": "moderation",
                        "flagged": True,
                        "categories": ["violence"],
                        "scores": {"violence": 0.9, "hate": 0.1},
                    }
                ],
            },
            {"role": "assistant", "parts": [{"type": "unknown", "content": "odd"}]},
        ],
    )
