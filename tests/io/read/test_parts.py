"""The files of a log."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from hilt.core.exceptions import ReadError
from hilt.io.read import parts
from hilt.io.read.parts import STDIN, check_readable, open_parts, parts_of_logs


@pytest.fixture
def log(tmp_path):
    """A log with two rotated files, of which one is compressed."""
    for name in ("app.20260101T000000000000Z.jsonl", "app.20260102T000000000000Z.jsonl.gz"):
        (tmp_path / name).write_text("old\n")
    (tmp_path / "app.jsonl").write_text("new\n")
    return tmp_path / "app.jsonl"


def names(found) -> list[str]:
    """The names of files."""
    return [path.name for path, _ in found]


def test_rotated_files_come_before_the_log(log):
    """In the order of time."""
    assert names(open_parts(log, include_rotated=True)) == [
        "app.20260101T000000000000Z.jsonl",
        "app.20260102T000000000000Z.jsonl.gz",
        "app.jsonl",
    ]


def test_the_log_alone(log):
    """Rotated files are left out where they are not wanted."""
    assert names(open_parts(log, include_rotated=False)) == ["app.jsonl"]


def test_a_log_that_is_rotated_while_it_is_opened_is_read_once(log, monkeypatch):
    """It is open by then, and comes last, under the name by which it was asked for."""
    listed = parts.rotated_files

    def late(path: Path) -> list[Path]:
        path.rename(path.with_name("app.20260103T000000000000Z.jsonl"))
        return listed(path)

    monkeypatch.setattr(parts, "rotated_files", late)

    assert [file.read() for _, file in open_parts(log, include_rotated=True)] == [
        b"old\n",
        b"old\n",
        b"new\n",
    ]


def test_each_file_is_open_while_it_is_read(log):
    """One after the other, whatever became of the one before."""
    files = [file for _, file in open_parts(log, include_rotated=True)]

    assert all(file.closed for file in files)


def test_several_logs(log, tmp_path, monkeypatch):
    """One log after the other; a dash is standard input."""
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"{}\n")))
    (tmp_path / "other.jsonl").write_text("")

    assert names(parts_of_logs([tmp_path / "other.jsonl", STDIN, log]))[:2] == ["other.jsonl", "-"]


def test_a_log_of_rotated_files_only_can_be_read(log):
    """The log may have been renamed a moment ago."""
    log.unlink()

    check_readable(log, include_rotated=True)
    with pytest.raises(ReadError, match=r"app.jsonl: there is no such log"):
        check_readable(log, include_rotated=False)


def test_a_folder_is_no_log(tmp_path):
    """It is refused with the reason."""
    with pytest.raises(ReadError, match="is a folder; name a log in it"):
        check_readable(Path(tmp_path), include_rotated=True)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no permissions to take away")
def test_a_log_without_permission_is_refused_before_it_is_opened(tmp_path, monkeypatch):
    """The error is that of the system."""
    path = tmp_path / "log.jsonl"
    path.touch()
    monkeypatch.setattr(os, "access", lambda *_: False)

    with pytest.raises(ReadError) as error:
        check_readable(path, include_rotated=False)

    assert str(error.value) == f"{path}: cannot be read: Permission denied"


@pytest.mark.parametrize("include_rotated", [True, False])
def test_a_log_that_was_rotated_and_not_begun_again_can_be_read(tmp_path, include_rotated):
    """If its rotated files are wanted."""
    path = tmp_path / "log.jsonl"
    (tmp_path / "log.20260101T000000000000Z.jsonl").write_bytes(b"{}\n")

    if include_rotated:
        check_readable(path, include_rotated=True)
        parts = [(part.name, file.read()) for part, file in open_parts(path, include_rotated=True)]
        assert parts == [("log.20260101T000000000000Z.jsonl", b"{}\n")]
    else:
        with pytest.raises(ReadError, match="there is no such log"):
            check_readable(path, include_rotated=False)
        assert list(open_parts(path, include_rotated=False)) == []


def test_a_rotated_file_that_is_gone_is_passed_over(tmp_path, monkeypatch):
    """One that was compressed meanwhile is read as it is now."""
    path, gone = tmp_path / "log.jsonl", tmp_path / "log.20260101T000000000000Z.jsonl"
    packed = tmp_path / "log.20260102T000000000000Z.jsonl"
    path.write_bytes(b"new")
    Path(f"{packed}.gz").write_bytes(b"packed")
    monkeypatch.setattr("hilt.io.read.parts.rotated_files", lambda _: [gone, packed])

    parts = [(part, file.read()) for part, file in open_parts(path, include_rotated=True)]

    assert parts == [(packed, b"packed"), (path, b"new")]
