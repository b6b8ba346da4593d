"""Tests for binary content as parts."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pytest

from hilt.genai.media import (
    blob,
    blob_of_base64,
    blob_of_url,
    text_without_binary,
    without_binary,
)

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


URL = f"data:image/png;base64,{ENCODED}"
LONG = base64.b64encode(bytes(range(256)) * 4).decode()
LONG_BLOB = blob(base64.b64decode(LONG))
LONG_TEXT = f"[blob data, 1024 bytes, sha256 {LONG_BLOB['sha256']}]"


@pytest.mark.parametrize(
    ("value", "without"),
    [
        (URL, PICTURE),
        ({"type": "image_url", "image_url": {"url": URL}},
         {"type": "image_url", "image_url": {"url": PICTURE}}),
        ({"type": "image", "source_type": "base64", "mime_type": "image/png", "data": ENCODED},
         PICTURE),
        ({"type": "image", "base64": ENCODED, "mime_type": "image/png", "id": "1"},
         {**PICTURE, "id": "1"}),
        ({"type": "media", "mime_type": "image/png", "data": ENCODED}, PICTURE),
        ({"source": {"type": "base64", "media_type": "image/png", "data": ENCODED}},
         {"source": PICTURE}),
        ({"inline_data": {"mimeType": "image/png", "data": ENCODED}}, {"inline_data": PICTURE}),
        ({"type": "input_audio", "data": ENCODED, "format": "wav"},
         {"type": "blob", "modality": "audio", **DIGEST}),
        ([{"b64_json": ENCODED}], [{"type": "blob", **DIGEST}]),
        ({"deep": [{"data": DATA}]}, {"deep": [{"type": "blob", **DIGEST}]}),
        ({"image": {"bytes": DATA}}, {"image": {"type": "blob", **DIGEST}}),
        ({"type": ["image"], "mime_type": "image/png", "data": ENCODED}, PICTURE),
        ({"type": {}, "data": DATA}, {"type": "blob", **DIGEST}),
    ],
)  # fmt: skip
def test_binary_content_of_any_shape_is_a_blob(value: Any, without: Any) -> None:
    """Data URLs, base64 beside a media type or under a name that means it, and bytes."""
    assert without_binary(value) == without


def test_long_base64_under_a_name_of_data_needs_no_media_type() -> None:
    """A kilobyte of base64 that is called data is no text."""
    assert without_binary({"data": LONG})["size"] == 1024


@pytest.mark.parametrize(
    ("value", "without"),
    [
        ({"screenshot": LONG}, {"screenshot": LONG_BLOB}),
        ([LONG], [LONG_BLOB]),
        ({"response": f'{{"data": "{LONG}", "n": 1}}'},
         {"response": f'{{"data": "{LONG_TEXT}", "n": 1}}'}),
        ({"content": json.dumps({"text": json.dumps({"data": LONG})})},
         {"content": json.dumps({"text": json.dumps({"data": LONG_TEXT})})}),
    ],
)  # fmt: skip
def test_long_base64_is_binary_under_any_name(value: Any, without: Any) -> None:
    """In fields, in lists, and in the strings of JSON that is a text."""
    assert without_binary(value) == without


@pytest.mark.parametrize(
    "value",
    [
        {"type": "text", "content": "data: see below"},
        {"encrypted_content": LONG},
        {"signature": LONG},
        {"sequence": "ACGT" * 200},
        {"response": '{"text": "' + "plain words " * 60 + '"}'},
        {"data": "plain words, which are no base64"},
        {"data": "abcd"},
        {"data": "abcd", "type": []},
        {"type": "file", "file_id": "file-1", "data": None},
        {"mime_type": "text/plain", "data": "SGVsbG8="},
        {"type": "image", "image": "https://host/picture.png"},
        {"content": LONG},
        [1, 2.5, True, None, "text", {"nested": ["list"]}],
        PICTURE,
    ],
)
def test_what_is_not_binary_is_the_same_object(value: Any) -> None:
    """Nothing is copied, and nothing lost, where there is nothing to replace."""
    assert without_binary(value) is value


def test_a_data_url_within_a_text_is_described() -> None:
    """The words around a picture stay."""
    text = f"look: ![x]({URL}) and {URL}"

    described = f"[blob image/png, 7 bytes, sha256 {DIGEST['sha256']}]"
    assert text_without_binary(text) == f"look: ![x]({described}) and {described}"
    assert without_binary({"type": "text", "content": URL}) == {
        "type": "text",
        "content": described,
    }


@pytest.mark.parametrize(
    ("url", "part"),
    [
        (LONG, {**LONG_BLOB, "modality": "image"}),
        (f"DATA:Image/PNG;Base64,{ENCODED}", PICTURE),
        ("pictures/a.png", {"type": "uri", "modality": "image", "uri": "pictures/a.png"}),
    ],
)
def test_picture_without_a_plain_head(url: str, part: Any) -> None:
    """Some hosts take base64 alone, and a scheme may be in capitals."""
    assert blob_of_url(url) == part


def test_a_deep_value_ends() -> None:
    """A value that is nested without end, as a cycle is, is left at some depth."""
    value: list[Any] = []
    value.append(value)

    assert without_binary(value) is value


@pytest.mark.parametrize("kind", [[], {}, ["a"], 5, None])
def test_binary_content_beside_a_type_that_is_no_text(kind: Any) -> None:
    """A wrong type is kept, and takes nothing away from what is found by name."""
    assert without_binary({"type": kind, "b64_json": ENCODED}) == {"type": "blob", **DIGEST}
    assert without_binary({"type": kind, "text": "Hi"}) == {"type": kind, "text": "Hi"}
