"""A line of a log that is not an event."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

__all__ = ["BadLine"]


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that is not an event.

    Args:
        path: The file.
        number: The line's number, from 1.
        message: What is wrong with it.
    """

    path: Path
    number: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.number}: {self.message}"
