"""The background thread of a Sheets sink: one in each process, started when something waits."""

from __future__ import annotations

import contextlib
import queue
import threading
import time

from hilt.core import clock
from hilt.io.sheets.sender import Sender

__all__ = ["SenderThread"]

_POLL_S = 0.05


class SenderThread:
    """Runs a `Sender` step by step until it is stopped.

    Args:
        sender: What to run.
    """

    def __init__(self, sender: Sender) -> None:
        self.sender = sender
        self._thread: threading.Thread | None = None
        self._previous: threading.Thread | None = None
        self._starting = threading.Lock()
        self._stop = threading.Event()
        self._hurry = threading.Event()
        self._wakeups: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._wakeup_sent = False

    @property
    def is_started(self) -> bool:
        """Whether it was started and has not been stopped since."""
        return self._thread is not None

    def notify(self) -> None:
        """Wake or start the thread, as there is something new to send. Never waits."""
        if not self._wakeup_sent:
            self._wakeup_sent = True
            # A SimpleQueue may be put to by a finalizer; a lock or an Event may not.
            self._wakeups.put(None)
        if self._thread is None:
            self.start()

    def start(self) -> None:
        """Start the thread, once in each process; a forked child has none."""
        # Do not wait for the lock: if it is taken, the thread is being started, perhaps by this
        # very thread, which a finalizer interrupted.
        if not self._starting.acquire(blocking=False):
            return
        try:
            if self._thread is not None and self._thread.is_alive():
                return
            self._stop = threading.Event()
            self._thread = threading.Thread(
                target=self._run,
                args=(self.sender, self._stop, self._previous),
                name="hilt-sheets",
                daemon=True,
            )
            # At the end of the program, no thread can be started; then the next program sends.
            with contextlib.suppress(RuntimeError):
                self._thread.start()
                self._previous = self._thread
        finally:
            self._starting.release()

    def stop(self, until: float) -> None:
        """Stop, and wait for the thread until a time of the monotonic clock."""
        self._stop.set()
        self._hurry.set()
        self._wakeups.put(None)
        thread, self._thread = self._thread, None
        if thread is None:
            self.sender.close()
        elif thread is not threading.current_thread():
            thread.join(max(0.1, until - clock.steady_seconds()))

    def wait_until_delivered(self, timeout: float | None, *, patient: bool = True) -> bool:
        """Wait until all that this process has appended is delivered; return whether it was.

        Args:
            timeout: How long to wait, in seconds; if None, until it is delivered or refused.
            patient: Whether to go on waiting if it is refused, as somebody may fix that in time.
        """
        outbox, sender = self.sender.outbox, self.sender
        mark, attempts = outbox.mark(), sender.attempts
        until = None if timeout is None else clock.steady_seconds() + timeout
        sender.retry_soon()
        self._hurry.set()
        while not outbox.is_delivered(mark):
            if (until is None or not patient) and sender.is_refused(attempts):
                return False
            if until is not None and clock.steady_seconds() >= until:
                return False
            self.start()
            time.sleep(_POLL_S if until is None else min(_POLL_S, timeout or _POLL_S))
        return True

    def _run(
        self, sender: Sender, stop: threading.Event, previous: threading.Thread | None
    ) -> None:
        if previous is not None:
            # A stopped thread may still wait for an answer; two must never run at once.
            previous.join()
        try:
            while not stop.is_set():
                self._wakeup_sent = False
                wait = sender.step()
                if wait <= 0:
                    continue
                if not sender.idle:
                    self._hurry.wait(wait)
                    self._hurry.clear()
                    continue
                with contextlib.suppress(queue.Empty):
                    self._wakeups.get(timeout=wait)
        finally:
            sender.close()
