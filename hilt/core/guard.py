"""The guard between telemetry and the program: internal errors are counted and logged, not raised.

Where it is used: see "Errors" in CONTRIBUTING.md.
"""

from __future__ import annotations

import logging
import threading
from time import monotonic
from traceback import format_exc

from hilt.core import forks
from hilt.core.credentials import without_credentials

__all__ = ["Guard", "guard"]

_logger = logging.getLogger("hilt")
_QUIET_S = 60.0


class Guard:
    """Counts internal errors, and logs those of each place at most once a minute."""

    def __init__(self) -> None:
        self.errors = 0
        """How many were reported."""
        self._logged_at: dict[str, float] = {}
        self._renew()
        forks.on_fork(self._renew)

    def _renew(self) -> None:
        self._lock = threading.Lock()

    def report(self, what: str) -> None:
        """Note the exception that is being handled. Never raises.

        Args:
            what: What failed, as the beginning of a sentence: ``reading a request``.
        """
        try:
            self.errors += 1
            if self._is_due(what):
                trace = format_exc()
                shown = without_credentials(trace)
                is_clean = shown == trace
                _logger.warning(
                    "%s failed: the call goes on, its log may lack something%s",
                    what,
                    "" if is_clean else f"\n{shown}",
                    exc_info=is_clean,  # report() is called in a handler
                )
        except Exception:  # noqa: S110 # the last line of defence: a log handler may be broken
            pass

    def _is_due(self, what: str) -> bool:
        # Finalizers report, too, at any moment, so never wait for the lock.
        if not self._lock.acquire(blocking=False):
            return False
        try:
            now = monotonic()
            is_due = now - self._logged_at.get(what, -_QUIET_S) >= _QUIET_S
            if is_due:
                self._logged_at[what] = now
            return is_due
        finally:
            self._lock.release()


guard = Guard()
"""The guard of this process."""
