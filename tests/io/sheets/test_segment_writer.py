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
