"""Gemini by hand: an answer that the program has already."""

from __future__ import annotations

from typing import Any

import pytest

from hilt.core.exceptions import ConfigurationError
from hilt.integrations.gemini import log_gemini_interaction
from hilt.testing.provider import Provider, Tokens

_WIRE = {
    "candidates": [
        {
            "content": {
                "role": "model",
                "parts": [
                    {"text": "Eight "},
                    {"text": "planets."},
                    {"functionCall": {"name": "count", "args": {"of": "planets"}}},
                ],
            },
            "finishReason": "STOP",
        }
    ],
    "usageMetadata": {
        "promptTokenCount": 6,
        "candidatesTokenCount": 4,
        "thoughtsTokenCount": 2,
        "totalTokenCount": 12,
    },
    "modelVersion": "gemini-2.5-flash",
    "responseId": "r1",
}
_SNAKE = {
    "candidates": [
        {
            "content": {
                "role": "model",
                "parts": [
                    {"text": "Eight "},
                    {"text": "planets."},
                    {"function_call": {"name": "count", "args": {"of": "planets"}}},
                ],
            },
            "finish_reason": "STOP",
        }
    ],
    "usage_metadata": {
        "prompt_token_count": 6,
        "candidates_token_count": 4,
        "thoughts_token_count": 2,
        "total_token_count": 12,
    },
    "model_version": "gemini-2.5-flash",
    "response_id": "r1",
}


def test_answer_of_the_sdk_is_logged_whole(logged: Any, provider: Provider) -> None:
    """An SDK's answer gives prompt and completion with tokens and cost."""
    genai = pytest.importorskip("google.genai")
    provider.answer("Eight.", tokens=Tokens(prompt=6, completion=2), model="gemini-2.5-flash")
    client = genai.Client(
        api_key="k", vertexai=False, http_options={"base_url": provider.url, "timeout": 5000}
    )
    response = client.models.generate_content(model="gemini-2.5-flash", contents="Planets?")
    client.close()

    log_gemini_interaction(
        logged.session, user_message="Planets?", response=response, session_id="sky", latency_ms=3
    )

    prompt, completion = logged.dicts
    origin = {
        "provider": "gcp.gemini",
        "operation": "generate_content",
        "request_model": "gemini-2.5-flash",
    }
    assert prompt == {
        "hilt_version": "1.0.0",
        "event_id": prompt["event_id"],
        "timestamp": prompt["timestamp"],
        "session_id": "sky",
        "actor": {"type": "human", "id": "user"},
        "action": "prompt",
        "content": {
            "text": "Planets?",
            "messages": [{"role": "user", "parts": [{"type": "text", "content": "Planets?"}]}],
        },
        "provenance": origin,
        "extensions": {"model": "gemini-2.5-flash"},
    }
    assert completion == {
        "hilt_version": "1.0.0",
        "event_id": completion["event_id"],
        "timestamp": completion["timestamp"],
        "session_id": "sky",
        "actor": {"type": "agent", "id": "gcp.gemini"},
        "action": "completion",
        "content": {"text": "Eight."},
        "metrics": {
            "tokens": {"prompt": 6, "completion": 2, "total": 8},
            "cost_usd": pytest.approx(6 * 0.3e-6 + 2 * 2.5e-6),
        },
        "provenance": {
            **origin,
            "response_model": "gemini-2.5-flash",
            "response_id": response.response_id,
            "usage": completion["provenance"]["usage"],
            "price_version": completion["provenance"]["price_version"],
        },
        "extensions": {
            "reply_to": prompt["event_id"],
            "model": "gemini-2.5-flash",
            "latency_ms": 3,
            "status_code": 200,
            "outcome": "completed",
            "finish_reason": "STOP",
        },
    }


@pytest.mark.parametrize("response", [_WIRE, _SNAKE], ids=["usageMetadata", "usage_metadata"])
def test_dict_in_either_spelling_is_logged(logged: Any, response: Any) -> None:
    """The texts of the candidate's parts are one; function calls are tool calls."""
    log_gemini_interaction(logged.session, user_message="Planets?", response=response)

    _, completion, call = logged.dicts
    assert completion["content"]["text"] == "Eight planets."
    assert completion["metrics"]["tokens"] == {
        "prompt": 6,
        "completion": 6,
        "total": 12,
        "reasoning": 2,
    }
    assert completion["provenance"]["response_id"] == "r1"
    assert call["content"]["tool"]["name"] == "count"
    assert call["content"]["tool"]["arguments"] == {"of": "planets"}


def test_blocked_prompt_is_filtered(logged: Any) -> None:
    """A prompt that was blocked has no candidate, and an ending all the same."""
    blocked = {"promptFeedback": {"blockReason": "SAFETY"}, "modelVersion": "gemini-2.5-flash"}

    log_gemini_interaction(logged.session, user_message="Bad", response=blocked)

    assert logged.only("completion")["extensions"]["outcome"] == "filtered"


def test_wrong_answer_is_refused(logged: Any) -> None:
    """What is no answer is refused before anything is logged."""
    with pytest.raises(ConfigurationError, match="response: a str is not an answer"):
        log_gemini_interaction(logged.session, user_message="Hi", response="Eight.")

    assert logged.events == []
