"""Mistral's messages."""

from __future__ import annotations

from typing import Any

import pytest

from hilt.providers.mistral.messages import message_of
from tests.providers.wire import PIXELS_BASE64, PIXELS_DIGEST


@pytest.mark.parametrize(
    ("part", "found"),
    [
        ({"type": "text", "text": "Hi"}, {"type": "text", "content": "Hi"}),
        ({"type": "document_url", "document_url": "https://x/a.pdf"},
         {"type": "uri", "modality": "document", "uri": "https://x/a.pdf",
          "document_url": "https://x/a.pdf"}),
        ({"type": "document_url", "document_url": f"data:application/pdf;base64,{PIXELS_BASE64}"},
         {"type": "blob", "mime_type": "application/pdf", "modality": "document",
          **PIXELS_DIGEST}),
        ({"type": "input_audio", "input_audio": PIXELS_BASE64},
         {"type": "blob", "mime_type": "audio/wav", "modality": "audio", **PIXELS_DIGEST}),
        ({"type": "input_audio", "input_audio": f"data:audio/mp3;base64,{PIXELS_BASE64}"},
         {"type": "blob", "mime_type": "audio/wav", "modality": "audio", **PIXELS_DIGEST}),
        ({"type": "input_audio", "input_audio": "https://x/a.mp3"},
         {"type": "uri", "modality": "audio", "uri": "https://x/a.mp3"}),
        ({"type": "input_audio", "input_audio": {"data": PIXELS_BASE64, "format": "mp3"}},
         {"type": "blob", "mime_type": "audio/mp3", "modality": "audio", **PIXELS_DIGEST}),
        ({"type": "file", "file_id": "f1"},
         {"type": "file", "modality": "document", "file_id": "f1"}),
        ({"type": ["odd"]}, {"type": "unknown", "content": {"type": ["odd"]}}),
    ],
)  # fmt: skip
def test_part(part: Any, found: dict[str, Any]) -> None:
    """Documents, audio and files in Mistral's form; everything else as OpenAI has it."""
    stored = {"type": "file", "file_id": "f0"}  # has the message read in Mistral's way
    message = message_of({"role": "user", "content": [stored, part]})

    assert message["parts"][1] == found


@pytest.mark.parametrize("raw", [{"role": "user", "content": "Hi"}, "Hi"])
def test_message_without_parts_of_mistrals_own(raw: Any) -> None:
    """It is OpenAI's."""
    assert message_of(raw) == {"role": "user", "parts": [{"type": "text", "content": "Hi"}]}


def test_callers_message_is_not_changed() -> None:
    """Only what is logged is rewritten."""
    content = [{"type": "file", "file_id": "f1"}]
    message_of({"role": "user", "content": content})

    assert content == [{"type": "file", "file_id": "f1"}]
