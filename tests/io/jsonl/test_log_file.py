"""One log file, open for appending."""

from __future__ import annotations

import os

import pytest

from hilt.io.jsonl import log_file
from hilt.io.jsonl.log_file import LogFile, open_log


@pytest.fixture
def log(tmp_path):
    """A log that is open."""
    return open_log(str(tmp_path / "log.jsonl"))


@pytest.fixture
def path(tmp_path):
    """Where it is."""
    return tmp_path / "log.jsonl"


def test_lines_go_to_the_end(log, path):
    """Whoever else writes there."""
    log.append(b"a\n")
    with path.open("ab") as other:
        other.write(b"b\n")
    log.append(b"c\nd\n")

    assert path.read_bytes() == b"a\nb\nc\nd\n"
    assert log.clean_end == 8


def test_a_torn_line_is_ended_first(log, path):
    """One line end, no blank line."""
    path.write_bytes(b"a\nto")
    log.append(b"b\n")
    log.append(b"c\n")

    assert path.read_bytes() == b"a\nto\nb\nc\n"


@pytest.mark.parametrize("between", [b"x" * 10, b"y\n" * 5000 + b"x", b"x" * 30_000])
def test_a_tear_between_look_and_write_is_made_good(log, path, between):
    """The first line, which continues a torn one, is to be written again; the next is whole."""
    log.append(b"a\n")
    with path.open("ab") as other:
        other.write(between)
    os.write(log.fd, b"b\nc\n")

    assert log.check_place(b"b\nc\n", 2) == b"b\n"
    assert log.append(b"b\n") == (2, b"")
    assert path.read_bytes() == b"a\n" + between + b"b\nc\nb\n"


def test_only_whole_lines_count_as_written(log, path, monkeypatch):
    """Where the disk takes a part, the torn line is to be written again."""
    real = os.write
    monkeypatch.setattr(log_file.os, "write", lambda fd, data: real(fd, data[:8]))

    assert log.append(b"aaaa\nbbbb\ncccc\n") == (5, b"")
    assert log.append(b"bbbb\ncccc\n") == (5, b"")
    assert log.append(b"cccc\n") == (5, b"")
    assert path.read_bytes() == b"aaaa\nbbb\nbbbb\ncc\ncccc\n"


def test_a_log_that_is_rotated_while_it_is_opened_is_opened_again(tmp_path, monkeypatch):
    """A file that has another name by the time it is locked is not used."""
    path = tmp_path / "log.jsonl"
    path.write_bytes(b"old\n")
    real = LogFile.__init__
    opened = []

    def rotating(self, *arguments):
        real(self, *arguments)
        opened.append(self.inode)
        if len(opened) == 1:
            path.rename(tmp_path / "rotated.jsonl")

    monkeypatch.setattr(LogFile, "__init__", rotating)
    log = open_log(str(path))
    log.append(b"new\n")

    assert path.read_bytes() == b"new\n"
    assert (tmp_path / "rotated.jsonl").read_bytes() == b"old\n"


def test_a_link_to_nothing_becomes_a_file(tmp_path):
    """A symbolic link that dangles is followed."""
    (tmp_path / "link").symlink_to(tmp_path / "target")
    open_log(str(tmp_path / "link")).append(b"a\n")

    assert (tmp_path / "target").read_bytes() == b"a\n"
