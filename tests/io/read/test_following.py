"""Following a log as it grows."""

from __future__ import annotations

import threading

import pytest

from hilt.core.event import Event
from hilt.io.read.following import follow_events


def line(number, pad=0):
    """The line of an event with a number."""
    event = Event(
        session_id="s",
        actor={"type": "human", "id": "user"},
        action="prompt",
        content={"text": "x" * pad},
        extensions={"number": number},
    )
    return event.encode() + b"\n"


@pytest.fixture
def log(tmp_path):
    """A path for a log."""
    return tmp_path / "app.jsonl"


class Follower:
    """Follows a log in this thread, one event at a time."""

    def __init__(self, path, **options):
        self.stop = threading.Event()
        self.events = follow_events(path, stop=self.stop, poll_seconds=0.01, **options)

    def next(self):
        """The number of the next event."""
        return next(self.events).extensions["number"]


def append(path, data):
    """Add to a log."""
    with path.open("ab") as file:
        file.write(data)


def test_follow_through_rotation(log):
    """After the log is renamed the rest of it comes, and then the new one."""
    log.write_bytes(line(1))
    follower = Follower(log)
    assert follower.next() == 1
    append(log, line(2))
    log.rename(log.with_suffix(".1"))
    log.write_bytes(line(3) + line(4))

    assert [follower.next(), follower.next(), follower.next()] == [2, 3, 4]


def test_follow_through_truncation(log):
    """A log that was emptied is followed from its new beginning."""
    log.write_bytes(line(1) + line(2))
    follower = Follower(log)
    assert [follower.next(), follower.next()] == [1, 2]
    log.write_bytes(line(3))

    assert follower.next() == 3


def test_follow_what_is_not_there_yet(log):
    """A log that comes later is followed from its beginning."""
    follower = Follower(log)
    timer = threading.Timer(0.05, log.write_bytes, [line(1)])
    timer.start()

    assert follower.next() == 1
    timer.join()


def test_stop_ends_it(log):
    """Once `stop` is set, it ends."""
    log.write_bytes(line(1))
    follower = Follower(log)
    follower.next()
    follower.stop.set()

    assert list(follower.events) == []
