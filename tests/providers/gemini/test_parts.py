"""Gemini's contents and parts, from the wire's JSON and from the SDK's objects."""

from __future__ import annotations

from enum import Enum
from types import SimpleNamespace
from typing import Any

import pytest

from hilt.providers.gemini.parts import (
    enum_name,
    get_field,
    message_of,
    part_of,
    parts_of,
    snake_case,
)
from tests.providers.wire import PIXELS, PIXELS_BASE64, PIXELS_DIGEST

BLOB = {"type": "blob", "mime_type": "image/png", "modality": "image", **PIXELS_DIGEST}


class Reason(Enum):
    """As the SDK's enumerations."""

    STOP = "STOP"


def text(content: str) -> dict[str, Any]:
    """A text part."""
    return {"type": "text", "content": content}


def test_fields_have_two_spellings() -> None:
    """The wire's name first, then the SDK's."""
    assert snake_case("functionCall") == "function_call"
    assert get_field({"functionCall": 1, "function_call": 2}, "functionCall") == 1
    assert get_field(SimpleNamespace(function_call=2), "functionCall") == 2
    assert get_field({}, "functionCall") is None


@pytest.mark.parametrize(
    ("value", "name"), [("STOP", "STOP"), (Reason.STOP, "STOP"), (None, None), ("", None)]
)
def test_name_of_an_enumeration(value: Any, name: str | None) -> None:
    """A text on the wire, a member in the SDK."""
    assert enum_name(value) == name


@pytest.mark.parametrize(
    ("part", "found"),
    [
        ("Hi", text("Hi")),
        ({"text": "Hi"}, text("Hi")),
        ({"text": "Hm", "thought": True}, {"type": "reasoning", "content": "Hm"}),
        ({"functionCall": {"id": "c1", "name": "f", "args": {"a": 1}}},
         {"type": "tool_call", "id": "c1", "name": "f", "arguments": {"a": 1}}),
        ({"functionResponse": {"id": "c1", "name": "f", "response": {"rain": True}}},
         {"type": "tool_call_response", "id": "c1", "name": "f", "response": {"rain": True}}),
        ({"functionResponse": {"name": "f", "parts": [
            {"inlineData": {"mimeType": "image/png", "data": PIXELS_BASE64}}]}},
         {"type": "tool_call_response", "name": "f", "response": None, "parts": [BLOB]}),
        ({"inlineData": {"mimeType": "image/png", "data": PIXELS_BASE64}}, BLOB),
        ({"inlineData": {"mimeType": "image/png", "data": PIXELS_BASE64, "displayName": "a.png"}},
         {**BLOB, "name": "a.png"}),
        ({"fileData": {"mimeType": "video/mp4", "fileUri": "gs://b/a.mp4"}},
         {"type": "uri", "modality": "video", "mime_type": "video/mp4", "uri": "gs://b/a.mp4"}),
        ({"fileData": {"mimeType": "application/pdf", "fileUri": "gs://b/a.pdf"}},
         {"type": "uri", "modality": "document", "mime_type": "application/pdf",
          "uri": "gs://b/a.pdf"}),
        ({"fileData": {"fileUri": "gs://b/a"}},
         {"type": "uri", "modality": "document", "uri": "gs://b/a"}),
        ({"executableCode": {"language": "PYTHON", "code": "1"}},
         {"type": "server_tool_call", "name": "code_execution",
          "server_tool_call": {"type": "code_execution", "language": "PYTHON", "code": "1"}}),
        ({"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1"}},
         {"type": "server_tool_call_response",
          "server_tool_call_response": {"type": "code_execution", "outcome": "OUTCOME_OK",
                                        "output": "1"}}),
        ({"newPart": {"a": 1}, "other": None}, {"type": "newPart", "newPart": {"a": 1}}),
        ({}, {"type": "unknown"}),
        ({"type": "x"}, {"type": "unknown", "content": {"type": "x"}}),
        (5, {"type": "unknown", "content": 5}),
    ],
)  # fmt: skip
def test_part(part: Any, found: dict[str, Any]) -> None:
    """Each kind of part; binary content by its hash, and new kinds as they came."""
    assert part_of(part) == found


def test_part_of_the_sdk() -> None:
    """Its objects have other names, and bytes."""
    data = SimpleNamespace(mime_type="image/png", data=PIXELS)

    assert part_of(SimpleNamespace(inline_data=data, text=None)) == BLOB


def test_pieces_of_a_text_are_joined() -> None:
    """Text and reasoning that only a signature or a piece of the other divides are one part."""
    parts = [
        {"text": "Hm ", "thought": True},
        {"text": "Hel"},
        {"text": "", "thoughtSignature": "x"},
        {"text": "lo."},
        {"functionCall": {"name": "f"}},
        {"text": "Bye."},
    ]

    assert parts_of({"parts": parts}) == [
        {"type": "reasoning", "content": "Hm "},
        text("Hello."),
        {"type": "tool_call", "name": "f", "arguments": {}},
        text("Bye."),
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("Hi", {"role": "user", "parts": [text("Hi")]}),
        ({"parts": [{"text": "Hi"}]}, {"role": "user", "parts": [text("Hi")]}),
        ({"role": "model", "parts": [{"text": "Hi"}]},
         {"role": "assistant", "parts": [text("Hi")]}),
        ({"role": "function", "parts": [{"text": "Hi"}]}, {"role": "user", "parts": [text("Hi")]}),
        ({"role": "system", "parts": {"text": "Hi"}}, {"role": "system", "parts": [text("Hi")]}),
    ],
)  # fmt: skip
def test_message(content: Any, message: dict[str, Any]) -> None:
    """Roles in the conventions' terms; one part by itself is a list of one."""
    assert message_of(content) == message
