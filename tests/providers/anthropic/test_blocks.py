"""Anthropic's content blocks, of requests and answers, in the shape of the conventions."""

from __future__ import annotations

from typing import Any

import pytest

from hilt.providers.anthropic.blocks import instructions_of, part_of

PNG = "iVBORw0KGgo="


@pytest.mark.parametrize(
    ("block", "part"),
    [
        ({"type": "text", "text": "Hi", "cache_control": {"type": "ephemeral"}},
         {"type": "text", "content": "Hi"}),
        ({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}},
         {"type": "blob", "mime_type": "image/png", "modality": "image", "size": 8,
          "sha256": "4c4b6a3be1314ab86138bef4314dde022e600960d8689a2c8f8631802d20dab6"}),
        ({"type": "image", "source": {"type": "url", "url": "https://example.org/a.png"}},
         {"type": "uri", "modality": "image", "uri": "https://example.org/a.png"}),
        ({"type": "document", "source": {"type": "url", "url": "https://example.org/a.pdf"}},
         {"type": "uri", "modality": "document", "uri": "https://example.org/a.pdf"}),
        ({"type": "document", "source": {"type": "url", "url": "https://example.org/a",
                                         "media_type": "application/pdf"}},
         {"type": "uri", "modality": "document", "uri": "https://example.org/a",
          "mime_type": "application/pdf"}),
        ({"type": "document", "title": "Notes",
          "source": {"type": "base64", "media_type": "application/pdf", "data": PNG}},
         {"type": "blob", "mime_type": "application/pdf", "modality": "document", "size": 8,
          "sha256": "4c4b6a3be1314ab86138bef4314dde022e600960d8689a2c8f8631802d20dab6"}),
        ({"type": "image", "source": {"type": "file", "file_id": "file_1"}},
         {"type": "file", "modality": "image", "file_id": "file_1"}),
        ({"type": "document", "title": "Notes", "context": "Of today.",
          "source": {"type": "text", "media_type": "text/plain", "data": b"\x89PNG\r\n\x1a\n"}},
         {"type": "blob", "mime_type": "text/plain", "modality": "document", "size": 8,
          "sha256": "4c4b6a3be1314ab86138bef4314dde022e600960d8689a2c8f8631802d20dab6"}),
        ({"type": "document", "title": "", "context": "Of today.", "source": {"type": "text"}},
         {"type": "document", "context": "Of today.", "content": ""}),
        ({"type": "document", "source": {"type": "file", "file_id": "file_1"}},
         {"type": "file", "modality": "document", "file_id": "file_1"}),
        ({"type": "document", "title": "Notes",
          "source": {"type": "text", "media_type": "text/plain", "data": "One."}},
         {"type": "document", "title": "Notes", "content": "One."}),
        ({"type": "document",
          "source": {"type": "content", "content": [{"type": "text", "text": "One."}]}},
         {"type": "document", "content": [{"type": "text", "content": "One."}]}),
        ({"type": "tool_result", "tool_use_id": "t1", "content": "14 C"},
         {"type": "tool_call_response", "id": "t1", "response": "14 C"}),
        ({"type": "tool_result", "tool_use_id": "t1", "is_error": True,
          "content": [{"type": "text", "text": "no "}, {"type": "text", "text": "city"}]},
         {"type": "tool_call_response", "id": "t1", "response": "no city", "is_error": True}),
        ({"type": "tool_result", "tool_use_id": "t1"},
         {"type": "tool_call_response", "id": "t1", "response": ""}),
        ({"type": "container_upload", "file_id": "file_2"},
         {"type": "file", "modality": "document", "file_id": "file_2"}),
        ({"type": "something_new", "data": {"a": 1}}, {"type": "something_new", "data": {"a": 1}}),
    ],
)  # fmt: skip
def test_blocks(block: dict[str, Any], part: dict[str, Any]) -> None:
    """Each content block of a request in the shape of the conventions; binary content by hash."""
    assert part_of(block) == part


def test_tool_result_with_an_image_is_not_written_inline() -> None:
    """Images in a tool's result become blobs among its parts."""
    image = {"type": "base64", "media_type": "image/png", "data": PNG}
    content = [{"type": "text", "text": "See"}, {"type": "image", "source": image}]

    part = part_of({"type": "tool_result", "tool_use_id": "t1", "content": content})

    assert [each["type"] for each in part["response"]] == ["text", "blob"]
    assert PNG not in str(part)


@pytest.mark.parametrize(
    ("system", "parts"),
    [
        ("Be brief.", [{"type": "text", "content": "Be brief."}]),
        ([{"type": "text", "text": "Be brief."}], [{"type": "text", "content": "Be brief."}]),
        ("", None),
        (None, None),
    ],
)
def test_system_instructions(system: Any, parts: Any) -> None:
    """Text or blocks, they are parts apart from the history."""
    assert instructions_of(system) == parts
