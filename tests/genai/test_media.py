"""Tests for binary content as parts."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pytest

from hilt.genai.media import (
    StreamedBlob,
    blob,
    blob_of_base64,
    blob_of_url,
    is_long_base64,
    modality_of,
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


def test_pieces_of_content() -> None:
    """None is kept: what they were is known at the end, and an id of the provider's with it."""
    streamed = StreamedBlob("image/png", "image")
    for piece in (base64.b64encode(DATA[:3]).decode(), DATA[3:]):
        streamed.add(piece)
    streamed.add("", "id_1")
    streamed.finish()
    without_type = StreamedBlob(None, "audio")
    without_type.add(DATA)
    without_type.finish()

    assert streamed.part == {**PICTURE, "id": "id_1"}
    assert without_type.part == {"type": "blob", "modality": "audio", **DIGEST}


def test_content_of_which_only_its_id_came() -> None:
    """It is a file that the provider has; without an id it is nothing."""
    by_id, nothing = StreamedBlob("audio/wav", "audio"), StreamedBlob("audio/wav", "audio")
    by_id.add("", "id_1")
    by_id.add("", None)
    for each in (by_id, nothing):
        each.finish()

    assert by_id.part == {"type": "file", "modality": "audio", "file_id": "id_1"}
    assert nothing.part == blob(b"", "audio/wav", "audio")


@pytest.mark.parametrize(
    ("url", "mime_type", "part"),
    [
        ("data:text/plain;charset=utf-8,picture", None,
         {"type": "blob", "mime_type": "text/plain", "modality": "document", **DIGEST}),
        (f"data:;base64,{ENCODED}", "image/png", PICTURE),
        ("data:,picture", None, {"type": "blob", **DIGEST}),
        ("data:image/png,\ud800", None, blob(b"\xed\xa0\x80", "image/png")),
        (f"Data:IMAGE/PNG;BASE64,{ENCODED}", "audio/wav", PICTURE),
        ("DATA:image/png,picture,", None, blob(b"picture,", "image/png")),
        (LONG, "image/png", {**LONG_BLOB, "mime_type": "image/png", "modality": "image"}),
        (5, None, {"type": "uri", "modality": "image", "uri": "5"}),
    ],
)  # fmt: skip
def test_content_in_a_url(url: object, mime_type: str | None, part: Any) -> None:
    """Its own type goes before one that stands beside it; its words are as they were sent."""
    assert blob_of_url(url, mime_type) == part


@pytest.mark.parametrize(
    ("mime_type", "modality"),
    [("image", "image"), ("image/svg/xml", "image"), ("", "document"), ("x/image", "document")],
)
def test_modality(mime_type: str, modality: str) -> None:
    """By what stands before the first slash."""
    assert modality_of(mime_type) == modality


NEAR = base64.b64encode(bytes(range(256)) * 2).decode()[:512]  # the shortest that is certain


@pytest.mark.parametrize(
    ("text", "is_binary"),
    [
        (NEAR, True),
        (NEAR[:511], False),
        (NEAR.lower(), False),
        (NEAR.upper(), False),
        ("Aa" * 300, False),
        (NEAR + "==", True),
        (NEAR + "===", False),
        (NEAR + "\r\n", True),
        (NEAR + " x", False),
        ("-_" + NEAR.replace("+", "-").replace("/", "_"), True),
    ],
)
def test_text_that_is_binary_by_its_form(text: str, is_binary: bool) -> None:
    """Long, of nothing but the letters of base64, and of all kinds of them."""
    assert is_long_base64(text) is is_binary
    for value in (text, [text], {"x": text}):
        assert (without_binary(value) != value) is is_binary


@pytest.mark.parametrize(
    ("fields", "is_binary"),
    [
        ({"data": "QQ"}, False),
        ({"b64_json": "QQ"}, True),
        ({"b64_json": "Q"}, False),
        ({"b64_json": "http:abc"}, False),
        ({"b64_json": "https:abc"}, False),
        ({"mime_type": "image/png", "data": "QQ=="}, True),
        ({"media_type": "image/png", "data": "QQ=="}, True),
        ({"mime_type": 5, "data": "QQ=="}, False),
        ({"mime_type": 5, "mimeType": "image/png", "data": "QQ=="}, True),
        ({"mime_type": "text/csv", "b64_json": "QQ=="}, False),
        ({"mime_type": "text/csv", "b64_json": b"a"}, True),
        ({"type": "image", "data": "no base64"}, False),
        ({"type": "image", "content": "QQ=="}, True),
        ({"content": NEAR}, False),
        ({"body": NEAR}, False),
        ({"data": NEAR}, True),
        ({"audio": NEAR[:511]}, False),
        ({"data": bytearray(b"a")}, True),
        ({"data": memoryview(b"a")}, True),
        ({"video": 5}, False),
        ({"type": "image", "data": URL}, True),
        ({"type": "other", "base64": URL}, True),
        ({"mimeType": "image/png", "body": URL}, True),
    ],
)
def test_field_that_is_binary(fields: dict[str, Any], is_binary: bool) -> None:
    """By its own form, by its name, or by the type that stands beside it."""
    found = without_binary(fields)

    assert (found.get("type") == "blob" and "sha256" in found) is is_binary
    assert is_binary or found.keys() == fields.keys()


def test_what_stands_beside_binary_content() -> None:
    """Names and ids stay, and so does what is nested; the content's own field goes."""
    fields = {
        "type": "input_image", "data": ENCODED, "id": "i", "index": 0, "name": None,
        "filename": "f", "title": "t", "detail": "low", "transcript": "said", "quality": 5,
        "nested": {"data": DATA, "n": 1}, "list": [1],
    }  # fmt: skip

    assert without_binary(fields) == {
        "type": "blob", "modality": "image", **DIGEST, "id": "i", "index": 0, "filename": "f",
        "title": "t", "detail": "low", "transcript": "said",
        "nested": {"type": "blob", **DIGEST}, "list": [1],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "modality"),
    [("audio", "audio"), ("video", "video"), ("image", "image"), ("input_audio", "audio"),
     ("input_image", "image"), ("media", None), ("file", None)],
)  # fmt: skip
def test_modality_by_the_type_of_a_part(kind: str, modality: str | None) -> None:
    """Where no media type says it."""
    assert without_binary({"type": kind, "data": ENCODED}).get("modality") == modality


def test_fields_that_are_looked_through() -> None:
    """Only what is binary is replaced; the rest is the same object, and nothing is changed."""
    kept = {"deep": ["x"]}
    fields = {"text": f"see {URL}", "kept": kept, "list": [kept, DATA], "signature": LONG}
    before = repr(fields)

    found = without_binary(fields)

    assert found == {
        "text": f"see [blob image/png, 7 bytes, sha256 {DIGEST['sha256']}]",
        "kept": kept, "list": [kept, {"type": "blob", **DIGEST}], "signature": LONG,
    }  # fmt: skip
    assert found["kept"] is kept
    assert repr(fields) == before


def test_text_of_a_part_that_quotes_binary_content() -> None:
    """A part with a long text is looked through as any other."""
    quoted = json.dumps({"data": LONG})
    part = {"type": "text", "content": quoted}

    assert without_binary(part) == {"type": "text", "content": json.dumps({"data": LONG_TEXT})}
    assert without_binary({"type": "note", "content": URL})["content"].startswith("[blob image/png")
    assert without_binary({"type": "text", "content": {"data": DATA}})["content"]["type"] == "blob"
    first = f'"{LONG}" and "{LONG}"'
    assert without_binary({"text": first}) == {"text": f'"{LONG_TEXT}" and "{LONG_TEXT}"'}


@pytest.mark.parametrize(("depth", "is_reached"), [(64, True), (65, False)])
def test_how_deep_is_looked(depth: int, is_reached: bool) -> None:
    """Far deeper than programs nest."""
    value: Any = DATA
    for _ in range(depth):
        value = [value]

    assert (without_binary(value) is not value) is is_reached


@pytest.mark.parametrize(
    ("text", "described"),
    [
        (f"data:;base64,{ENCODED}.", f"[blob data, 7 bytes, sha256 {DIGEST['sha256']}]."),
        (f"data:image/png;a=b;base64,{ENCODED})", f"[blob image/png, 7 bytes, sha256 {DIGEST['sha256']}])"),
        ("no ;base64, content", "no ;base64, content"),
    ],
)  # fmt: skip
def test_words_around_a_data_url(text: str, described: str) -> None:
    """They stay, whatever the head of the URL has."""
    assert text_without_binary(text) == without_binary(text) == described


WIDE = bytes(range(256)) * 2 + b"\xff"  # of which the last line is short and padded
IN_ONE_LINE = base64.b64encode(WIDE).decode()
BREAKS = ["\n", "\r\n", "\n    ", r"\n", r"\r\n", r"\\n", r"\\\\r\\\\n", "%0A", "%0d%0a"]


def in_lines(width: int, line_break: str, text: str = IN_ONE_LINE) -> str:
    """A text in lines, the last with a break, too."""
    starts = range(0, len(text), width)
    return "".join(text[start : start + width] + line_break for start in starts)


@pytest.mark.parametrize("line_break", BREAKS)
@pytest.mark.parametrize("width", [60, 64, 70, 76, 684])
def test_base64_in_lines(width: int, line_break: str) -> None:
    """It is the same content, as a whole text and in a string of JSON."""
    text = in_lines(width, line_break)
    described = f"[blob data, 513 bytes, sha256 {blob(WIDE)['sha256']}]"

    assert is_long_base64(text)
    assert without_binary([text, text.rstrip()]) == [blob(WIDE)] * 2
    assert without_binary({"image": text, "type": "image"}) == blob(WIDE, modality="image")
    if "\n" not in line_break:
        assert without_binary(f'{{"content": "{text}", "n": 1}}').startswith(
            f'{{"content": "{described}'
        )


def test_base64_in_lines_as_programs_write_it() -> None:
    """The contents API of GitHub sends 60 letters a line; the file has 76."""
    content = in_lines(60, "\n")
    described = f"[blob data, 513 bytes, sha256 {blob(WIDE)['sha256']}]"

    assert blob_of_base64(base64.encodebytes(WIDE).decode(), "image/png") == blob(WIDE, "image/png")
    assert without_binary(base64.encodebytes(WIDE).decode()) == blob(WIDE)
    for value in ({"content": content}, {"text": json.dumps({"content": content})}):
        assert without_binary(json.dumps(value)).count(described) == 1
        assert IN_ONE_LINE[:60] not in without_binary(json.dumps(value))


@pytest.mark.parametrize(
    "text",
    [
        in_lines(59, "\n"),  # narrower than any encoder writes
        in_lines(61, "\n"),
        in_lines(76, "\n", IN_ONE_LINE.lower()),
        in_lines(60, r"\n", WIDE.hex().upper()),
        in_lines(76, "\n") + "and words",
        in_lines(76, "\n").replace("\n", "\r\n", 1),
        "\n".join(f"{IN_ONE_LINE[:63]}=" for _ in range(10)),
        "\n".join(f"{'Abc1' * 15}{'x' * width}" for width in range(10)),
        "Words1 " * 100,
        f"{'=' * 76}\n" * 10,
        f"{'A1b' * 25} " * 10,
    ],
)
def test_lines_that_are_no_base64(text: str) -> None:
    """Lists of ids and hashes, dumps, and texts of words."""
    assert not is_long_base64(text)
    assert without_binary(text) is text


@pytest.mark.parametrize("line_break", BREAKS)
@pytest.mark.parametrize("first", [0, 54, 76])
def test_data_url_in_lines(first: int, line_break: str) -> None:
    """It is of all its content, also where its head took room of the first line."""
    rest = in_lines(76, line_break, IN_ONE_LINE[first:])
    url = f"data:image/png;base64,{IN_ONE_LINE[:first]}{line_break}{rest.removesuffix(line_break)}"
    described = f"[blob image/png, 513 bytes, sha256 {blob(WIDE)['sha256']}]"

    assert without_binary(url) == blob_of_url(url) == blob(WIDE, "image/png")
    assert text_without_binary(f"a '{url}', {url}, b") == f"a '{described}', {described}, b"


@pytest.mark.parametrize("size", [45, 57, 58, 59, 60, 100, 114, 171, 172])
def test_short_data_url_in_lines(size: int) -> None:
    """One line, two and three, with padding and without."""
    data = (b"\xfb\xef\x91" * 60)[:size]
    text = base64.encodebytes(data).decode()
    described = f"[blob image/png, {size} bytes, sha256 {blob(data)['sha256']}]"

    found = text_without_binary(f"data:image/png;base64,{text}{URL}")

    assert found == f"{described}\n[blob image/png, 7 bytes, sha256 {DIGEST['sha256']}]"


@pytest.mark.parametrize(
    "after",
    [
        "\nThanks",
        "\nBest\n",
        "\nTHANKS99.",
        "\nword and word",
        "\nkey=value",
        "\n\nAAAA",
        r"\nBest",
    ],
)
@pytest.mark.parametrize("content", [IN_ONE_LINE, IN_ONE_LINE[:40], IN_ONE_LINE[:76]])
def test_words_below_a_data_url(content: str, after: str) -> None:
    """They are no part of it."""
    part = blob_of_base64(content)
    described = f"[blob data, {part['size']} bytes, sha256 {part['sha256']}]"

    assert text_without_binary(f"data:;base64,{content}{after}") == described + after


def test_data_url_that_is_escaped_as_in_a_url() -> None:
    """Its content is that of the letters, not of their escapes."""
    data = b"\xfb\xff\xbe\xfb"
    escaped = base64.b64encode(data).decode().replace("+", "%2B").replace("/", "%2f")

    assert blob_of_url(f"data:image/png;base64,{escaped.replace('=', '%3D')}") == blob(
        data, "image/png"
    )
