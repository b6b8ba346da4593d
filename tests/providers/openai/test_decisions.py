"""OpenAI's decisions: what the questions are about."""

from __future__ import annotations

from hilt.providers._http import HttpRequest
from hilt.providers.openai.decisions import decision_request


def test_conversation() -> None:
    """A conversation is read as that of a response: a message each."""
    turns = [
        {"role": "user", "content": "Where is it?"},
        {"role": "assistant", "content": [{"type": "output_text", "text": "On its way."}]},
    ]
    body = {"model": "m", "input": turns, "questions": [], "safety_identifier": "u-1"}

    request = decision_request(HttpRequest("post", "/decisions", body))

    assert request.user == "u-1"
    assert [request.read(each)["role"] for each in request.messages] == ["user", "assistant"]
