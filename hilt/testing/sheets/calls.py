"""What came in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Call"]


@dataclass(frozen=True, slots=True)
class Call:
    """One request that came in, for tests that count or look."""

    kind: str
    method: str
    path: str
    body: Mapping[str, Any] = field(repr=False)
    account: str
    at: float
