"""Answers that a later call fetches: of responses in the background, of batches."""

from __future__ import annotations

from hilt.genai.values import Message

__all__ = ["PENDING_LIMIT", "joined"]

PENDING_LIMIT = 10_000
"""How many calls wait for their answers at the most: some answers are never fetched."""


def joined(older: list[Message], newer: list[Message]) -> list[Message]:
    """The messages of an answer that was fetched in pieces, each part once."""
    if not older or not newer:
        return newer or older
    first, *others = newer
    parts = first["parts"]
    before = [part for part in older[0]["parts"] if part not in parts]
    return [{**first, "parts": [*before, *parts]}, *others]
