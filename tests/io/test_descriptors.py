"""Descriptors that children do not share."""

from __future__ import annotations

import os
import stat
import time
from pathlib import Path

import pytest

from hilt.io import descriptors
from hilt.io.descriptors import Descriptor, lock_beside, lock_of_folder, read_at

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has neither fork nor flock")
# Python 3.12 and later warn of forks where there are threads: what is safe here is the point.
forks = pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")


@pytest.fixture
def path(tmp_path):
    """A file with a little text."""
    path = tmp_path / "file"
    path.write_bytes(b"0123456789")
    return str(path)


def test_a_descriptor_closes_itself(path):
    """When the last reference goes, and only then."""
    descriptor = Descriptor(path, os.O_RDONLY)
    fd, second = descriptor.fd, descriptor
    del descriptor
    os.fstat(fd)

    del second
    with pytest.raises(OSError):
        os.fstat(fd)


def test_one_that_outlives_its_module_says_nothing(path, monkeypatch):
    """The interpreter may take a module's names away at its end, before the last of its objects."""
    descriptor = Descriptor(path, os.O_RDONLY)
    fd = descriptor.fd
    for name in ("contextlib", "os", "forks"):
        monkeypatch.setattr(descriptors, name, None)
    del descriptor  # what it raised would be a warning, and so an error

    monkeypatch.undo()
    os.close(fd)


def test_locks_keep_others_out(path):
    """Many may share, one may have it alone."""
    with Descriptor(path, os.O_RDWR) as a, Descriptor(path, os.O_RDWR) as b:
        assert a.lock(shared=True) is True
        assert b.lock(shared=True) is True
        assert a.lock() is False
        b.close()
        assert a.lock() is True


@forks
def test_a_child_keeps_no_lock_of_its_parent(path):
    """What the parent had open is closed in the child."""
    descriptor = Descriptor(path, os.O_RDWR)
    descriptor.lock()
    ready, done = os.pipe(), os.pipe()
    pid = os.fork()
    if pid == 0:
        os.write(ready[1], b"1" if descriptor.fd == -1 else b"0")
        os.read(done[0], 1)
        os._exit(0)
    is_closed = os.read(ready[0], 1)
    descriptor.close()
    with Descriptor(path, os.O_RDWR) as other:
        assert other.lock() is True
    os.write(done[1], b"1")
    os.waitpid(pid, 0)
    for fd in (*ready, *done):
        os.close(fd)

    assert is_closed == b"1"


def test_a_turn_is_waited_for_so_long_and_no_longer(path):
    """Whoever holds it forever stops nobody else."""
    with lock_beside(path) as first, lock_beside(path, patience=0.01) as second:
        assert first
        assert not second
    with lock_beside(path, patience=0) as third:
        assert third


@pytest.mark.parametrize("positioned", [True, False])
def test_bytes_are_read_from_a_place(path, monkeypatch, positioned):
    """Also where the system has no positioned read."""
    if not positioned:
        monkeypatch.delattr(os, "pread")
    with Descriptor(path, os.O_RDONLY) as descriptor:
        assert read_at(descriptor.fd, 3, 4) == b"456"


@pytest.fixture
def lock(path):
    """Where the file of a lock is."""
    return Path(f"{path}.lock")


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o666])
def test_the_file_of_a_lock_has_the_permissions_that_were_asked_for(path, lock, mode):
    """When it is made, whatever the umask."""
    with lock_beside(path, mode=mode):
        assert stat.S_IMODE(lock.stat().st_mode) == mode


def test_the_file_of_a_lock_keeps_its_permissions(path, lock):
    """It may be another user's."""
    lock.touch(0o600)
    with lock_beside(path, mode=0o666) as locked:
        assert locked

    assert stat.S_IMODE(lock.stat().st_mode) == 0o600


@pytest.mark.parametrize("kind", ["link", "dangling", "pipe", "folder"])
def test_what_was_planted_in_the_place_of_a_lock_is_refused(path, lock, tmp_path, kind):
    """And neither made, opened nor changed."""
    private = tmp_path / "private"
    private.touch(0o600)
    if kind == "pipe":
        os.mkfifo(lock)
    elif kind == "folder":
        lock.mkdir()
    else:
        lock.symlink_to(private if kind == "link" else tmp_path / "nothing")

    with pytest.raises(OSError), lock_beside(path, mode=0o666):
        pass
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    assert not (tmp_path / "nothing").exists()


def test_a_stopped_clock_does_not_wait_for_ever(path, monkeypatch):
    """Libraries for tests replace the functions of ``time``."""
    monkeypatch.setattr(time, "monotonic", lambda: 0.0)
    with lock_beside(path), lock_beside(path, patience=0.01) as locked:
        assert not locked


def test_a_folder_is_locked_until_its_holder_is_done(tmp_path, monkeypatch):
    """The second waits, and no file is left behind."""
    waits, holder = [], lock_of_folder(str(tmp_path / "missing" / "log.jsonl"))

    def wait(seconds):
        waits.append(seconds)
        holder.__exit__(None, None, None)

    holder.__enter__()
    monkeypatch.setattr(time, "sleep", wait)
    with lock_of_folder(str(tmp_path / "log.jsonl")):
        assert len(waits) == 1

    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_opened_has_no_lock(tmp_path, monkeypatch):
    """As on Windows; what is to be done goes on."""
    monkeypatch.setattr(descriptors, "Descriptor", refused)

    with lock_of_folder(str(tmp_path / "log.jsonl")):
        assert list(tmp_path.iterdir()) == []


def refused(*_):
    """A folder that is no file."""
    raise PermissionError


def test_a_descriptor_that_was_never_opened_is_collected_quietly():
    """An interrupt may fall before its first line."""
    Descriptor.__new__(Descriptor).__del__()
