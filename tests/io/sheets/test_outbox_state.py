"""How far an outbox was sent is on disk before it counts."""

from __future__ import annotations

import os
import shutil

import pytest

from hilt.io.sheets.outbox_state import InFlight, OutboxState, State, replace_file


def test_state_is_read_by_the_next_sender(tmp_path):
    """One sender at a time; what it kept is there for the next one."""
    first, second = OutboxState(tmp_path), OutboxState(tmp_path)
    assert first.acquire()
    first.update(positions={"a.1.jsonl": 4}, in_flight=InFlight([("a.1.jsonl", 4, 8)], 1.5))
    assert not second.acquire()
    assert second.current() == first.current()
    first.release()

    assert second.acquire()
    assert second.current() == State({"a.1.jsonl": 4}, InFlight([("a.1.jsonl", 4, 8)], 1.5))
    second.release()


def test_only_the_sender_may_change_it(tmp_path):
    """Two that write would send twice."""
    with pytest.raises(OSError, match="another process sends"):
        OutboxState(tmp_path).update(delivered=1)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{",
        b'{"positions": []}',
        b'{"flight": 1}',
        b"[" * 100_000,
        b'{"positions": {"a.1.jsonl": -1}}',
        b'{"positions": {"../a": 1}}',
        b'{"positions": {"a.1.jsonl": "3"}}',
        b'{"flight": {"spans": [["a.1.jsonl", 5, 3]], "began": 1}}',
        b'{"flight": {"spans": [["/etc/passwd", 0, 3]], "began": 1}}',
        b'{"delivered": 1e400}',
    ],
)
def test_unreadable_state_is_a_batch_of_everything(tmp_path, caplog, content):
    """Whatever is in the file, nothing is sent that may have arrived."""
    (tmp_path / "state.json").write_bytes(content)
    (tmp_path / "a.1.jsonl").write_bytes(b"{}\n{}\n")
    state = OutboxState(tmp_path).current()

    assert state.in_flight is not None
    assert state.in_flight.spans == [("a.1.jsonl", 0, 3), ("a.1.jsonl", 3, 6)]
    assert "cannot read" in caplog.text


def test_file_is_replaced_as_a_whole(tmp_path, monkeypatch):
    """A full disk leaves what was there."""
    path = tmp_path / "state.json"
    replace_file(path, b"old")

    def disk_full(fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", disk_full)
    with pytest.raises(OSError, match="No space"):
        replace_file(path, b"new")
    assert path.read_bytes() == b"old"


def test_part_of_a_file_replaces_nothing(tmp_path, full_disk):
    """A disk that gets full meanwhile takes a part, and says so only then."""
    path = tmp_path / "state.json"
    replace_file(path, b"old")

    with full_disk(2), pytest.raises(OSError, match="No space"):
        replace_file(path, b"new one")
    assert path.read_bytes() == b"old"
    assert [*tmp_path.iterdir()] == [path]


def test_a_sender_keeps_its_state_when_its_folder_is_deleted(tmp_path):
    """And its lock: another one cannot send what it has sent."""
    folder = tmp_path / "outbox"
    folder.mkdir()
    sender, other = OutboxState(folder), OutboxState(folder)
    assert sender.acquire()
    sender.update(positions={"a.1.jsonl": 4})
    shutil.rmtree(folder)
    assert sender.acquire()
    assert not other.acquire()
    sender.update(delivered=1)
    sender.release()

    assert other.acquire()
    assert other.current() == State({"a.1.jsonl": 4}, delivered=1)
    other.release()


def test_a_sender_whose_folder_was_deleted_may_have_a_successor(tmp_path):
    """Who took the lock that came after sends; the first one follows, and later learns from it."""
    folder = tmp_path / "outbox"
    folder.mkdir()
    sender, other = OutboxState(folder), OutboxState(folder)
    assert sender.acquire()
    shutil.rmtree(folder)
    assert other.acquire()
    assert not sender.acquire()
    other.update(delivered=5)
    other.release()

    assert sender.acquire()
    assert sender.current().delivered == 5
    sender.release()


def test_deletion_of_the_folder_is_seen_once(tmp_path):
    """So that nothing is made there as long as ``rm -rf`` may be at it; then it is made again."""
    sender = OutboxState(tmp_path / "outbox")
    assert not sender.was_just_deleted()
    for _ in range(2):
        assert sender.acquire()
        assert not sender.was_just_deleted()
        (tmp_path / "outbox" / "sender.lock").unlink()
        assert [sender.was_just_deleted() for _ in range(3)] == [True, False, False]
    assert sender.acquire()
    sender.release()
