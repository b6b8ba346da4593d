"""Rotating an open log."""

from __future__ import annotations

import logging
import os
import stat
import threading

import pytest

from hilt.io.descriptors import Descriptor
from hilt.io.jsonl import rotator
from hilt.io.jsonl.rotation import rotated_files
from hilt.io.read.events import read_events
from hilt.io.session import Session
from hilt.testing import fixed

DAY = 86_400


@pytest.fixture
def path(tmp_path):
    """A path for a log."""
    return tmp_path / "log.jsonl"


def numbers(path, **options) -> list[int]:
    """The numbers that the events of a log carry."""
    return [event.extensions["number"] for event in read_events(path, **options)]


def test_a_log_is_rotated_before_it_grows_too_long(path, event):
    """No file is longer than the limit; all events are there, in order."""
    with Session(path, rotate_bytes=1000, compress=False) as session:
        for number in range(20):
            session.append(event(number))

    sizes = [file.stat().st_size for file in (*rotated_files(path), path)]
    assert all(800 < size <= 1000 for size in sizes[:-1])
    assert len(sizes) > 4
    assert numbers(path, include_rotated=True) == list(range(20))


@pytest.mark.skipif(os.name == "nt", reason="Windows has other permissions")
@pytest.mark.parametrize("mode", [None, 0o660, 0o640])
def test_who_may_write_a_log_may_rotate_it(path, event, mode):
    """The file of the lock has the log's own permissions, whatever the umask."""
    with Session(path, rotate_bytes=300, compress=False, file_mode=mode) as session:
        session.append(event(1))
        session.append(event(2))

    assert len(rotated_files(path)) == 1
    lock = path.with_name(f"{path.name}.lock")
    assert stat.S_IMODE(lock.stat().st_mode) == stat.S_IMODE(path.stat().st_mode) == (mode or 0o600)


def test_a_step_stays_in_one_file_even_if_it_is_too_long(path, event):
    """A file holds at least one step."""
    with Session(path, rotate_bytes=1000) as session:
        for start in range(0, 30, 10):
            session.append_all(event(start + number) for number in range(10))

    assert numbers(path) == list(range(20, 30))
    assert [numbers(file) for file in rotated_files(path)] == [
        list(range(10)),
        list(range(10, 20)),
    ]


def test_a_log_of_yesterday_is_rotated_by_the_next_program(path, event):
    """The day of a log is that of its first event, whoever wrote it."""
    with fixed("2026-03-01T12:00:00Z") as time:
        Session(path).open().append(event(1))
        time.advance(DAY)
        with Session(path, rotate_daily=True, compress=False) as session:
            session.append(event(2))
            session.append(event(3))

    assert [numbers(file) for file in rotated_files(path)] == [[1]]
    assert numbers(path) == [2, 3]


def test_a_log_that_was_empty_overnight_is_not_rotated(path, event):
    """There is nothing to rotate; its day begins with its first event."""
    with fixed("2026-03-01T12:00:00Z") as time:
        session = Session(path, rotate_daily=True).open()
        time.advance(DAY)
        for number in range(3):
            session.append(event(number))
        assert rotated_files(path) == []
        assert session.sinks[0].log.append(event(3).encode() + b"\n") == b""
        time.advance(DAY)
        session.append(event(4))
        session.close()

    assert [numbers(file) for file in rotated_files(path)] == [[0, 1, 2, 3]]
    assert numbers(path) == [4]


def test_a_linked_log_is_rotated_where_it_is(path, event, tmp_path):
    """The link stays, and leads to the new file."""
    real = tmp_path / "real" / "app.jsonl"
    real.parent.mkdir()
    real.touch()
    path.symlink_to(real)
    with Session(path, rotate_bytes=300, compress=False) as session:
        for number in range(3):
            session.append(event(number))

    assert path.is_symlink()
    assert len(rotated_files(real)) == 2
    assert numbers(path, include_rotated=True) == [0, 1, 2]


def test_a_log_that_cannot_be_renamed_grows_on(path, event, monkeypatch, caplog):
    """One warning, no event lost, and another try ten seconds later."""

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    with fixed() as time, caplog.at_level(logging.WARNING):
        session = Session(path, rotate_bytes=300, compress=False).open()
        with monkeypatch.context() as patch:
            patch.setattr(rotator.os, "rename", refuse)
            for number in range(10):
                session.append(event(number))
            time.advance(11)
            session.append(event(10))
        assert numbers(path) == list(range(11))
        time.advance(11)
        session.append(event(11))
        session.close()

    assert len(caplog.records) == 1
    assert numbers(path) == [11]


def test_who_does_not_get_the_lock_writes_on(path, event):
    """Nobody waits for another process that is rotating, or was stopped while it did."""
    session = Session(path, rotate_bytes=300).open()
    session.append(event(0))
    with Descriptor(f"{path}.lock", os.O_RDWR | os.O_CREAT) as lock:
        assert lock.lock() is True
        session.append(event(1))
        assert numbers(path) == [0, 1]
    session.append(event(2))

    assert numbers(path) == [2]
    session.close()


def test_threads_rotate_without_losing_lines(path, event):
    """Eight threads, a file for every few events."""
    session = Session(path, rotate_bytes=2000).open()

    def work(start: int) -> None:
        for number in range(start, start + 100):
            session.append(event(number))

    threads = [threading.Thread(target=work, args=(start * 100,)) for start in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    session.close()

    assert sorted(numbers(path, include_rotated=True)) == list(range(800))
    assert session.dropped == 0
