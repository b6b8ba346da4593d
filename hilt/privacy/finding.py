"""Findings: where personal data or a credential is in a text, and of what kind it is."""

from __future__ import annotations

import msgspec

__all__ = ["Finding"]


class Finding(msgspec.Struct, frozen=True, order=True):
    """A place in a text, from `start` to before `end`, and its kind; candidates may have none."""

    start: int
    end: int
    kind: str
