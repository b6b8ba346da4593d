"""Compressing and deleting rotated files."""

from __future__ import annotations

import functools
import gzip
import itertools
import os
import stat
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from hilt.io.descriptors import Descriptor
from hilt.io.jsonl import cleanup
from hilt.io.jsonl.cleanup import Cleanup, clean_up
from hilt.io.jsonl.rotation import Rotation, rotated_files
from hilt.io.read.events import read_events
from hilt.io.session import Session


@pytest.fixture
def path(tmp_path):
    """A path for a log."""
    return tmp_path / "log.jsonl"


def numbers(path, **options) -> list[int]:
    """The numbers that the events of a log carry."""
    return [event.extensions["number"] for event in read_events(path, **options)]


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
        *(file.name for file in files),
        "log.jsonl",
        "log.jsonl.lock",
    }


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_compressed_files_have_the_permissions_of_the_log(path):
    """Whoever may read the log may read what is older; bits that are not permissions go."""
    rotated = path.with_name("log.20260101T000000000000Z.jsonl")
    rotated.write_bytes(b"{}\n")
    rotated.chmod(0o2640)

    assert clean_up(path, Rotation(1))

    (packed,) = rotated_files(path)
    assert packed.suffix == ".gz"
    assert stat.S_IMODE(packed.stat().st_mode) == 0o640


def test_only_so_many_files_are_kept(path, event):
    """The oldest go first."""
    with Session(path, rotate_bytes=1000, keep=2) as session:
        for number in range(40):
            session.append(event(number))

    kept = numbers(path, include_rotated=True)
    assert len(rotated_files(path)) == 2
    assert kept == list(range(40 - len(kept), 40))


@pytest.mark.parametrize(("keep", "left"), [(0, 0), (1, 1), (2, 2), (3, 3), (4, 3), (7, 3)])
def test_as_many_are_kept_as_there_are_at_the_most(path, keep, left):
    """A log that was rotated less often than that loses nothing."""
    names = [f"log.2026010{number}T000000000000Z.jsonl" for number in (1, 2, 3)]
    for name in names:
        path.with_name(name).write_bytes(b"{}\n")

    assert clean_up(path, Rotation(1, keep=keep, compress=False))

    assert [file.name for file in rotated_files(path)] == names[3 - left :]


def test_keeping_none_leaves_the_log_alone(path, event):
    """``keep=0`` deletes a file as soon as it is rotated."""
    with Session(path, rotate_bytes=1000, keep=0) as session:
        for number in range(40):
            session.append(event(number))

    assert rotated_files(path) == []
    assert numbers(path)[-1] == 39


def test_a_file_that_is_still_open_is_not_touched(path, event):
    """Another process may write to it yet; it is compressed when nobody has it open."""
    late = Session(path).open()
    late.append(event(0))
    with Session(path, rotate_bytes=600) as session:
        session.append(event(1))
        session.append(event(2))
        (rotated,) = rotated_files(path)
        assert not clean_up(path, Rotation(600, keep=0))
        late.sinks[0].log.append_carefully(event(3).encode() + b"\n")
        assert numbers(rotated) == [0, 1, 3]
        late.append(event(4))
        late.close()
    clean_up(path, Rotation(600))

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
    assert clean_up(path, Rotation(300))
    assert rotated_files(path) == [packed]
    assert numbers(path, include_rotated=True) == [0, 1]
    assert not rotated.with_name(rotated.name + ".gz.tmp").exists()


@pytest.mark.parametrize("rotation", [Rotation(1, keep=0), Rotation(1)])
def test_a_file_that_was_replaced_meanwhile_is_left_alone(path, event, monkeypatch, rotation):
    """A tool that took something out of it puts a new one in its place, while it is opened."""
    rotated = path.with_name("log.20260101T000000000000Z.jsonl")
    rotated.write_bytes(event(0).encode() + b"\n")
    new = event(1).encode() + b"\n"
    lock = Descriptor.lock

    def late(self: Descriptor, *, shared: bool = False) -> bool | None:
        other = path.with_name("other")
        other.write_bytes(new)
        other.replace(rotated)
        return lock(self, shared=shared)

    monkeypatch.setattr(Descriptor, "lock", late)
    clean_up(path, rotation)

    assert rotated_files(path) == [rotated]
    assert rotated.read_bytes() == new


def test_a_file_system_without_locks_keeps_rotated_files_plain(path, event, monkeypatch):
    """It cannot be known whether they are in use."""
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
    assert "cannot be compressed, archived or deleted: [Errno 28]" in caplog.text

    with Session(path, rotate_bytes=300) as session:
        session.append(event(2))
    assert {file.suffix for file in rotated_files(path)} == {".gz"}
    assert numbers(path, include_rotated=True) == [0, 1, 2]


def cleanup_thread() -> threading.Thread | None:
    """The thread that cleans up, if one runs."""
    return next((each for each in threading.enumerate() if each.name == "hilt-cleanup"), None)


def wait_for_cleanup() -> None:
    """Wait until the thread has done its work, and fail if it goes on."""
    thread = cleanup_thread()
    if thread is not None:
        thread.join(10)
        assert not thread.is_alive()


def test_a_rotated_file_is_compressed_while_the_log_goes_on(path, event):
    """On a thread, which ends when there is nothing more to do."""
    with Session(path, rotate_bytes=600) as session:
        wait_for_cleanup()
        for number in range(3):
            session.append(event(number))
        wait_for_cleanup()

        assert [file.suffix for file in rotated_files(path)] == [".gz"]


@pytest.fixture
def calls(monkeypatch):
    """What is cleaned up, in place of files; a file is in use as often as there are False."""
    results: list[bool] = []
    made: list[str] = []

    def clean(path: str, rotation: Rotation, *, fsync: bool) -> bool:
        made.append(path)
        return results.pop(0) if results else True

    monkeypatch.setattr(cleanup, "clean_up", clean)
    monkeypatch.setattr(cleanup, "_PATIENCE_S", (0.0, 0.0, 0.0))
    made_and_results = made, results
    yield made_and_results
    wait_for_cleanup()


def test_a_file_in_use_is_tried_again(calls):
    """A few times, after which the next rotation tries again."""
    made, results = calls
    results += [False, False, True]
    Cleanup("a", Rotation(1)).start()
    wait_for_cleanup()
    assert made == ["a"] * 3

    results += [False] * 5
    Cleanup("b", Rotation(1)).start()
    wait_for_cleanup()
    assert made == ["a"] * 3 + ["b"] * 3


def test_finishing_cleans_up_once_more(calls):
    """With or without a thread."""
    made, _ = calls
    worker = Cleanup("a", Rotation(1))
    worker.finish()
    assert made == ["a"]

    worker.start()
    worker.finish()
    assert cleanup_thread() is None
    assert made[1:] in (["a"], ["a", "a"])


def test_what_was_finished_can_go_on(calls):
    """A session that is opened again cleans up in the background again."""
    made, _ = calls
    worker = Cleanup("a", Rotation(1))
    worker.finish()
    worker.start()
    wait_for_cleanup()

    assert made == ["a", "a"]


def test_a_finalizer_may_finish_it_on_its_own_thread(monkeypatch):
    """A sink that nobody closed may be collected while the thread runs."""
    worker = Cleanup("a", Rotation(1))
    calls = []

    def collected(path: str, rotation: Rotation, *, fsync: bool) -> bool:
        calls.append(path)
        if len(calls) == 1:
            worker.finish()
        return True

    monkeypatch.setattr(cleanup, "clean_up", collected)
    errors = []
    monkeypatch.setattr(threading, "excepthook", errors.append)
    worker.start()
    wait_for_cleanup()

    assert calls == ["a", "a"]
    assert errors == []


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs the names of open files")
def test_with_fsync_the_disk_has_a_compressed_file_before_the_plain_one_goes(
    path, event, monkeypatch
):
    """First its bytes, then its name; a loss of power leaves one of the two whole."""
    steps = []

    def noted(name, function, of):
        def call(*arguments, **options):
            steps.append((name, Path(of(*arguments)).name))
            return function(*arguments, **options)

        return call

    def file_of(fd: int) -> str:
        return str(Path(f"/proc/self/fd/{fd}").readlink())

    with Session(path, fsync=True, rotate_bytes=600, compress=False) as session:
        for number in range(3):
            session.append(event(number))
    (rotated,) = rotated_files(path)
    monkeypatch.setattr(os, "fsync", noted("sync", os.fsync, file_of))
    monkeypatch.setattr(os, "replace", noted("rename", os.replace, lambda _, new: str(new)))
    monkeypatch.setattr(cleanup, "_delete", noted("delete", cleanup._delete, lambda *args: args[0]))
    clean_up(path, Rotation(600), fsync=True)

    assert steps == [
        ("sync", f"{rotated.name}.gz.tmp"),
        ("rename", f"{rotated.name}.gz"),
        ("sync", path.parent.name),
        ("delete", rotated.name),
    ]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # in a finalizer
def test_an_interrupt_at_any_moment_blocks_no_later_event(tmp_path, event):
    """A rotation that Ctrl-C cuts short, wherever, leaves no lock behind."""
    for moment in itertools.count(1):
        session = Session(tmp_path / f"log{moment}.jsonl", rotate_bytes=300)
        session.append(event(1))
        finished = _interrupted(moment, functools.partial(session.append, event(2)))
        later = threading.Thread(target=session.append, args=(event(3),), daemon=True)
        later.start()
        later.join(10)

        assert not later.is_alive(), f"interrupted at moment {moment}"
        session.close()
        if finished:
            return


def _interrupted(moment: int, act: Callable[[], object]) -> bool:
    """Interrupt an action at the given call or return of a function; return whether it was done."""
    left = moment

    def trace(frame: FrameType, what: str, value: object) -> Any:
        nonlocal left
        frame.f_trace_lines = False
        left -= 1
        if left == 0:
            sys.settrace(None)
            raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        act()
    except KeyboardInterrupt:
        return False
    finally:
        sys.settrace(before)
    return True
