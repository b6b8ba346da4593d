"""Where encoded events go: the one protocol that every destination follows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from hilt.core.event import Event

__all__ = ["Sink"]


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
