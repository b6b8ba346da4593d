"""Answers that a later call fetches: of responses in the background, of batches."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

from hilt.genai.values import Message

__all__ = ["Pending", "joined"]

_LIMIT = 10_000
_Call = TypeVar("_Call")


class Pending(Generic[_Call]):
    """Calls whose answers are not whole yet, by the provider's id of the answer.

    Safe between threads. The newest 10,000 are kept: some answers are never fetched.
    """

    def __init__(self) -> None:
        self._calls: dict[str, _Call] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """How many wait."""
        return len(self._calls)

    def keep(self, response_id: str, call: _Call) -> None:
        """Keep a call whose answer a later one will fetch."""
        with self._lock:
            self._calls[response_id] = call
            while len(self._calls) > _LIMIT:
                del self._calls[next(iter(self._calls))]

    def get(self, response_id: str) -> _Call | None:
        """The call that a fetched answer belongs to."""
        return self._calls.get(response_id)

    def take(self, response_id: str) -> _Call | None:
        """The same, once: it waits no longer."""
        with self._lock:
            return self._calls.pop(response_id, None)


def joined(older: list[Message], newer: list[Message]) -> list[Message]:
    """The messages of an answer that was fetched in pieces, each part once."""
    if not older or not newer:
        return newer or older
    first, *others = newer
    parts = first["parts"]
    before = [part for part in older[0]["parts"] if part not in parts]
    return [{**first, "parts": [*before, *parts]}, *others]
