"""The guard between telemetry and the program: our errors are counted and said, never raised."""

from __future__ import annotations

import logging
import threading
from time import monotonic

from hilt.core import forks

__all__ = ["Guard", "guard"]

_logger = logging.getLogger("hilt")
_QUIET_SECONDS = 60.0


class Guard:
    """Counts internal errors and says them through `logging`, once a minute each place."""

    def __init__(self) -> None:
        self.errors = 0
        self._said: dict[str, float] = {}
        self._renew()
        forks.on_fork(self._renew)

    def _renew(self) -> None:
        self._lock = threading.Lock()

    def report(self, where: str) -> None:
        """Note the exception being handled. Never raises."""
        try:
            self.errors += 1
            if self._is_due(where):
                _logger.warning(
                    "%s failed: the call goes on, its log may lack something",
                    where,
                    exc_info=True,  # noqa: LOG014 # report() is called in a handler
                )
        except Exception:  # noqa: S110 # the last line of defence: a broken log handler
            pass

    def _is_due(self, where: str) -> bool:
        # Reports come from finalizers too, at any moment: never wait for the lock.
        if not self._lock.acquire(blocking=False):
            return False
        try:
            now = monotonic()
            due = now - self._said.get(where, -_QUIET_SECONDS) >= _QUIET_SECONDS
            if due:
                self._said[where] = now
            return due
        finally:
            self._lock.release()


guard = Guard()
"""The guard of this process."""
