"""What a test's calls write to sessions of the program, copied to the log of the test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock
from weakref import WeakSet

from hilt import Session, get_context

__all__ = ["copied_to"]


@contextmanager
def copied_to(log: Session) -> Iterator[None]:
    """Write to this session, too, what calls write to others.

    Those are the ones that calls are logged to: the session of `hilt.instrument` and of
    ``use_session``. What a test writes to another session by itself is not copied.

    Args:
        log: An open session.
    """
    write = Session.write_lines
    with_calls: WeakSet[Session] = WeakSet()

    def write_both(
        session: Session, lines: bytes, count: int, *, more_follow: bool = False
    ) -> None:
        write(session, lines, count, more_follow=more_follow)
        if session is log:
            return
        if get_context().session is session:
            with_calls.add(session)  # a stream may end when the session is no longer the current
        if session in with_calls:
            write(log, lines, count)

    with mock.patch.object(Session, "write_lines", write_both):
        yield
