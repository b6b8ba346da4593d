"""Hashes of texts, to show later that they were not changed."""

from __future__ import annotations

import hashlib
import hmac

from hilt.core.event import Content
from hilt.core.exceptions import EventError

__all__ = ["hash_content", "verify_hash"]

_ALGORITHMS = ("sha256", "sha384", "sha512", "blake2b")


def hash_content(content: str | Content, algorithm: str = "sha256") -> str:
    """The hash of a text in UTF-8, as ``sha256:<hex>``.

    Raises:
        EventError: If the content has no text, or the algorithm is not one of
            sha256, sha384, sha512 and blake2b.
    """
    if algorithm not in _ALGORITHMS:
        raise EventError(f"algorithm: {algorithm!r} is not one of {', '.join(_ALGORITHMS)}")
    text = content.text if isinstance(content, Content) else content
    if text is None:
        raise EventError("content.text: there is no text to hash")
    return f"{algorithm}:{hashlib.new(algorithm, text.encode()).hexdigest()}"


def verify_hash(content: str | Content, expected: str | None = None) -> bool:
    """Whether a text still has a hash, by default that in ``content.text_hash``.

    Raises:
        EventError: If there is no text, or no readable hash.
    """
    if expected is None:
        expected = content.text_hash if isinstance(content, Content) else None
    algorithm, colon, _ = (expected or "").partition(":")
    if not expected or not colon:
        raise EventError(f"text_hash: {expected!r} is not a hash such as sha256:<hex>")
    return hmac.compare_digest(hash_content(content, algorithm), expected)
