"""Per-minute quotas: so many reads and writes a user and a project, refilled every minute."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from hilt.testing.sheets.errors import ApiError, error_info

__all__ = ["Limits", "Quota"]

_MINUTE = 60.0


@dataclass(frozen=True, slots=True)
class Limits:
    """How many requests a minute; None is without limit."""

    reads_per_user: int | None = 60
    writes_per_user: int | None = 60
    reads_per_project: int | None = 300
    writes_per_project: int | None = 300


class Quota:
    """Counts requests in whole minutes of its clock.

    Args:
        limits: The limits.
        clock: Seconds; a clock that runs fast makes minutes short.
        retry_after: Whether a refusal has a ``Retry-After`` header; Google's mostly have none.
        speed: How much faster than a wall clock ``clock`` runs, for ``Retry-After``.
    """

    def __init__(
        self,
        limits: Limits,
        clock: Callable[[], float],
        *,
        retry_after: bool = False,
        speed: float = 1.0,
    ) -> None:
        self.limits = limits
        self.refused = 0
        self._clock = clock
        self._retry_after = retry_after
        self._speed = speed
        self._minute = -1
        self._used: Counter[tuple[str, str]] = Counter()
        self._lock = threading.Lock()

    def take(self, kind: str, user: str, project: str) -> None:
        """Count one ``read`` or ``write``.

        Raises:
            ApiError: 429, if the minute's quota is used up.
        """
        user_limit, project_limit = {
            "read": (self.limits.reads_per_user, self.limits.reads_per_project),
            "write": (self.limits.writes_per_user, self.limits.writes_per_project),
        }[kind]
        with self._lock:
            now = self._clock()
            if int(now // _MINUTE) != self._minute:
                self._minute = int(now // _MINUTE)
                self._used.clear()
            left = (_MINUTE - now % _MINUTE) / self._speed
            self._count(f"{kind} user", user, user_limit, left)
            self._count(f"{kind} project", project, project_limit, left)

    def _count(self, kind: str, who: str, limit: int | None, left: float) -> None:
        if limit is not None and self._used[kind, who] >= limit:
            self.refused += 1
            name = "per minute per user" if kind.endswith("user") else "per minute"
            what = kind.split(maxsplit=1)[0].capitalize()
            raise ApiError(
                429,
                f"Quota exceeded for quota metric '{what} requests' and limit "
                f"'{what} requests {name}' of service 'sheets.googleapis.com' for consumer "
                "'project_number:100000000000'.",
                retry_after=left if self._retry_after else None,
                details=error_info("RATE_LIMIT_EXCEEDED", quota_limit_value=str(limit)),
            )
        self._used[kind, who] += 1
