"""Outages: one warning when a file cannot be written any more, and one when it can again."""

from __future__ import annotations

import logging

from hilt.io.jsonl.backlog import BACKLOG_BYTES, number_of_events

__all__ = ["Outage"]

logger = logging.getLogger(__name__)


class Outage:
    """Why a file cannot be written at the moment; false while it can.

    Args:
        path: The file.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self.reason = ""
        """What the operating system says."""

    def __bool__(self) -> bool:
        return bool(self.reason)

    def begin(self, error: OSError) -> None:
        """Note why the file cannot be written, and log it once."""
        reason = error.strerror or str(error)
        if not self.reason:
            logger.warning(
                "%s cannot be written: %s; events wait in memory (at most %d bytes) until it can",
                self._path,
                reason,
                BACKLOG_BYTES,
            )
        self.reason = reason

    def end(self, lost: int) -> None:
        """Log that the file can be written again, and how many events were lost."""
        self.reason = ""
        outcome = f"lost meanwhile: {number_of_events(lost)}" if lost else "nothing was lost"
        logger.warning("%s can be written again; %s", self._path, outcome)

    def give_up(self, lost: int) -> None:
        """Log how many events were never written, when the file is closed for good."""
        if lost:
            count = number_of_events(lost)
            logger.warning("%s could not be written to %s: %s", count, self._path, self.reason)
        self.reason = ""
