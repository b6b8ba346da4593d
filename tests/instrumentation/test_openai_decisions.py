"""OpenAI's decisions, through its client."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.conftest import Log
from tests.instrumentation.mock_http import http_of, openai_client
from tests.instrumentation.test_openai import without

PATH = "POST /decisions"
ASK: dict[str, Any] = {
    "model": "gpt-6-luna",
    "input": "My order is late, and I am furious.",
    "questions": [{"type": "predicate", "name": "angry", "instructions": "They are angry."}],
}
USAGE = {
    "input_tokens": 300_000,
    "input_tokens_details": {"cached_tokens": 1000, "cache_write_tokens": 0},
    "output_tokens": 5,
    "output_tokens_details": {"reasoning_tokens": 0},
    "total_tokens": 300_005,
}
BODY = {
    "model": "gpt-6-luna",
    "answers": [{"type": "predicate", "name": "angry", "probability": 0.98}],
    "usage": USAGE,
}
pytestmark = without("decisions.create")


@pytest.mark.parametrize("is_async", [False, True])
def test_decision(log: Log, is_async: bool) -> None:
    """A prompt and a completion; 0.2 USD a million tokens above 272,000, cached or not."""
    client = openai_client({PATH: BODY}, is_async)
    answer = client.decisions.create(**ASK, safety_identifier="u-1")
    decision = asyncio.run(answer) if is_async else answer

    assert decision.answers[0].probability == 0.98
    assert log.actions == ["prompt", "completion"]
    prompt, ending = log.one("prompt"), log.ending
    assert prompt["content"]["text"] == ASK["input"]
    assert prompt["actor"]["id"] == "u-1"
    assert prompt["content"]["messages"][0]["parts"][0]["content"] == "They are angry."
    assert ending["content"]["text"] == "angry: 0.98"
    assert ending["provenance"]["operation"] == "decision"
    assert ending["metrics"]["tokens"]["cached"] == 1000
    assert ending["metrics"]["cost_usd"] == pytest.approx(300_000 * 0.2e-6)


def refusal(_request: Any) -> Any:
    """An answer of status 400."""
    error = {"message": "No.", "code": "bad", "type": "invalid_request_error"}
    return http_of("openai").Response(400, json={"error": error})


def test_refused(log: Log) -> None:
    """A refusal is the SDK's exception, and a failure in the log."""
    openai = pytest.importorskip("openai")
    client = openai_client({PATH: refusal})

    with pytest.raises(openai.BadRequestError):
        client.decisions.create(**ASK)

    assert log.actions == ["prompt", "system"]
    assert log.ending["extensions"]["error_code"] == "invalid_request"
