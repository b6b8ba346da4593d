"""The thread around a sender."""

from __future__ import annotations

import threading
import time

from hilt.io.sheets.outbox import Outbox
from hilt.io.sheets.sender_thread import SenderThread


class Steps:
    """A sender that only counts."""

    idle = True
    attempts = 0

    def __init__(self, outbox: Outbox) -> None:
        self.outbox = outbox
        self.stepped = threading.Semaphore(0)
        self.closed = threading.Event()

    def step(self) -> float:
        """One step; the next one in an hour."""
        self.stepped.release()
        return 3600.0

    def retry_soon(self) -> None:
        """Somebody waits."""

    def close(self) -> None:
        """The end."""
        self.closed.set()


def test_notification_starts_the_thread_and_wakes_it(tmp_path):
    """An idle sender works at once when something is written."""
    sender = Steps(Outbox(tmp_path))
    thread = SenderThread(sender)  # type: ignore[arg-type]
    assert not thread.is_started
    thread.notify()
    assert sender.stepped.acquire(timeout=5)
    for _ in range(3):
        thread.notify()
        assert sender.stepped.acquire(timeout=5)
    assert thread.is_started
    thread.stop(time.monotonic() + 5)

    assert sender.closed.is_set()
    assert not thread.is_started


def test_sender_is_closed_where_no_thread_was_started(tmp_path):
    """Its connection is closed all the same."""
    sender = Steps(Outbox(tmp_path))
    SenderThread(sender).stop(time.monotonic())  # type: ignore[arg-type]

    assert sender.closed.is_set()


def test_nothing_written_is_delivered_at_once(tmp_path):
    """No thread is started for it."""
    thread = SenderThread(Steps(Outbox(tmp_path)))  # type: ignore[arg-type]

    assert thread.wait_until_delivered(0)
    assert not thread.is_started


def test_a_stopped_clock_does_not_wait_for_ever(tmp_path, monkeypatch):
    """Libraries for tests replace the functions of ``time``."""
    monkeypatch.setattr(time, "monotonic", lambda: 0.0)
    monkeypatch.setattr(Outbox, "is_delivered", lambda *_: False)
    thread = SenderThread(Steps(Outbox(tmp_path)))  # type: ignore[arg-type]

    assert not thread.wait_until_delivered(0.01)
    thread.stop(0.0)
