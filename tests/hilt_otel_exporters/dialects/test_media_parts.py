"""What is no text in a message: of any API's shape, a log keeps its type, size and digest."""

from __future__ import annotations

import base64

import pytest

from hilt_otel_exporters.dialects.messages import parts_of

_BYTES = b"\x89PNG and more"
_DATA = base64.b64encode(_BYTES).decode()


@pytest.mark.parametrize(
    ("block", "mime_type", "modality"),
    [
        ({"type": "blob", "mime_type": "image/png", "data": _DATA}, "image/png", "image"),
        ({"type": "blob", "mime_type": "image/png", "data": _BYTES}, "image/png", "image"),
        ({"type": "image", "data": _DATA, "mimeType": "image/png"}, "image/png", "image"),
        (
            {"type": "image", "source_type": "base64", "data": _DATA, "mime_type": "image/png"},
            "image/png",
            "image",
        ),
        (
            {
                "type": "document",
                "source": {"type": "base64", "media_type": "application/pdf", "data": _DATA},
            },
            "application/pdf",
            "document",
        ),
        (
            {"type": "input_audio", "input_audio": {"data": _DATA, "format": "mp3"}},
            "audio/mp3",
            "audio",
        ),
        (
            {"type": "video_url", "video_url": {"url": f"data:video/mp4;base64,{_DATA}"}},
            "video/mp4",
            "video",
        ),
        (
            {
                "type": "file",
                "file": {"filename": "a", "file_data": f"data:application/pdf;base64,{_DATA}"},
            },
            "application/pdf",
            "document",
        ),
        ({"image": {"format": "png", "source": {"bytes": _DATA}}}, "image/png", "image"),
        (
            {"document": {"format": "pdf", "name": "a", "source": {"bytes": _BYTES}}},
            "application/pdf",
            "document",
        ),
        (
            {"type": "resource", "resource": {"uri": "a", "mimeType": "image/png", "blob": _DATA}},
            "image/png",
            "image",
        ),
    ],
)
def test_content_becomes_a_blob(block: dict[str, object], mime_type: str, modality: str) -> None:
    """Whatever the API calls it and however deep it stands."""
    (part,) = parts_of(block)
    assert (part["type"], part["mime_type"], part["modality"]) == ("blob", mime_type, modality)
    assert part["size"] == len(_BYTES)
    assert _DATA not in str(part)


@pytest.mark.parametrize(
    ("block", "uri", "modality"),
    [
        (
            {"type": "file_data", "mime_type": "application/pdf", "uri": "gs://a/b.pdf"},
            "gs://a/b.pdf",
            "document",
        ),
        ({"fileData": {"mimeType": "video/mp4", "fileUri": "gs://a/b"}}, "gs://a/b", "video"),
        ({"video": {"source": {"s3Location": {"uri": "s3://a/b"}}}}, "s3://a/b", "video"),
        (
            {"type": "document", "source": {"type": "url", "url": "https://a/b.pdf"}},
            "https://a/b.pdf",
            "document",
        ),
    ],
)
def test_an_address_is_kept(block: dict[str, object], uri: str, modality: str) -> None:
    """A file that is somewhere else is a uri of its modality."""
    (part,) = parts_of(block)
    assert (part["type"], part["uri"], part["modality"]) == ("uri", uri, modality)


@pytest.mark.parametrize(
    "block",
    [
        {"type": "image", "source": {"type": "file", "file_id": "f1"}},
        {"type": "image"},
        {"type": "document", "source": {"type": "text", "data": "said"}},
        {"type": "document", "content": "said"},
        {"type": "input_audio", "input_audio": None},
        {"type": "video_url", "video_url": None},
        {"type": "file", "file": {"file_id": "f1"}},
        {"type": "file", "file_id": "f1"},
        {"type": "resource", "resource": {"uri": "a", "text": "said"}},
        {"type": "file_data", "uri": None},
        {"type": "blob", "size": 3, "sha256": "0"},
    ],
)
def test_what_holds_neither_stays(block: dict[str, object]) -> None:
    """A file by its id, a text and a log's stand-in are not taken for bytes."""
    assert parts_of(block) == [block]


@pytest.mark.parametrize(
    "sound",
    [
        {"type": "blob", "mime_type": "audio/pcm", "content": _DATA},
        {"type": "input_audio"},
        {"type": "output_audio", "audio": None},
    ],
)
def test_what_a_sound_says_is_text(sound: dict[str, object]) -> None:
    """So it can be read and searched for, as what is typed can."""
    parts = parts_of([{**sound, "transcript": "Where is my order?"}])

    assert parts == [*parts_of(sound), {"type": "text", "content": "Where is my order?"}]
