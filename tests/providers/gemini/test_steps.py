"""Steps, turns and contents of Gemini's interactions."""

from __future__ import annotations

from typing import Any

import pytest

from hilt.providers.gemini.steps import messages_of, part_of, parts_of_step, role_of_step
from tests.providers.wire import PIXELS_BASE64, PIXELS_DIGEST


def text(content: str) -> dict[str, Any]:
    """A text part."""
    return {"type": "text", "content": content}


@pytest.mark.parametrize(
    ("step", "role"),
    [
        ("Hi", "user"),
        ({"type": "text"}, "user"),
        ({"type": "image"}, "user"),
        ({"type": "function_result"}, "user"),
        ({"type": "user_input"}, "user"),
        ({"type": "model_output"}, "assistant"),
        ({"type": "function_call"}, "assistant"),
        ({"type": "thought"}, "assistant"),
        ({"role": "model", "content": "Hi"}, "assistant"),
        ({"role": "user", "content": "Hi"}, "user"),
        ({"role": "system", "content": "Hi"}, "system"),
    ],
)
def test_role(step: Any, role: str) -> None:
    """A turn names it; a step and a bare content have a kind that only one of both sends."""
    assert role_of_step(step) == role


@pytest.mark.parametrize(
    ("content", "part"),
    [
        ("Hi", text("Hi")),
        ({"type": "text", "text": "Hi"}, text("Hi")),
        ({"type": "image", "mime_type": "image/png", "data": PIXELS_BASE64},
         {"type": "blob", "mime_type": "image/png", "modality": "image", **PIXELS_DIGEST}),
        ({"type": "video", "mime_type": "video/mp4", "uri": "https://x/a.mp4"},
         {"type": "uri", "modality": "video", "uri": "https://x/a.mp4", "mime_type": "video/mp4"}),
        ({"type": "document", "uri": "https://x/a"},
         {"type": "uri", "modality": "document", "uri": "https://x/a"}),
        ({"type": "thought", "summary": [{"type": "text", "text": "Hm"}]},
         {"type": "reasoning", "content": "Hm"}),
        ({"type": "thought", "signature": "x"}, None),
        ({"type": "function_call", "id": "c1", "name": "f", "arguments": {"a": 1}},
         {"type": "tool_call", "id": "c1", "name": "f", "arguments": {"a": 1}}),
        ({"type": "function_result", "call_id": "c1", "name": "f", "result": {"rain": True}},
         {"type": "tool_call_response", "id": "c1", "name": "f", "response": {"rain": True}}),
        ({"type": "function_result", "call_id": "c1", "result": [{"type": "text", "text": "Hi"}]},
         {"type": "tool_call_response", "id": "c1", "response": [text("Hi")]}),
        ({"type": "google_search_call", "id": "s1", "arguments": {"q": "x"}, "signature": "y"},
         {"type": "server_tool_call", "id": "s1", "name": "google_search",
          "server_tool_call": {"type": "google_search_call", "id": "s1",
                               "arguments": {"q": "x"}}}),
        ({"type": "google_search_result", "call_id": "s1", "result": []},
         {"type": "server_tool_call_response", "id": "s1",
          "server_tool_call_response": {"type": "google_search_result", "call_id": "s1",
                                        "result": []}}),
        ({"type": "new_kind", "a": 1}, {"type": "new_kind", "a": 1}),
        (5, {"type": "unknown", "content": 5}),
    ],
)  # fmt: skip
def test_part(content: Any, part: Any) -> None:
    """Each kind of content and step; a signature by itself is none."""
    assert part_of(content) == part


def test_parts_of_a_turn() -> None:
    """Its contents, without those that hold nothing."""
    turn = {"role": "model", "content": [{"type": "thought"}, {"type": "text", "text": "Hi"}]}

    assert parts_of_step(turn) == [text("Hi")]
    assert parts_of_step({"type": "model_output", "content": "Hi"}) == [text("Hi")]
    assert parts_of_step({"type": "thought"}) == []


def test_steps_of_one_speaker_are_one_message() -> None:
    """Turns stay messages of their own."""
    steps = [
        {"type": "user_input", "content": "Weather?"},
        {"type": "function_call", "id": "c1", "name": "f"},
        {"type": "model_output", "content": "Look."},
        {"role": "model", "content": "Well?"},
    ]

    assert messages_of(steps) == [
        {"role": "user", "parts": [text("Weather?")]},
        {
            "role": "assistant",
            "parts": [
                {"type": "tool_call", "id": "c1", "name": "f", "arguments": {}},
                text("Look."),
            ],
        },
        {"role": "assistant", "parts": [text("Well?")]},
    ]
    assert messages_of("Hi") == [{"role": "user", "parts": [text("Hi")]}]
