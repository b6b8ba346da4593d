"""Removing the binary content of ``data:`` URLs from a stream, however its chunks are cut."""

from __future__ import annotations

import re
from collections.abc import Sequence

from hilt.genai.media import BASE64_MARK

__all__ = ["without_streamed_binary"]

_RUN = re.compile(r"[A-Za-z0-9+/_=%-]*")


def without_streamed_binary(texts: Sequence[str], before: str) -> tuple[Sequence[str], str]:
    """The texts of some chunks without what follows ``;base64,``, and the end of these.

    The whole answer describes the content. Nearly all chunks are returned unchanged.

    Args:
        texts: The texts of consecutive chunks.
        before: The end of the chunks before, as this function returned it; at first, empty.
    """
    joined = before + "".join(texts)
    if BASE64_MARK not in joined:
        return texts, joined[1 - len(BASE64_MARK) :]
    kept = []
    for text in texts:
        outside, before = _outside(text, before)
        kept.append(outside)
    return kept, before


def _outside(text: str, before: str) -> tuple[str, str]:
    """A text without binary content, and its end; the mark itself if the content may go on."""
    outside = ""
    while True:
        if before == BASE64_MARK:
            text = text[_RUN.match(text).end() :]  # type: ignore[union-attr]  # it may be empty
            if not text:
                return outside, before
            before = ""
        start = (before + text).find(BASE64_MARK)
        if start < 0:
            return outside + text, (before + text)[1 - len(BASE64_MARK) :]
        start += len(BASE64_MARK) - len(before)
        outside, text, before = outside + text[:start], text[start:], BASE64_MARK
