"""A write takes place as a whole, or fails and says so."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hilt.core.whole_writes import append_all, write_all


@pytest.fixture
def file(tmp_path: Path):
    """A file with something in it, open for appending."""
    (tmp_path / "file").write_bytes(b"before\n")
    descriptor = os.open(tmp_path / "file", os.O_RDWR | os.O_APPEND)
    yield descriptor
    os.close(descriptor)


def test_short_writes_are_gone_on_with(file, tmp_path, monkeypatch):
    """A signal or a disk may take a part at first."""
    write = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: write(fd, data[:3]))

    write_all(file, b"0123456789")
    append_all(file, b"abc\n")
    assert (tmp_path / "file").read_bytes() == b"before\n0123456789abc\n"


def test_nothing_of_what_fails_stays(file, tmp_path, full_disk):
    """A line that has no room is not there in part."""
    with full_disk(3), pytest.raises(OSError, match="No space"):
        append_all(file, b"0123456789\n")
    assert (tmp_path / "file").read_bytes() == b"before\n"
