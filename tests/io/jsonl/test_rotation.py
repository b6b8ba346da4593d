"""Rotation, compression and retention."""

from __future__ import annotations

import gzip
import logging
import os
import stat
import threading

import pytest

from hilt.io.descriptors import Descriptor
from hilt.io.jsonl import rotation
from hilt.io.jsonl.rotation import Rotation, rotated_files, tidy
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


def names(path) -> list[str]:
    """The names of a log's rotated files."""
    return [file.name for file in rotated_files(path)]


def test_a_log_is_rotated_before_it_grows_too_long(path, event):
    """No file is longer than asked; all events are there, in order."""
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


def test_rotated_files_are_compressed_and_private(path, event):
    """They are gzip, keep their permissions and time, and leave no plain one."""
    with Session(path, rotate_bytes=1000) as session:
        for number in range(20):
            session.append(event(number))

    files = rotated_files(path)
    assert {file.suffix for file in files} == {".gz"}
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert gzip.decompress(files[0].read_bytes()).count(b"\n") == len(numbers(files[0]))
    assert {file.name for file in path.parent.iterdir()} == {
        *names(path),
        "log.jsonl",
        "log.jsonl.lock",
    }


def test_a_log_is_rotated_at_midnight(path, event):
    """Each file has the events of one day, UTC; the name says when it was rotated."""
    with fixed("2026-03-01T23:59:58Z") as time:
        session = Session(path, rotate_daily=True, compress=False)
        for number in range(6):
            session.append(event(number))
            time.advance(1)
        time.advance(DAY)
        session.append(event(6))
        session.close()

    assert names(path) == [
        "log.20260302T000000000000Z.jsonl",
        "log.20260303T000004000000Z.jsonl",
    ]
    assert [numbers(file) for file in rotated_files(path)] == [[0, 1], [2, 3, 4, 5]]
    assert numbers(path) == [6]


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
        time.advance(DAY)
        session.append(event(3))
        session.close()

    assert len(rotated_files(path)) == 1
    assert numbers(path) == [3]


def test_only_so_many_files_are_kept(path, event):
    """The oldest go first."""
    with Session(path, rotate_bytes=1000, keep=2) as session:
        for number in range(40):
            session.append(event(number))

    kept = numbers(path, include_rotated=True)
    assert len(rotated_files(path)) == 2
    assert kept == list(range(40 - len(kept), 40))


def test_keeping_none_leaves_the_log_alone(path, event):
    """``keep=0`` deletes a file as soon as it is rotated."""
    with Session(path, rotate_bytes=1000, keep=0) as session:
        for number in range(40):
            session.append(event(number))

    assert rotated_files(path) == []
    assert numbers(path)[-1] == 39


def test_names_sort_by_rotation_even_if_the_clock_goes_back(path, event):
    """A name is later than all that are there."""
    with fixed("2026-03-01T12:00:00Z") as time:
        session = Session(path, rotate_bytes=300, compress=False).open()
        for number in range(6):
            session.append(event(number))
            time.advance(-60)
        session.close()

    assert names(path) == sorted(names(path))
    assert numbers(path, include_rotated=True) == list(range(6))


def test_a_file_that_is_still_open_is_not_touched(path, event):
    """Another process may write to it yet; it is compressed when nobody has it open."""
    late = Session(path).open()
    late.append(event(0))
    with Session(path, rotate_bytes=600) as session:
        session.append(event(1))
        session.append(event(2))
        (rotated,) = rotated_files(path)
        assert not tidy(path, Rotation(600, keep=0))
        late.sinks[0]._log.append(event(3).encode() + b"\n")
        assert numbers(rotated) == [0, 1, 3]
        late.append(event(4))
        late.close()
    tidy(path, Rotation(600))

    assert rotated_files(path)[0].suffix == ".gz"
    assert sorted(numbers(path, include_rotated=True)) == [0, 1, 2, 3, 4]


def test_compression_that_was_cut_off_is_done_again(path, event):
    """A plain file beside its compressed one is the truth; leftovers are replaced."""
    with Session(path, rotate_bytes=300, compress=False) as session:
        session.append(event(0))
        session.append(event(1))
    (rotated,) = rotated_files(path)
    packed = rotated.with_name(rotated.name + ".gz")
    packed.write_bytes(gzip.compress(rotated.read_bytes()))
    rotated.with_name(rotated.name + ".gz.tmp").write_bytes(b"half")

    assert numbers(path, include_rotated=True) == [0, 1]
    assert tidy(path, Rotation(300))
    assert rotated_files(path) == [packed]
    assert numbers(path, include_rotated=True) == [0, 1]
    assert not rotated.with_name(rotated.name + ".gz.tmp").exists()


def test_files_of_others_are_left_alone(path, event):
    """Only names of rotated files of this log count."""
    others = ["log.jsonl.bak", "log.2026.jsonl", "log2.20260301T120000000000Z.jsonl", "log.txt"]
    for name in others:
        (path.parent / name).touch()
    with Session(path, rotate_bytes=300, keep=0) as session:
        session.append(event(0))
        session.append(event(1))

    assert set(others) <= {file.name for file in path.parent.iterdir()}


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
            patch.setattr(rotation.os, "rename", refuse)
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


def test_a_file_system_without_locks_keeps_rotated_files_plain(path, event, monkeypatch):
    """Nobody can tell whether they are in use."""
    monkeypatch.setattr(Descriptor, "lock", lambda self, *, shared=False: None)
    with Session(path, rotate_bytes=300, keep=1) as session:
        for number in range(5):
            session.append(event(number))

    assert numbers(path, include_rotated=True) == list(range(5))
    assert {file.suffix for file in rotated_files(path)} == {".jsonl"}


def test_a_disk_without_room_to_compress_keeps_the_plain_file(path, event, monkeypatch, caplog):
    """Nothing half-made is left, and nothing is lost; it is tried again with the next file."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(gzip.GzipFile, "write", full)
        with Session(path, rotate_bytes=300) as session:
            session.append(event(0))
            session.append(event(1))
    assert [file.suffix for file in rotated_files(path)] == [".jsonl"]
    assert not list(path.parent.glob("*.tmp"))
    assert "cannot be tidied: [Errno 28]" in caplog.text

    with Session(path, rotate_bytes=300) as session:
        session.append(event(2))
    assert {file.suffix for file in rotated_files(path)} == {".gz"}
    assert numbers(path, include_rotated=True) == [0, 1, 2]
