"""LangChain's messages, results, chunks and documents as HILT's own values."""

from __future__ import annotations

from typing import Any

import pytest

from hilt.genai.values import Delta, Response, ToolCallDelta, Usage
from hilt.integrations.langchain_adapter import (
    LangChainAnswers,
    documents_of,
    message_of,
    request_of,
)


@pytest.mark.parametrize(
    ("message", "role", "parts"),
    [
        ({"type": "human", "content": "Hi"}, "user", [{"type": "text", "content": "Hi"}]),
        (
            {"type": "AIMessageChunk", "content": "Hi"},
            "assistant",
            [{"type": "text", "content": "Hi"}],
        ),
        ({"type": "system", "content": "Hi"}, "system", [{"type": "text", "content": "Hi"}]),
        (
            {"type": "chat", "role": "critic", "content": "Hi"},
            "critic",
            [{"type": "text", "content": "Hi"}],
        ),
        (
            {"type": "ai", "content": "", "additional_kwargs": {"reasoning_content": "Hm"}},
            "assistant",
            [{"type": "reasoning", "content": "Hm"}, {"type": "text", "content": ""}],
        ),
        (
            {
                "type": "ai",
                "content": [
                    {"type": "reasoning", "summary": [{"text": "H"}, {"text": "m"}]},
                    {"type": "text", "text": "Hi"},
                    {"type": "tool_use", "name": "weather"},
                ],
                "tool_calls": [{"name": "weather", "args": {"city": "Rome"}, "id": "c1"}],
                "invalid_tool_calls": [{"name": "broken", "args": "{", "id": None}],
            },
            "assistant",
            [
                {"type": "reasoning", "content": "Hm"},
                {"type": "text", "content": "Hi"},
                {
                    "type": "tool_call",
                    "name": "weather",
                    "id": "c1",
                    "arguments": {"city": "Rome"},
                },
                {"type": "tool_call", "name": "broken", "arguments": "{"},
            ],
        ),
        (
            {"type": "tool", "content": "Sunny", "tool_call_id": "c1", "name": "weather"},
            "tool",
            [
                {
                    "type": "tool_call_response",
                    "id": "c1",
                    "response": "Sunny",
                    "name": "weather",
                }
            ],
        ),
        (
            {"type": "tool", "content": [{"type": "text", "text": "Sunny"}], "tool_call_id": "c1"},
            "tool",
            [{"type": "tool_call_response", "id": "c1", "response": "Sunny"}],
        ),
    ],
)
def test_messages(message: dict[str, Any], role: str, parts: list[dict[str, Any]]) -> None:
    """Every type of message has a role and parts."""
    assert message_of(message) == {"role": role, "parts": parts}


def test_request_of_a_chat_model() -> None:
    """Provider, model, parameters and tools come from the callback and the metadata."""
    messages = [{"type": "human", "content": "Hi"}]
    parameters = {
        "model": "gpt-4o-mini",
        "temperature": 0.5,
        "max_completion_tokens": 9,
        "seed": True,
        "tools": [{"name": "weather"}],
    }

    request = request_of(
        messages, {"invocation_params": parameters}, {"ls_provider": "Azure_OpenAI"}
    )

    assert (request.operation, request.provider, request.model) == (
        "chat",
        "azure.ai.openai",
        "gpt-4o-mini",
    )
    assert request.messages == messages
    assert request.attributes == {
        "gen_ai.request.temperature": 0.5,
        "gen_ai.request.max_tokens": 9,
    }
    assert request.tools == [{"name": "weather"}]


def test_request_of_a_model_that_completes_text() -> None:
    """Prompts that are text are a text completion."""
    request = request_of(["Once", "Twice"], {"invocation_params": {"_type": "openai-chat"}}, {})

    assert (request.operation, request.provider, request.model) == (
        "text_completion",
        "openai",
        None,
    )
    assert [message_of(message) for message in request.messages] == [
        {"role": "user", "parts": [{"type": "text", "content": text}]} for text in ("Once", "Twice")
    ]


def test_result_of_a_chat_model() -> None:
    """A result has messages, usage, model, id and finish reason."""
    message = {
        "type": "ai",
        "content": "Hi",
        "id": "run-made-by-langchain",
        "response_metadata": {
            "finish_reason": "stop",
            "model_name": "gpt-4o-mini-2024",
            "id": "chatcmpl-1",
            "service_tier": "default",
            "token_usage": {"prompt_tokens": 5},
        },
        "usage_metadata": {
            "input_tokens": 5,
            "output_tokens": 7,
            "total_tokens": 12,
            "input_token_details": {"cache_read": 1, "cache_creation": 2, "audio": 3},
            "output_token_details": {"reasoning": 4, "audio": 5},
        },
    }

    response = LangChainAnswers().response({"generations": [[{"message": message}]]})

    assert response == Response(
        messages=[{"role": "assistant", "parts": [{"type": "text", "content": "Hi"}]}],
        finish_reasons=["stop"],
        model="gpt-4o-mini-2024",
        id="chatcmpl-1",
        service_tier="default",
        usage=Usage(
            5, 7, 12, 1, 2, reasoning_tokens=4, input_audio_tokens=3, output_audio_tokens=5
        ),
        raw_usage={"prompt_tokens": 5},
    )


def test_result_of_a_model_that_completes_text() -> None:
    """Each text is a choice; usage and model stand beside them."""
    generations = [
        {"text": "One", "generation_info": {"finish_reason": "stop"}},
        {"text": "Two", "generation_info": {"stop_reason": "length"}},
    ]
    usage = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}

    response = LangChainAnswers().response(
        {
            "generations": [generations],
            "llm_output": {"model_name": "gpt-3.5", "token_usage": usage},
        }
    )

    assert response == Response(
        messages=[
            {"role": "assistant", "parts": [{"type": "text", "content": text}]}
            for text in ("One", "Two")
        ],
        finish_reasons=["stop", "length"],
        model="gpt-3.5",
        usage=Usage(1, 2, 3),
        raw_usage=usage,
    )


@pytest.mark.parametrize(
    ("message_id", "response_id"),
    [("msg_1", "msg_1"), ("run-1", None), ("run--1", None), ("lc_run-1", None), (None, None)],
)
def test_ids_that_langchain_makes_up_are_no_response_ids(
    message_id: str | None, response_id: str | None
) -> None:
    """A message's id is the response's, unless LangChain has made it up."""
    generation = {"message": {"type": "ai", "content": "", "id": message_id}}

    assert LangChainAnswers().response({"generations": [[generation]]}).id == response_id


@pytest.mark.parametrize(
    ("token", "chunk", "delta"),
    [
        ("Hi", None, Delta(text="Hi")),
        ("", None, None),
        ("", {"text": "Hi"}, Delta(text="Hi")),
        ("Hi", {"message": {"type": "AIMessageChunk", "content": "Hi"}}, Delta(text="Hi")),
        (
            "",
            {
                "message": {
                    "type": "AIMessageChunk",
                    "content": [
                        {"type": "reasoning", "reasoning": "Hm"},
                        {"type": "text", "text": "Hi"},
                    ],
                }
            },
            Delta(text="Hi", reasoning="Hm"),
        ),
        (
            "",
            {
                "message": {
                    "type": "AIMessageChunk",
                    "content": "",
                    "tool_call_chunks": [
                        {"index": 3, "id": "c1", "name": "weather", "args": "{"},
                        {"index": None, "args": "}"},
                    ],
                }
            },
            Delta(
                tool_calls=[
                    ToolCallDelta(index=3, id="c1", name="weather", arguments="{"),
                    ToolCallDelta(index=1, arguments="}"),
                ]
            ),
        ),
    ],
)
def test_chunks(token: str, chunk: Any, delta: Delta | None) -> None:
    """A chunk gives text, reasoning and parts of tool calls."""
    assert LangChainAnswers().delta((token, chunk)) == delta


def test_documents() -> None:
    """Documents have an id, a text, a score and metadata, as far as they are there."""
    assert documents_of(
        [
            {"id": "d1", "page_content": "Alpha", "metadata": {"relevance_score": 0.9}},
            {"page_content": "Beta", "metadata": {"id": "d2", "score": "high"}},
            {"page_content": "Gamma", "metadata": None},
        ]
    ) == [
        {"id": "d1", "text": "Alpha", "score": 0.9, "metadata": {"relevance_score": 0.9}},
        {"id": "d2", "text": "Beta", "metadata": {"id": "d2", "score": "high"}},
        {"id": "document-2", "text": "Gamma"},
    ]


def test_no_documents() -> None:
    """A retriever may return nothing."""
    assert documents_of(None) == []


@pytest.mark.parametrize("reasoning", ["", None, 7, ["Hm"]])
def test_reasoning_that_is_no_text_is_none(reasoning: object) -> None:
    """Whatever a model's package puts there."""
    raw = {"type": "ai", "content": "Hi", "additional_kwargs": {"reasoning_content": reasoning}}

    assert message_of(raw) == {
        "role": "assistant",
        "parts": [{"type": "text", "content": "Hi"}],
    }
