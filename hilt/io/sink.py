"""The protocols that destinations of encoded events follow: sinks, and sinks that are files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol, runtime_checkable

from hilt.core.event import Event

__all__ = ["Appender", "FileSink", "Sink"]


class Sink(Protocol):
    """A destination for encoded events.

    `open` and `read` are called by the user and may raise; all other methods are called while the
    application runs and must not raise. A session guards each `write` all the same.
    """

    name: str
    """What it is called in arguments and messages: ``local``, ``sheets``, ``memory``."""

    @property
    def destination(self) -> str:
        """Where events go, in a form that can be compared with another sink's."""
        ...

    @property
    def dropped(self) -> int:
        """How many events were lost."""
        ...

    def open(self) -> None:
        """Get ready for writing.

        Raises:
            HILTError: If it cannot work; the message says what to do.
        """

    def write(self, lines: bytes, count: int) -> None:
        r"""Take all the lines of one step, without waiting for the network. Must not raise.

        May be called from any thread, after a fork, and from a garbage collector's finalizer
        while the same thread is inside this method.

        Args:
            lines: ``count`` events, each one JSON object that ends with ``\n``.
            count: How many.
        """

    def flush(self, timeout: float | None = None) -> bool:
        """Wait at most `timeout` seconds until all is delivered; return whether it is."""
        ...

    def read(self) -> Iterator[Event]:
        """The events that it holds, oldest first.

        Raises:
            HILTError: If it cannot be read.
        """
        ...

    def close(self) -> None:
        """Flush, and release what was opened; a second call does nothing."""


class Appender(Protocol):
    """An open file that takes whole lines at once, in the caller's thread."""

    def append(self, lines: bytes) -> bytes:
        """Write lines, and return those that still have to be written: almost always none."""
        ...

    def append_unchecked(self, lines: bytes) -> bytes:
        """Like `append`, but unchecked: more lines follow soon, and their `append` checks both."""
        ...

    def tail(self) -> bytes:
        """The end of the file, a few megabytes at most. Never raises."""
        ...


@runtime_checkable
class FileSink(Sink, Protocol):
    """A sink with an open file, to which a session passes its lines directly.

    A call that is being logged waits for each step, so this way is as short as possible; the rare
    cases (an outage, a rotation) are left to the sink.
    """

    @property
    def log(self) -> Appender | None:
        """The open file, while encoded events may be appended to it; if None, use `write`."""
        ...

    def write_carefully(self, lines: bytes) -> None:
        """Write lines that `log` returned. Never raises."""
