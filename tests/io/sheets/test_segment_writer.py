"""One process's end of an outbox."""

from __future__ import annotations

import os

from hilt.io.descriptors import Descriptor
from hilt.io.sheets.segment_writer import SegmentWriter


def test_segment_is_locked_while_it_is_written_to(tmp_path):
    """Whoever reads can tell whether more may come."""
    writer = SegmentWriter(tmp_path, 100)
    writer.append(b"x\n")
    name, size = writer.mark()

    with Descriptor(str(tmp_path / name), os.O_RDWR) as other:
        assert other.lock() is False
    writer.close()
    with Descriptor(str(tmp_path / name), os.O_RDWR) as other:
        assert other.lock() is True
    assert size == 2


def test_full_segment_is_followed_by_the_next_of_the_same_chain(tmp_path):
    """Names sort as they were written."""
    writer = SegmentWriter(tmp_path, 4)
    for _ in range(5):
        writer.append(b"xy\n")
    writer.close()

    names = sorted(path.name for path in tmp_path.iterdir())
    assert [name.split(".")[1] for name in names] == ["000001", "000002", "000003"]
    assert len({name.split(".")[0] for name in names}) == 1
    assert writer.mark() == (names[-1], 3)


def test_mark_is_behind_whole_lines_only(tmp_path, monkeypatch):
    """What was written in part does not count, and the next line begins on a line of its own."""
    writer = SegmentWriter(tmp_path, 100)
    writer.append(b"one\n")
    write = os.write

    def part(fd: int, data: bytes) -> int:
        if data == b"wo\n":
            raise OSError(28, "No space left on device")
        return write(fd, data[:1])

    monkeypatch.setattr(os, "write", part)
    try:
        writer.append(b"two\n")
    except OSError:
        assert writer.mark()[1] == 4
    monkeypatch.undo()
    writer.append(b"three\n")
    name, size = writer.mark()
    writer.close()

    assert (tmp_path / name).read_bytes() == b"one\nt\nthree\n"
    assert size == 12


def test_segment_that_was_deleted_is_put_back_and_written_to(tmp_path):
    """With all that was in it; what follows is in the same file, and so is the lock."""
    writer = SegmentWriter(tmp_path, 100)
    writer.append(b"one\n")
    name, _ = writer.mark()
    for line in (b"two\n", b"three\n"):
        (tmp_path / name).unlink()
        writer.append(line)

    with Descriptor(str(tmp_path / name), os.O_RDWR) as other:
        assert other.lock() is False
    writer.close()
    assert (tmp_path / name).read_bytes() == b"one\ntwo\nthree\n"
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (writer.mark(), writer.lost) == ((name, 14), 0)


def test_closed_segments_that_are_gone_are_counted(tmp_path):
    """Nobody can put those back; their lines are lost, once."""
    writer = SegmentWriter(tmp_path, 8)
    for _ in range(5):
        writer.append(b"xyz\n")
    for path in tmp_path.iterdir():
        path.unlink()
    for _ in range(2):
        writer.append(b"xyz\n")
        (tmp_path / writer.mark()[0]).unlink()
    writer.append(b"xyz\n")
    writer.close()

    assert writer.lost == 4
