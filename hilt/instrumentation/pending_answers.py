"""Answers that a later call fetches: of responses in the background, of batches."""

from __future__ import annotations

from hilt.genai.values import Message, Part

__all__ = ["PENDING_LIMIT", "joined"]

PENDING_LIMIT = 10_000
"""How many calls wait for their answers at the most: some answers are never fetched."""


def joined(older: list[Message], newer: list[Message]) -> list[Message]:
    """The messages of an answer that was fetched in pieces, each part once."""
    if not older or not newer:
        return newer or older
    first, *others = newer
    parts = first["parts"]
    before = [part for part in older[0]["parts"] if not _is_in(part, parts)]
    return [{**first, "parts": [*before, *parts]}, *others]


def _is_in(part: Part, parts: list[Part]) -> bool:
    """Whether a part is among newer ones, where the text of one may have grown."""
    content = part.get("content")
    return part in parts or any(
        part["type"] == newer["type"]
        and isinstance(content, str)
        and str(newer.get("content") or "").startswith(content)
        for newer in parts
    )
