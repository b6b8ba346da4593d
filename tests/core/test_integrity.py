"""Hashes of texts."""

from __future__ import annotations

import pytest

from hilt.core.event import Content
from hilt.core.exceptions import EventError
from hilt.core.integrity import hash_content, verify_hash

SHA256_OF_HELLO = "sha256:185f8db32271fe25f561a6fc938b2e264306ec304eda518007d1764826381969"


def test_a_hash_is_that_of_the_text():
    """In UTF-8, with its algorithm; of a text or of a content."""
    assert hash_content("Hello") == hash_content(Content(text="Hello")) == SHA256_OF_HELLO
    assert hash_content("", "blake2b").startswith("blake2b:786a02f742015903")


def test_a_hash_tells_a_changed_text():
    """Each algorithm, and the hash that a content carries."""
    for algorithm in ("sha256", "sha384", "sha512", "blake2b"):
        assert verify_hash("Hello", hash_content("Hello", algorithm))
        assert not verify_hash("hello", hash_content("Hello", algorithm))
    assert verify_hash(Content(text="Hello", text_hash=SHA256_OF_HELLO))
    assert not verify_hash(Content(text="Hallo", text_hash=SHA256_OF_HELLO))


@pytest.mark.parametrize(
    ("expected", "message"),
    [
        (None, "text_hash: None is not a hash such as sha256:<hex>"),
        ("", "text_hash: '' is not a hash such as sha256:<hex>"),
        ("185f8d", "text_hash: '185f8d' is not a hash such as sha256:<hex>"),
        ("md5:abc", "algorithm: 'md5' is not one of sha256, sha384, sha512, blake2b"),
    ],
)
def test_what_is_no_hash_is_refused(expected, message):
    """It is not taken for a changed text."""
    for content in ("Hello", Content(text="Hello")):
        with pytest.raises(EventError) as caught:
            verify_hash(content, expected)
        assert str(caught.value) == message


def test_the_hash_that_is_given_counts():
    """Not that of the content, which whoever changed the text may have changed, too."""
    content = Content(text="Hallo", text_hash=hash_content("Hallo"))

    assert verify_hash(content)
    assert not verify_hash(content, SHA256_OF_HELLO)
    assert not verify_hash("Hello", SHA256_OF_HELLO + ":")


def test_without_a_text_there_is_nothing_to_hash():
    """Content may be anything."""
    with pytest.raises(EventError, match="there is no text to hash"):
        hash_content(Content(tool={"name": "x"}))
