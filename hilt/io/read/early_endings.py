"""Endings that stand before their prompts, as where parts of a log are read in another order."""

from __future__ import annotations

__all__ = ["EarlyEndings"]

_MOST = 50_000


class EarlyEndings:
    """The ids that endings reply to and that were not read before them.

    Most are of the results of tools, or of prompts in a part of the log that is gone, so only the
    newest are kept, as hashes of 64 bits.

    Args:
        most: How many are kept.
    """

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._hashes: dict[int, None] = {}

    def add(self, reply_to: str | bytes) -> None:
        """Note what an ending replies to; it may be empty."""
        if reply_to:
            self._hashes[hash(reply_to)] = None
            if len(self._hashes) > self._most:
                del self._hashes[next(iter(self._hashes))]

    def __contains__(self, event_id: str | bytes) -> bool:
        """Whether an ending of this prompt was read."""
        return hash(event_id) in self._hashes
