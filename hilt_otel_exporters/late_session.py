"""A session that is opened by its first event: without one, no empty file is made."""

from __future__ import annotations

from collections.abc import Iterable

from hilt.core.event import Event
from hilt.core.exceptions import HILTError
from hilt.io.session import Session

__all__ = ["LateSession"]


class LateSession:
    """Passes events on to a session; if it cannot be opened, `check` says so.

    Args:
        session: Where the events go. It stays open.
    """

    closed = False

    def __init__(self, session: Session) -> None:
        self._session = session
        self._error: HILTError | None = None
        self.takes_lines = session.takes_lines
        self.policy = session.policy

    @property
    def destination(self) -> tuple[str, ...]:
        """Where its events go."""
        return self._session.destination

    def check(self) -> None:
        """Raise what kept the session from being opened.

        Raises:
            HILTError: If it could not be opened.
        """
        if self._error is not None:
            raise self._error

    def write_lines(self, lines: bytes, count: int, *, more_follow: bool = False) -> None:
        """Write encoded events."""
        if self._is_open():
            self._session.write_lines(lines, count, more_follow=more_follow)

    def append_all(self, events: Iterable[Event], *, are_read: bool = False) -> list[Event]:
        """Write events."""
        return self._session.append_all(events, are_read=are_read) if self._is_open() else []

    def flush(self, timeout: float | None = None) -> bool:
        """Flush the session, if there was anything to write."""
        return self._session.flush(timeout) if self._session.events_written else True

    def close(self) -> None:
        """Leave the session to whoever made it."""

    def _is_open(self) -> bool:
        try:
            self._session.open()
        except HILTError as error:
            self._error = error
        return self._error is None
