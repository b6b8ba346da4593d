"""Where encoded events go: the protocol that every destination follows, and that of files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol, runtime_checkable

from hilt.core.event import Event

__all__ = ["Appender", "FileSink", "Sink"]


class Sink(Protocol):
    """A destination for encoded events.

    `open` and `read` run on the caller's time and may raise; everything else runs on the
    application's time and never raises.
    """

    name: str
    """What it is called in arguments and messages: ``local``, ``sheets``, ``memory``."""

    @property
    def destination(self) -> str:
        """Where events end up: sinks that say the same write to the same place."""
        ...

    @property
    def dropped(self) -> int:
        """How many events could not be kept, ever."""
        ...

    def open(self) -> None:
        """Make ready for writing.

        Raises:
            HILTError: If it cannot work; the message says the way out.
        """

    def write(self, lines: bytes, count: int) -> None:
        r"""Take all the lines of one step. Never raises, and never waits for the network.

        May be called from any thread, after a fork, and from a garbage collector's finalizer
        while the same thread is inside this method.

        Args:
            lines: ``count`` events, each one JSON object that ends with ``\n``.
            count: How many.
        """

    def flush(self, timeout: float | None = None) -> bool:
        """Whether all that was handed in is written, or delivered, within so many seconds."""
        ...

    def read(self) -> Iterator[Event]:
        """What it holds, oldest first.

        Raises:
            HILTError: If it cannot be read.
        """
        ...

    def close(self) -> None:
        """Flush and let go; a second call does nothing."""


class Appender(Protocol):
    """An open file that takes whole lines at once, in the caller's thread."""

    def append(self, lines: bytes) -> bytes:
        """Write lines, and return those that still have to be written: almost always none."""
        ...

    def append_unchecked(self, lines: bytes) -> bytes:
        """The same for lines that others will soon follow, whose `append` checks both."""
        ...


@runtime_checkable
class FileSink(Sink, Protocol):
    """A sink over an open file, to which a session hands its lines directly.

    A step is on the way of a call; what is rare (an outage, a rotation) is behind the sink's own
    methods, which that way does not enter.
    """

    @property
    def log(self) -> Appender | None:
        """The open file, as long as encoded events may be appended to it; else use `write`."""
        ...

    def write_carefully(self, lines: bytes) -> None:
        """Write lines that `log` returned. Never raises."""
