"""Gemini's decisions: contents of any kind, and answers by name."""

from __future__ import annotations

from typing import Any

import pytest

from hilt.providers.gemini.decisions import decision_request
from tests.conftest import Log
from tests.providers.gemini.test_client_interactions import client
from tests.providers.scripted import Scripted

genai = pytest.importorskip("google.genai")
IMAGE = {"type": "image", "uri": "gs://b/a.png", "mime_type": "image/png"}


@pytest.mark.parametrize(
    ("value", "kinds"),
    [
        ("Hi", ["text"]),
        ([{"type": "text", "text": "Hi"}, IMAGE], ["text", "uri"]),
        (IMAGE, ["uri"]),
    ],
)
def test_request(value: Any, kinds: list[str]) -> None:
    """A text, a content, or several, which are one message."""
    request = decision_request({"model": "models/gemini-3", "input": value, "questions": {}})
    (message,) = [request.read(each) for each in request.messages]

    assert request.model == "gemini-3"
    assert [part["type"] for part in message["parts"]] == kinds


@pytest.mark.skipif(not hasattr(genai.Client, "decisions"), reason="came with 3.5")
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore:.*experimental")
def test_through_the_client(log: Log) -> None:
    """A prompt and a completion, with the counts."""
    usage = {"total_input_tokens": 9, "total_output_tokens": 2, "total_tokens": 11}
    answers = {"angry": {"type": "noul", "noul": 0.9, "confidence": 0.9}}
    questions = {"angry": {"type": "noul", "instructions": "Angry?"}}
    with Scripted({"answers": answers, "usage": usage}) as server:
        client(server.url).decisions.create(
            model="models/gemini-2.5-flash", input="Where is it?!", questions=questions
        )

    assert log.actions == ["prompt", "completion"]
    assert log.one("prompt")["content"]["text"] == "Where is it?!"
    assert log.ending["content"]["text"] == "angry: 0.9"
    assert log.ending["provenance"]["provider"] == "gcp.gemini"
    assert log.ending["metrics"]["tokens"] == {"prompt": 9, "completion": 2, "total": 11}
