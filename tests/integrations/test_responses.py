"""Answers of every supported SDK, logged through one function."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from hilt.core.exceptions import ConfigurationError
from hilt.integrations import log_response
from hilt.testing.provider import Provider, Tokens

_COHERE: dict[str, Any] = {
    "id": "c1",
    "finish_reason": "COMPLETE",
    "message": {"role": "assistant", "content": [{"type": "text", "text": "Bonjour."}]},
    "usage": {
        "billed_units": {"input_tokens": 4},
        "tokens": {"input_tokens": 4, "output_tokens": 2},
    },
}
_COHERE_V1: dict[str, Any] = {
    "response_id": "r1",
    "generation_id": "g1",
    "text": "Bonjour.",
    "finish_reason": "COMPLETE",
    "meta": {"tokens": {"input_tokens": 4, "output_tokens": 2}},
}
_COHERE_GENERATED: dict[str, Any] = {
    "id": "g1",
    "generations": [{"id": "x", "text": "Bonjour.", "finish_reason": "COMPLETE"}],
    "meta": {"tokens": {"input_tokens": 4, "output_tokens": 2}},
}
_CONVERSE: dict[str, Any] = {
    "ResponseMetadata": {"HTTPStatusCode": 200},
    "output": {"message": {"role": "assistant", "content": [{"text": "Bonjour."}]}},
    "stopReason": "end_turn",
    "usage": {"inputTokens": 4, "outputTokens": 2, "totalTokens": 6},
    "metrics": {"latencyMs": 1},
}
_CHAT: dict[str, Any] = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1,
    "model": "m-1",
    "choices": [
        {
            "index": 0,
            "finish_reason": "stop",
            "message": {"role": "assistant", "content": "Bonjour."},
        }
    ],
    "usage": {"prompt_tokens": 4, "completion_tokens": 2, "total_tokens": 6},
}
_GROQ = {**_CHAT, "x_groq": {"id": "req_1"}}
_COMPLETION: dict[str, Any] = {
    **_CHAT,
    "object": "text_completion",
    "choices": [{"index": 0, "finish_reason": "stop", "text": "Bonjour."}],
}
_RESPONSE: dict[str, Any] = {
    "id": "resp_1",
    "object": "response",
    "model": "gpt-4o-mini",
    "status": "completed",
    "output": [
        {
            "type": "message",
            "role": "assistant",
            "content": [{"type": "output_text", "text": "Bonjour.", "annotations": []}],
        }
    ],
    "usage": {"input_tokens": 4, "output_tokens": 2, "total_tokens": 6},
}
_OLLAMA: dict[str, Any] = {
    "model": "llama3",
    "created_at": "2026-01-01T00:00:00Z",
    "message": {"role": "assistant", "content": "Bonjour."},
    "done": True,
    "done_reason": "stop",
    "prompt_eval_count": 4,
    "eval_count": 2,
}
_OLLAMA_GENERATED: dict[str, Any] = {
    "model": "llama3",
    "response": "Bonjour.",
    "done": True,
    "done_reason": "stop",
    "prompt_eval_count": 4,
    "eval_count": 2,
}
_MISTRAL_CONVERSATION: dict[str, Any] = {
    "object": "conversation.response",
    "conversation_id": "conv_1",
    "outputs": [
        {
            "type": "message.output",
            "role": "assistant",
            "model": "mistral-medium-2505",
            "content": "Bonjour.",
        }
    ],
    "usage": {"prompt_tokens": 4, "completion_tokens": 2, "total_tokens": 6},
}


@pytest.mark.parametrize(
    ("response", "who", "operation"),
    [
        (_CHAT, "openai", "chat"),
        (_GROQ, "groq", "chat"),
        (_COMPLETION, "openai", "text_completion"),
        (_RESPONSE, "openai", "chat"),
        (_COHERE, "cohere", "chat"),
        (_COHERE_V1, "cohere", "chat"),
        (_COHERE_GENERATED, "cohere", "text_completion"),
        (_CONVERSE, "aws.bedrock", "chat"),
        (_OLLAMA, "ollama", "chat"),
        (_OLLAMA_GENERATED, "ollama", "text_completion"),
        (_MISTRAL_CONVERSATION, "mistral_ai", "chat"),
    ],
)
def test_dict_of_every_kind_is_logged(logged: Any, response: Any, who: str, operation: str) -> None:
    """The JSON of any provider's answer gives a prompt and a completion with its counts."""
    before = json.dumps(response)

    log_response(logged.session, response, user_message="Hello in French?", session_id="fr")

    prompt, completion = logged.dicts
    assert logged.outline == [
        ("prompt", "Hello in French?", None),
        ("completion", "Bonjour.", "prompt"),
    ]
    assert {each["session_id"] for each in logged.dicts} == {"fr"}
    assert completion["actor"] == {"type": "agent", "id": who}
    assert completion["provenance"]["operation"] == operation
    assert prompt["provenance"]["provider"] == who
    assert completion["metrics"]["tokens"]["prompt"] == 4
    assert completion["metrics"]["tokens"]["completion"] == 2
    assert completion["extensions"]["outcome"] == "completed"
    assert json.dumps(response) == before


@pytest.mark.parametrize("who", ["groq", "together", "mistral_ai", "cerebras", "writer"])
def test_provider_can_be_said(logged: Any, who: str) -> None:
    """Many give chat completions: whose a dict is can be said."""
    log_response(logged.session, _CHAT, user_message="Hi", provider=who, model="asked-for")

    completion = logged.only("completion")
    assert completion["actor"]["id"] == who
    assert completion["extensions"]["model"] == "asked-for"
    assert completion["provenance"]["response_model"] == "m-1"


def test_groq_object_is_known_by_its_package(logged: Any) -> None:
    """An object of the Groq SDK says by its class who answered."""
    chat = pytest.importorskip("groq.types.chat")

    log_response(logged.session, chat.ChatCompletion.model_validate(_CHAT), user_message="Hi")

    assert logged.only("completion")["provenance"]["provider"] == "groq"


def test_ollama_object_is_logged(logged: Any) -> None:
    """An object of the Ollama SDK is read as its JSON is."""
    ollama = pytest.importorskip("ollama")

    log_response(logged.session, ollama.ChatResponse(**_OLLAMA), user_message="Hi")

    completion = logged.only("completion")
    assert completion["content"]["text"] == "Bonjour."
    assert completion["metrics"]["tokens"]["total"] == 6


def test_cohere_object_is_logged(logged: Any, provider: Provider) -> None:
    """An object of the Cohere SDK is read as its JSON is."""
    cohere = pytest.importorskip("cohere")
    provider.answer("Bonjour.", tokens=Tokens(prompt=4, completion=2))
    with httpx.Client() as http:
        client = cohere.ClientV2(api_key="k", base_url=provider.url, httpx_client=http)
        response = client.chat(
            model="command-a-03-2025", messages=[{"role": "user", "content": "Hello in French?"}]
        )

    log_response(
        logged.session, response, user_message="Hello in French?", model="command-a-03-2025"
    )

    completion = logged.only("completion")
    assert completion["content"]["text"] == "Bonjour."
    assert completion["metrics"]["tokens"]["total"] == 6
    assert completion["metrics"]["cost_usd"] > 0


def test_mistral_object_is_known_by_its_package(logged: Any) -> None:
    """An object of the Mistral SDK says by its class who answered."""
    models = pytest.importorskip("mistralai.client.models")
    wire = json.loads((Path(__file__).parents[1] / "wire/mistral/chat.json").read_text())

    response = models.ChatCompletionResponse.model_validate(wire)
    log_response(logged.session, response, user_message="Hi")

    completion = logged.only("completion")
    assert completion["actor"]["id"] == "mistral_ai"
    assert completion["content"]["text"] == "Hello."


def test_tool_calls_of_a_dict_are_events(logged: Any) -> None:
    """A tool that a Bedrock answer uses is a tool call."""
    use = {"toolUseId": "t1", "name": "look", "input": {"at": "sky"}}
    message = {"role": "assistant", "content": [{"text": "Wait."}, {"toolUse": use}]}
    answer = {**_CONVERSE, "output": {"message": message}, "stopReason": "tool_use"}

    log_response(logged.session, answer, user_message="Look", model="eu.amazon.nova-lite-v1:0")

    assert logged.actions == ["prompt", "completion", "tool_call"]
    assert logged.only("tool_call")["content"]["tool"]["arguments"] == {"at": "sky"}


@pytest.mark.parametrize(
    ("response", "who"),
    [
        (
            {"object": "list", "model": "e", "data": [{"embedding": [0.1, 0.2]}]},
            "openai",
        ),
        ({"id": "e1", "embeddings": [[0.1, 0.2]], "texts": ["Hi"]}, "cohere"),
        ({"id": "e1", "embeddings": {"float": [[0.1, 0.2]]}}, "cohere"),
        ({"embeddings": [{"values": [0.1, 0.2]}]}, "gcp.gemini"),
        ({"model": "e", "embeddings": [[0.1, 0.2]], "total_duration": 5}, "ollama"),
    ],
)
def test_embeddings_are_logged_without_the_numbers(logged: Any, response: Any, who: str) -> None:
    """Vectors are counted, never written."""
    log_response(logged.session, response, user_message="Hi")

    embedding = logged.only("embedding")
    assert embedding["actor"]["id"] == who
    assert embedding["extensions"]["vectors"] == 1
    assert embedding["extensions"]["dimensions"] == 2
    assert "0.2" not in json.dumps(embedding.get("content", {}))


@pytest.mark.parametrize(
    ("response", "who"),
    [
        ({"id": "r1", "results": [{"index": 1, "relevance_score": 0.9}]}, "cohere"),
        ({"model": "m", "results": [{"index": 1, "relevance_score": 0.9}]}, "together"),
        ({"object": "list", "data": [{"index": 1, "relevance_score": 0.9}]}, "voyage"),
    ],
)
def test_rerankings_are_logged_with_their_scores(logged: Any, response: Any, who: str) -> None:
    """A reranking has its documents by rank."""
    log_response(logged.session, response, user_message="Hi")

    rerank = logged.only("rerank")
    assert rerank["actor"]["id"] == who
    assert rerank["content"]["documents"] == [{"index": 1, "score": 0.9}]


def test_provenance_of_the_user_is_kept(logged: Any) -> None:
    """Further facts stand in every event of the call."""
    log_response(logged.session, _CHAT, user_message="Hi", provenance={"app": "shop"})

    assert [each["provenance"]["app"] for each in logged.dicts] == ["shop", "shop"]


@pytest.mark.parametrize("response", ["text", None, {}, {"error": "x"}, object(), []])
def test_unknown_answer_is_refused(logged: Any, response: Any) -> None:
    """What is no answer is refused, with the kinds that are known."""
    with pytest.raises(ConfigurationError, match="is not an answer of a known kind; expected one"):
        log_response(logged.session, response, user_message="Hi")

    assert logged.events == []
