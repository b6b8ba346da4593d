"""A finding: where something stands in a text, and what it is."""

from __future__ import annotations

import msgspec

__all__ = ["Finding"]


class Finding(msgspec.Struct, frozen=True, order=True):
    """Where something stands in a text, and what it is."""

    start: int
    end: int
    kind: str
