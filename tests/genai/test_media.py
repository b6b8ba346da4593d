"""Tests for binary content as parts."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest

from hilt.genai.media import blob, blob_of_base64, blob_of_url

DATA = b"picture"
ENCODED = base64.b64encode(DATA).decode()
DIGEST = {"size": 7, "sha256": hashlib.sha256(DATA).hexdigest()}
PICTURE = {"type": "blob", "mime_type": "image/png", "modality": "image", **DIGEST}


@pytest.mark.parametrize(
    ("mime_type", "modality"),
    [("image/png", "image"), ("audio/wav", "audio"), ("video/mp4", "video"), ("text/csv", "document")],
)  # fmt: skip
def test_modality_of_mime_type(mime_type: str, modality: str) -> None:
    """What is no image, audio or video is a document."""
    assert blob(DATA, mime_type) == {
        "type": "blob", "mime_type": mime_type, "modality": modality, **DIGEST
    }  # fmt: skip


def test_modality_that_is_given() -> None:
    """It goes before that of the MIME type, and needs none."""
    assert blob(DATA, modality="audio") == {"type": "blob", "modality": "audio", **DIGEST}
    assert blob(DATA, "image/png", "document") == {**PICTURE, "modality": "document"}


def test_bytes_alone() -> None:
    """Without a MIME type there is size and hash."""
    assert blob(DATA) == {"type": "blob", **DIGEST}


def test_mime_type_that_is_no_text() -> None:
    """What a program sends for a MIME type is in the blob as JSON."""
    part = blob(DATA, ["image/png"])  # type: ignore[arg-type]  # what a program may do

    assert part == {
        "type": "blob", "mime_type": '["image/png"]', "modality": "document", **DIGEST
    }  # fmt: skip


@pytest.mark.parametrize("data", [ENCODED, ENCODED.rstrip("="), DATA, bytearray(DATA)])
def test_base64(data: Any) -> None:
    """With and without padding, and where an SDK decoded it."""
    assert blob_of_base64(data, "image/png") == PICTURE


def test_base64_of_urls() -> None:
    """The alphabet of URLs is read too."""
    data = b"\xfb\xef\xff"

    assert blob_of_base64(base64.urlsafe_b64encode(data).decode()) == blob(data)


def test_text_that_is_not_base64() -> None:
    """It is hashed as it came."""
    assert blob_of_base64("\ud800") == blob("\ud800".encode(errors="surrogatepass"))


def test_data_url() -> None:
    """Its content is a blob, with or without base64."""
    assert blob_of_url(f"data:image/png;base64,{ENCODED}") == PICTURE
    assert blob_of_url("data:image/png,picture") == PICTURE
    assert blob_of_url("data:,picture", "image/png") == PICTURE


def test_address() -> None:
    """Any other URL is the address itself."""
    assert blob_of_url("https://example.com/a") == {
        "type": "uri", "modality": "image", "uri": "https://example.com/a",
    }  # fmt: skip
    assert blob_of_url("https://example.com/a", "audio/wav", "audio") == {
        "type": "uri", "modality": "audio", "uri": "https://example.com/a", "mime_type": "audio/wav",
    }  # fmt: skip
