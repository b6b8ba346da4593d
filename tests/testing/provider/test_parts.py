"""Messages and their parts."""

from __future__ import annotations

import base64
import hashlib

import pytest

from hilt.testing.provider import parts

DATA = b"\xfb\xff\x00pixels"
BLOB = {
    "type": "blob",
    "mime_type": "image/png",
    "size": len(DATA),
    "sha256": hashlib.sha256(DATA).hexdigest(),
}


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_binary_content_becomes_its_hash(encode):
    """Both alphabets of base64 are decoded."""
    assert parts.blob(encode(DATA).decode(), "image/png") == BLOB


def test_content_that_is_not_base64_is_hashed_as_it_is():
    """Nothing is refused."""
    part = parts.blob("§§", "image/png")

    assert (part["size"], part["sha256"]) == (4, hashlib.sha256("§§".encode()).hexdigest())


def test_data_url_becomes_a_blob():
    """A URL that holds its data is not kept as a URL."""
    url = f"data:image/png;base64,{base64.b64encode(DATA).decode()}"

    assert parts.link(url) == BLOB
    assert parts.link("https://example.org/a,b.png") == {
        "type": "uri",
        "uri": "https://example.org/a,b.png",
    }


@pytest.mark.parametrize(
    ("arguments", "decoded"),
    [('{"a": 1}', {"a": 1}), ("{broken", "{broken"), ({"a": 1}, {"a": 1}), (None, None)],
)
def test_arguments_are_decoded(arguments, decoded):
    """Arguments that are JSON text become an object."""
    assert parts.call("f", arguments, "c1") == {
        "type": "tool_call",
        "id": "c1",
        "name": "f",
        "arguments": decoded,
    }


@pytest.mark.parametrize(("content", "kept"), [("Hi", "Hi"), (None, ""), (["Hi"], "")])
def test_text_is_always_text(content, kept):
    """Content of another type counts as empty."""
    assert parts.text(content, "reasoning") == {"type": "reasoning", "content": kept}
