"""Requests of ``generateContent``: contents, parameters, tools."""

from __future__ import annotations

from typing import Any

import pytest

from hilt.genai.values import Request
from hilt.providers.gemini.parts import message_of
from hilt.providers.gemini.requests import content_request, tool_definitions


def test_request() -> None:
    """Contents, system, parameters, a cached content, and tools."""
    contents = [{"role": "user", "parts": [{"text": "Hi"}]}]
    body = {
        "contents": contents,
        "systemInstruction": {"parts": [{"text": "Be brief."}]},
        "generationConfig": {"temperature": 0.5},
        "cachedContent": "cachedContents/1",
        "tools": [{"googleSearch": {}}],
    }

    assert content_request(body) == Request(
        "generate_content",
        "",
        messages=contents,
        read=message_of,
        instructions=[{"type": "text", "content": "Be brief."}],
        attributes={
            "gen_ai.request.temperature": 0.5,
            "gcp.gen_ai.operation.config.cached_content": "cachedContents/1",
        },
        tools=[{"type": "googleSearch"}],
    )


def test_all_parameters() -> None:
    """Each has the conventions' name."""
    config = {
        "temperature": 0,
        "topP": 0.5,
        "topK": 4,
        "maxOutputTokens": 9,
        "presencePenalty": 0.1,
        "frequencyPenalty": 0.2,
        "seed": 7,
        "stopSequences": ["|"],
        "candidateCount": 2,
        "thinkingConfig": {"thinkingLevel": "HIGH"},
        "responseMimeType": "application/json",
    }

    assert content_request({"generationConfig": config}).attributes == {
        "gen_ai.request.temperature": 0,
        "gen_ai.request.top_p": 0.5,
        "gen_ai.request.top_k": 4,
        "gen_ai.request.max_tokens": 9,
        "gen_ai.request.presence_penalty": 0.1,
        "gen_ai.request.frequency_penalty": 0.2,
        "gen_ai.request.seed": 7,
        "gen_ai.request.stop_sequences": ["|"],
        "gen_ai.request.choice.count": 2,
        "gen_ai.request.reasoning.level": "high",
        "gen_ai.output.type": "json",
    }


@pytest.mark.parametrize(
    ("config", "output"),
    [({"responseModalities": ["TEXT", "IMAGE"]}, "image"),
     ({"responseModalities": ["audio"]}, "speech"),
     ({"response_modalities": "IMAGE"}, "image"),
     ({"responseModalities": ["TEXT"]}, None),
     ({"responseMimeType": "text/plain"}, None)],
)  # fmt: skip
def test_output_type(config: dict[str, Any], output: str | None) -> None:
    """By the format of the answer, or its modalities."""
    attributes = content_request({"generationConfig": config}).attributes

    assert attributes.get("gen_ai.output.type") == output


@pytest.mark.parametrize(
    ("tools", "definitions"),
    [
        ([{"functionDeclarations": [{"name": "f"}, {"name": "g"}]}],
         [{"type": "function", "name": "f"}, {"type": "function", "name": "g"}]),
        ([{"function_declarations": [{"name": "f"}], "codeExecution": {}}],
         [{"type": "function", "name": "f"}, {"type": "codeExecution"}]),
        ({"googleSearch": {}}, [{"type": "googleSearch"}]),
        (["f"], [{"type": "unknown", "content": "f"}]),
        ([{"functionDeclarations": ["f"]}], [{"type": "unknown", "content": "f"}]),
        ([], None),
        (None, None),
    ],
)  # fmt: skip
def test_tool_definitions(tools: Any, definitions: Any) -> None:
    """One for each function and for each built-in tool."""
    assert tool_definitions(tools) == definitions


def test_answer_that_was_kept_in_chunks_is_one_message() -> None:
    """``chats`` keeps every chunk of a streamed answer as a content of its own."""
    contents = [
        {"role": "user", "parts": [{"text": "Hi"}]},
        {"role": "model", "parts": [{"text": "Hel"}]},
        {"role": "model", "parts": [{"text": "lo."}]},
        {"role": "user", "parts": [{"text": "Bye"}]},
    ]

    assert content_request({"contents": contents}).messages == [
        contents[0],
        {"role": "model", "parts": [{"text": "Hel"}, {"text": "lo."}]},
        contents[3],
    ]
