"""Ctrl-C in commands that run until it comes."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Iterator
from types import FrameType

__all__ = ["Interrupt", "until_interrupted"]


class Interrupt(threading.Event):
    """Whether Ctrl-C came. A signal handler may set it at any moment, so it has no lock."""

    def __init__(self) -> None:
        super().__init__()
        self._came = False

    def is_set(self) -> bool:
        """Whether it came."""
        return self._came

    def set(self) -> None:
        """Note that it came."""
        self._came = True

    def wait(self, timeout: float | None = None) -> bool:
        """Sleep for a while, unless it came; whether it came."""
        if not self._came:
            time.sleep(timeout or 0)
        return self._came


@contextlib.contextmanager
def until_interrupted() -> Iterator[Interrupt]:
    """What ends a loop when Ctrl-C comes.

    It raises `KeyboardInterrupt` as ever. But Python drops what is raised in a callback, as of an
    import or of a deleted object, and the command would go on: it looks here as well.

    Raises:
        KeyboardInterrupt: At the end of the block, if Ctrl-C came and was dropped.
    """
    interrupt = Interrupt()

    def note(number: int, frame: FrameType | None) -> None:
        interrupt.set()
        signal.default_int_handler(number, frame)

    previous = None
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        with contextlib.suppress(ValueError):  # only the main thread may set a signal handler
            previous = signal.signal(signal.SIGINT, note)
    try:
        yield interrupt
    finally:
        if previous is not None:
            signal.signal(signal.SIGINT, previous)
    if interrupt.is_set():
        raise KeyboardInterrupt
