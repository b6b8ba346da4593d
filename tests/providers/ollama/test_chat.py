"""Ollama's chat and generate."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from hilt.genai.values import Delta, Request, Response, Usage
from hilt.providers.ollama.chat import (
    Chat,
    Generate,
    chat_request,
    generate_request,
    message_of,
    response_fields,
)
from tests.providers.wire import PIXELS, PIXELS_BASE64, PIXELS_DIGEST, folded

BLOB = {"type": "blob", "modality": "image", **PIXELS_DIGEST}
COUNTS = {"prompt_eval_count": 3, "eval_count": 2}


def text(content: str) -> dict[str, Any]:
    """A text part."""
    return {"type": "text", "content": content}


# -- requests ---------------------------------------------------------------------------------


def test_chat_request() -> None:
    """Messages, tools and options."""
    messages = [{"role": "user", "content": "Hi"}]
    body = {
        "model": "llama3",
        "messages": messages,
        "tools": [{"type": "function"}],
        "think": "high",
        "format": {"type": "object"},
        "options": {
            "temperature": 0, "top_p": 0.5, "top_k": 4, "num_predict": 9, "seed": 7, "stop": "|",
            "presence_penalty": 0.1, "frequency_penalty": 0.2, "num_ctx": 4096,
        },
    }  # fmt: skip

    assert chat_request(body) == Request(
        "chat",
        "ollama",
        model="llama3",
        messages=messages,
        read=message_of,
        attributes={
            "gen_ai.request.temperature": 0,
            "gen_ai.request.top_p": 0.5,
            "gen_ai.request.top_k": 4,
            "gen_ai.request.max_tokens": 9,
            "gen_ai.request.seed": 7,
            "gen_ai.request.presence_penalty": 0.1,
            "gen_ai.request.frequency_penalty": 0.2,
            "gen_ai.request.stop_sequences": ["|"],
            "gen_ai.request.reasoning.level": "high",
            "gen_ai.output.type": "json",
        },
        tools=[{"type": "function"}],
    )


def test_generate_request() -> None:
    """Prompt, suffix, images and system."""
    body = {
        "model": "llama3",
        "prompt": "def f(",
        "suffix": "return x",
        "images": [PIXELS_BASE64],
        "system": "Be brief.",
    }

    assert generate_request(body) == Request(
        "text_completion",
        "ollama",
        model="llama3",
        messages=[
            {
                "role": "user",
                "parts": [text("def f("), {"type": "suffix", "content": "return x"}, BLOB],
            }
        ],
        instructions=[text("Be brief.")],
    )


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ({"role": "user", "content": "Hi", "images": [PIXELS_BASE64]},
         {"role": "user", "parts": [text("Hi"), BLOB]}),
        ({"role": "user", "images": [SimpleNamespace(value=PIXELS)]},
         {"role": "user", "parts": [BLOB]}),
        ({"role": "assistant", "thinking": "Hm", "content": "",
          "tool_calls": [{"function": {"name": "f", "arguments": {"a": 1}}}]},
         {"role": "assistant", "parts": [
             {"type": "reasoning", "content": "Hm"},
             {"type": "tool_call", "name": "f", "arguments": {"a": 1}}]}),
        ({"role": "tool", "tool_name": "f", "content": "14 C"},
         {"role": "tool",
          "parts": [{"type": "tool_call_response", "name": "f", "response": "14 C"}]}),
        ({"role": "tool", "name": "f", "tool_call_id": "c1"},
         {"role": "tool",
          "parts": [{"type": "tool_call_response", "id": "c1", "name": "f", "response": ""}]}),
        ({"role": "assistant", "tool_calls": ["f"]},
         {"role": "assistant", "parts": [{"type": "unknown", "content": "f"}]}),
        ("Hi", {"role": "user", "parts": [{"type": "unknown", "content": "Hi"}]}),
    ],
)  # fmt: skip
def test_message(raw: Any, message: dict[str, Any]) -> None:
    """Text, images, reasoning, calls and results."""
    assert message_of(raw) == message


# -- answers ----------------------------------------------------------------------------------


def test_fields_of_every_answer() -> None:
    """Model, counts, and whether it is done; an answer that is not done has no status."""
    assert response_fields({"model": "llama3", **COUNTS, "done": True}) == Response(
        model="llama3", usage=Usage(3, 2), raw_usage=COUNTS, status="completed"
    )
    assert response_fields({"done": False, "eval_count": "2"}) == Response()


def test_chat_answer() -> None:
    """The message, and why it ended."""
    body = {
        "model": "llama3",
        "message": {"role": "assistant", "content": "Hello."},
        "done": True,
        "done_reason": "stop",
    }

    assert Chat().response(body) == Response(
        model="llama3",
        messages=[{"role": "assistant", "parts": [text("Hello.")], "finish_reason": "stop"}],
        finish_reasons=["stop"],
        status="completed",
    )


def test_generated_answer() -> None:
    """Reasoning, text and an image."""
    body = {"thinking": "Hm", "response": "Hello.", "image": PIXELS_BASE64}

    assert Generate().response(body).messages == [
        {
            "role": "assistant",
            "parts": [{"type": "reasoning", "content": "Hm"}, text("Hello."), BLOB],
        }
    ]


def chat_chunk(**fields: Any) -> Any:
    """A chunk of a chat as the SDK gives it."""
    message = SimpleNamespace(
        **{"content": "Hi", "tool_calls": None, "thinking": None, **fields.pop("message", {})}
    )
    return SimpleNamespace(message=message, **{"done": False, **fields})


@pytest.mark.parametrize(
    ("chunk", "found"),
    [
        (chat_chunk(), "Hi"),
        (chat_chunk(done=True), None),
        (chat_chunk(message={"content": ""}), None),
        (chat_chunk(message={"thinking": "Hm"}), None),
        (chat_chunk(message={"tool_calls": [1]}), None),
        ({"message": {"content": "Hi"}, "done": False}, None),
    ],
)
def test_chat_chunk_of_text(chunk: Any, found: str | None) -> None:
    """A chunk that holds nothing else is read at once."""
    assert Chat().text(chunk) == found


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"response": "Hi", "done": False}, "Hi"),
        ({"response": "Hi", "done": True}, None),
        ({"response": "Hi", "done": False, "thinking": "Hm"}, None),
        ({"response": "Hi", "done": False, "image": "x"}, None),
        ({"response": None, "done": False}, None),
    ],
)
def test_generated_chunk_of_text(fields: dict[str, Any], found: str | None) -> None:
    """A chunk that holds nothing else is read at once."""
    assert Generate().text(SimpleNamespace(**fields)) == found


def test_chunk() -> None:
    """Text, reasoning, a whole tool call, and the end."""
    call = {"function": {"name": "f", "arguments": {}}}
    chunk = {
        "message": {"role": "assistant", "thinking": "Hm", "content": "Hi", "tool_calls": [call]},
        "done": True,
        "done_reason": "stop",
        **COUNTS,
    }

    assert Chat().delta(chunk) == Delta(
        text="Hi",
        reasoning="Hm",
        parts=[{"type": "tool_call", "name": "f", "arguments": {}}],
        finish_reasons={0: "stop"},
        response=Response(usage=Usage(3, 2), raw_usage=COUNTS, status="completed"),
    )


def test_stream_adds_up() -> None:
    """The pieces are the answer that would have come whole."""
    chunks = [
        {"response": "Hel", "done": False},
        {"response": "lo.", "done": False},
        {"response": "", "done": True, "done_reason": "stop", **COUNTS},
    ]

    assert folded(Generate(), chunks) == Response(
        messages=[{"role": "assistant", "parts": [text("Hello.")], "finish_reason": "stop"}],
        finish_reasons=["stop"],
        usage=Usage(3, 2),
        raw_usage=COUNTS,
        status="completed",
    )
