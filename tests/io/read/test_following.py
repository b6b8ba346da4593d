"""Following a log as it grows."""

from __future__ import annotations

import gzip
import os
import threading

import pytest

from hilt.core.event import Event
from hilt.core.exceptions import ReadError
from hilt.io.read import following
from hilt.io.read.following import LogFollower, follow_events


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


def rotate(log, number, *, compress=False):
    """Give a log the name of a rotated file."""
    name = log.with_name(f"app.20260101T0000{number:02}000000Z.jsonl")
    log.rename(name)
    if compress:
        name.with_name(f"{name.name}.gz").write_bytes(gzip.compress(name.read_bytes()))
        name.unlink()


@pytest.mark.parametrize("compress", [False, True])
def test_follow_through_many_rotations_at_once(log, compress):
    """Files that come and go between two looks are read, in order, each once."""
    log.write_bytes(line(1))
    follower = Follower(log)
    assert follower.next() == 1
    append(log, line(2))
    rotate(log, 0)  # it is locked, so nobody compresses it
    for number in range(3, 6):
        log.write_bytes(line(number))
        rotate(log, number, compress=compress)
    log.write_bytes(line(6))
    assert [follower.next() for _ in range(5)] == [2, 3, 4, 5, 6]

    rotate(log, 6)
    log.write_bytes(line(7))
    assert follower.next() == 7
    follower.stop.set()
    assert list(follower.events) == []


def test_rotations_before_the_first_look(log):
    """What is read is what the log was when the follower was made, and all that came then."""
    log.write_bytes(line(1))
    rotate(log, 0)
    log.write_bytes(line(2))
    follower = LogFollower(log, from_end=True)
    for number in range(3, 6):
        append(log, line(number))
        rotate(log, number)
        log.touch()

    stop = threading.Event()
    stop.set()
    assert [each.extensions["number"] for each in follower.events(stop=stop)] == [3, 4, 5]


@pytest.mark.parametrize("step", ["listed", "opened"])
def test_a_rotation_while_the_next_file_is_opened(log, monkeypatch, step):
    """It is opened before the others are listed, and what comes after it is read after it."""
    log.write_bytes(line(1))
    follower = Follower(log)
    assert follower.next() == 1
    rotate(log, 1)
    log.write_bytes(line(2))
    if step == "opened":
        opened = following._Tail.of

        def of(path):
            monkeypatch.undo()
            tail = opened(path)
            rotate(log, 2)
            log.write_bytes(line(3))
            rotate(log, 3)
            log.write_bytes(line(4))
            return tail

        monkeypatch.setattr(following._Tail, "of", of)
    else:
        listed, times = following.rotated_files, []

        def files(path):
            times.append(path)
            if len(times) == 2:  # the first time the name of the file that is left is looked for
                monkeypatch.undo()
                rotate(log, 2)
                log.write_bytes(line(3))
                rotate(log, 3)
                log.write_bytes(line(4))
            return listed(path)

        monkeypatch.setattr(following, "rotated_files", files)
    assert [follower.next() for _ in range(3)] == [2, 3, 4]


def test_a_log_that_is_compressed_while_it_is_opened(log, monkeypatch):
    """It was rotated just now: it is read from the compressed file, and not from both."""
    log.write_bytes(line(1))
    follower = Follower(log)
    assert follower.next() == 1
    rotate(log, 1)
    log.write_bytes(line(2))

    def compressed(tail, *, shared):
        monkeypatch.undo()
        rotate(log, 2, compress=True)
        log.write_bytes(line(3))
        return False

    monkeypatch.setattr(following._Tail, "lock", compressed)
    assert [follower.next(), follower.next()] == [2, 3]
    follower.stop.set()
    assert list(follower.events) == []


def test_a_file_that_is_deleted_before_it_is_read(log, monkeypatch):
    """It is passed over: its events are gone, and those of the others come."""
    log.write_bytes(line(1))
    follower = Follower(log)
    assert follower.next() == 1
    rotate(log, 1)
    log.write_bytes(line(2))
    gone = log.with_name("app.20260101T000003000000Z.jsonl")
    listed = following.rotated_files
    monkeypatch.setattr(following, "rotated_files", lambda path: sorted([*listed(path), gone]))

    assert follower.next() == 2


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_what_is_no_file_is_not_followed(log):
    """A pipe has no end to go on from, and to open it might wait for ever."""
    os.mkfifo(log)
    with pytest.raises(ReadError, match="is no regular file, so it cannot be followed"):
        LogFollower(log)


def test_follow_through_truncation(log):
    """A log that was emptied is followed from its new beginning."""
    log.write_bytes(line(1) + line(2))
    follower = Follower(log)
    assert [follower.next(), follower.next()] == [1, 2]
    log.write_bytes(line(3))

    assert follower.next() == 3


def test_follow_through_truncation_in_the_middle_of_a_line(log):
    """What was read of the line that is gone does not spoil the first new one."""
    log.write_bytes(line(1, pad=2000) + line(2)[:20])
    follower = Follower(log)
    assert follower.next() == 1
    follower.stop.set()
    log.write_bytes(line(3) + line(4))

    assert [each.extensions["number"] for each in follower.events] == [3, 4]


def test_lines_that_are_no_events_are_passed_over(log):
    """Also empty ones, and one that is still being written when it ends."""
    log.write_bytes(b"\n" + line(1) + b"{}\n\nno\n" + line(2) + line(3)[:-1])
    follower = Follower(log)
    follower.stop.set()

    assert [each.extensions["number"] for each in follower.events] == [1, 2]


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
