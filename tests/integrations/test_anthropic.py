"""Claude by hand: an answer that the program has already."""

from __future__ import annotations

from typing import Any

import pytest

from hilt.core.exceptions import ConfigurationError, SessionError
from hilt.integrations.anthropic import log_claude_interaction
from hilt.testing.provider import Provider, Tokens

_ORIGIN = {"provider": "anthropic", "operation": "chat", "request_model": "claude-haiku-4-5"}
_MESSAGE = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude-haiku-4-5",
    "content": [
        {"type": "thinking", "thinking": "Hm.", "signature": "s"},
        {"type": "text", "text": "Let me "},
        {"type": "text", "text": "look."},
        {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {"at": "sky"}},
    ],
    "stop_reason": "tool_use",
    "stop_sequence": None,
    "usage": {
        "input_tokens": 10,
        "cache_read_input_tokens": 100,
        "cache_creation_input_tokens": 20,
        "output_tokens": 7,
    },
}


def test_message_of_the_sdk_is_logged_whole(logged: Any, provider: Provider) -> None:
    """An SDK's message gives prompt and completion, with tokens from its usage."""
    anthropic = pytest.importorskip("anthropic")
    provider.answer("Hello.", tokens=Tokens(prompt=9, completion=3), model="claude-haiku-4-5")
    with anthropic.Anthropic(base_url=provider.url, api_key="k") as client:
        response = client.messages.create(
            model="claude-haiku-4-5",
            max_tokens=64,
            messages=[{"role": "user", "content": "Hi"}],
        )

    log_claude_interaction(
        logged.session, user_message="Hi", response=response, session_id="demo", latency_ms=42.5
    )

    prompt, completion = logged.dicts
    assert prompt == {
        "hilt_version": "1.0.0",
        "event_id": prompt["event_id"],
        "timestamp": prompt["timestamp"],
        "session_id": "demo",
        "actor": {"type": "human", "id": "user"},
        "action": "prompt",
        "content": {
            "text": "Hi",
            "messages": [{"role": "user", "parts": [{"type": "text", "content": "Hi"}]}],
        },
        "provenance": _ORIGIN,
        "extensions": {"model": "claude-haiku-4-5"},
    }
    assert completion == {
        "hilt_version": "1.0.0",
        "event_id": completion["event_id"],
        "timestamp": completion["timestamp"],
        "session_id": "demo",
        "actor": {"type": "agent", "id": "anthropic"},
        "action": "completion",
        "content": {"text": "Hello."},
        "metrics": {
            "tokens": {
                **completion["metrics"]["tokens"],
                "prompt": 9,
                "completion": 3,
                "total": 12,
            },
            "cost_usd": pytest.approx(9 * 1e-6 + 3 * 5e-6),
        },
        "provenance": {
            **completion["provenance"],
            **_ORIGIN,
            "response_model": "claude-haiku-4-5",
            "response_id": response.id,
        },
        "extensions": {
            "reply_to": prompt["event_id"],
            "model": "claude-haiku-4-5",
            "latency_ms": 42.5,
            "status_code": 200,
            "outcome": "completed",
            "finish_reason": "end_turn",
        },
    }


def test_blocks_of_a_dict_are_flattened(logged: Any) -> None:
    """Text blocks are one text, thinking stands apart, and a tool use is a tool call."""
    log_claude_interaction(logged.session, user_message="Look", response=_MESSAGE)

    _, completion, call = logged.dicts
    assert completion["content"]["text"] == "Let me look."
    assert completion["content"]["reasoning"] == "Hm."
    assert completion["metrics"]["tokens"] == {
        "prompt": 130,
        "completion": 7,
        "total": 137,
        "cached": 100,
        "cache_write": 20,
    }
    assert completion["provenance"]["usage"] == _MESSAGE["usage"]
    assert completion["extensions"]["finish_reason"] == "tool_use"
    assert "latency_ms" not in completion["extensions"]
    assert call["action"] == "tool_call"
    assert call["content"]["tool"] == {
        "name": "look",
        "call_id": "toolu_1",
        "arguments": {"at": "sky"},
    }
    assert call["extensions"]["reply_to"] == completion["event_id"]


def test_sdk_object_and_its_json_give_the_same(logged: Any) -> None:
    """A message and the dict made of it are logged alike."""
    types = pytest.importorskip("anthropic.types")
    message = types.Message.model_validate(_MESSAGE)

    for response in (message, _MESSAGE):
        log_claude_interaction(logged.session, user_message="Look", response=response)

    completions = logged.all("completion")
    assert completions[0]["content"] == completions[1]["content"]
    assert completions[0]["metrics"] == completions[1]["metrics"]


def test_system_prompt_and_model_asked_for_are_kept(logged: Any) -> None:
    """What the answer does not say can be given."""
    log_claude_interaction(
        logged.session,
        user_message="Hi",
        response=_MESSAGE,
        model="claude-sonnet-latest",
        system_prompt="Be brief.",
    )

    prompt, completion = logged.dicts[:2]
    assert prompt["content"]["messages"][0] == {
        "role": "system",
        "parts": [{"type": "text", "content": "Be brief."}],
    }
    assert completion["extensions"]["model"] == "claude-sonnet-latest"
    assert completion["provenance"]["response_model"] == "claude-haiku-4-5"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (
            {"response": "Hello"},
            "response: a str is not an answer of a known kind; expected one of",
        ),
        ({"response": {}}, "response: a dict is not an answer of a known kind"),
        ({"user_message": None}, "user_message: None is not text"),
        ({"session_id": 7}, "session_id: 7; expected text that is not empty"),
    ],
)
def test_wrong_argument_is_refused(logged: Any, wrong: Any, said: str) -> None:
    """A wrong argument is said before anything is logged."""
    with pytest.raises(ConfigurationError, match=said):
        log_claude_interaction(
            logged.session, **{"user_message": "Hi", "response": _MESSAGE, **wrong}
        )

    assert logged.events == []


def test_session_must_be_one() -> None:
    """What is no session is refused."""
    with pytest.raises(SessionError, match="session: None is not a"):
        log_claude_interaction(None, user_message="Hi", response=_MESSAGE)
