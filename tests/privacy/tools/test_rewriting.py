"""A log is rewritten while others write to it, rotate it and compress what was rotated."""

from __future__ import annotations

import gzip
import lzma
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import pytest

from hilt.core.exceptions import ReadError, SinkError
from hilt.io.descriptors import Descriptor
from hilt.io.jsonl.cleanup import clean_up
from hilt.io.jsonl.log_file import LogFile, open_log
from hilt.io.jsonl.rotation import Rotation
from hilt.privacy.tools import rewriting
from hilt.privacy.tools.rewriting import append_event, change_log, log_lines

ROTATED = "log.20260101T000000000000Z.jsonl"


def _without_ann(line: bytes) -> bytes | None:
    return None if b"ann" in line else line


def _written(path: Path, lines: bytes) -> LogFile:
    """A log that a writer has open."""
    log = open_log(str(path))
    assert log.append(lines) == b""
    return log


def _lines(path: Path) -> list[bytes]:
    return list(filter(None, log_lines(path)))


def _when_in_place(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Do something once a file that was written anew has its name."""
    monkeypatch.setattr(rewriting, "_LATE_WRITERS_S", 0.0)
    monkeypatch.setattr(rewriting, "sync_folder", lambda _: act())


def test_rotated_file_is_not_compressed_before_its_late_lines_are_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They began a file of its name again, which hid the compressed one from all readers."""
    path = tmp_path / "log.jsonl"
    old = _written(path, b'{"id":"ann"}\n{"id":"bob"}\n')
    path.rename(tmp_path / ROTATED)
    current = _written(path, b'{"id":"eve"}\n')

    def write_and_compress() -> None:
        os.write(old.fd, b'{"id":"late"}\n')
        clean_up(path, Rotation(max_bytes=1))

    _when_in_place(monkeypatch, write_and_compress)
    change_log(path, _without_ann)
    old.close()

    assert _lines(path) == [b'{"id":"bob"}', b'{"id":"late"}', b'{"id":"eve"}']
    assert clean_up(path, Rotation(max_bytes=1))
    assert _lines(path) == [b'{"id":"bob"}', b'{"id":"late"}', b'{"id":"eve"}']
    current.close()


def test_log_is_not_compressed_before_it_has_its_name_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the two it is called like a rotated file, which a writer compresses."""
    path = tmp_path / "log.jsonl"
    old = _written(path, b'{"id":"ann"}\n{"id":"bob"}\n')
    link = os.link

    def compress_and_link(file: Path, name: Path) -> None:
        clean_up(path, Rotation(max_bytes=1))
        link(file, name)
        clean_up(path, Rotation(max_bytes=1))

    monkeypatch.setattr(rewriting.os, "link", compress_and_link)
    _when_in_place(monkeypatch, lambda: os.write(old.fd, b'{"id":"late"}\n'))
    change_log(path, _without_ann)
    old.close()

    assert _lines(path) == [b'{"id":"bob"}', b'{"id":"late"}']
    assert sorted(file.name for file in tmp_path.iterdir()) == ["log.jsonl", "log.jsonl.lock"]


def test_what_a_killed_run_left_is_written_over(tmp_path: Path) -> None:
    """Half a file under the name of the new one; when that has failed, none is left."""
    waiting = tmp_path / "log.jsonl.waiting"
    waiting.write_bytes(b"half")
    with rewriting._new_file(waiting, 0o600, packed=False) as file:
        file.write(b"whole")
    assert waiting.read_bytes() == b"whole"
    assert waiting.stat().st_mode & 0o777 == 0o600

    with pytest.raises(KeyboardInterrupt), rewriting._new_file(waiting, 0o600, packed=False):
        raise KeyboardInterrupt
    assert not waiting.exists()


def test_leftovers_go_and_nothing_else(tmp_path: Path) -> None:
    """Half files, and a second name of the log; a rotated part stays."""
    log, part = tmp_path / "log.jsonl", tmp_path / ROTATED
    second = tmp_path / "log.20260102T000000000000Z.jsonl"
    half = tmp_path / f"{ROTATED}{rewriting._WAITING}"
    other = tmp_path / f"other.jsonl{rewriting._WAITING}"
    for path in (log, part, half, other):
        path.write_bytes(b"{}\n")
    os.link(log, second)

    rewriting._remove_leftovers(log)

    assert sorted(tmp_path.iterdir()) == sorted([log, part, other])


def test_a_last_line_that_is_torn_stays_torn() -> None:
    """It is for its writer to make it whole, unless it changes."""
    lines = rewriting._Lines(lambda line: None if b"ann" in line else line.upper(), None)

    assert lines.changed(b"{a}\n{ann}\n{B}") == b"{A}\n{B}"
    assert lines.changed(b"{b}") == b"{B}\n"
    assert lines.changed(b"{ann}") == b""
    assert (lines.count, lines.different, lines.gone) == (5, 2, 2)


def test_a_line_that_is_too_long_is_passed_over_and_forbids_a_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It cannot be looked into, and must not be lost; the log stays as it was."""
    path = tmp_path / "log.jsonl"
    path.write_bytes(b'{"id":"ann"}\n')
    blocks = rewriting.line_blocks

    def with_long_line(file: BinaryIO) -> Iterator[bytes | int]:
        yield 100
        yield from blocks(file)

    monkeypatch.setattr(rewriting, "line_blocks", with_long_line)

    assert _lines(path) == [b'{"id":"ann"}']
    with pytest.raises(SinkError, match=r"log\.jsonl: a line of 100 bytes cannot be changed$"):
        change_log(path, _without_ann)
    assert path.read_bytes() == b'{"id":"ann"}\n'
    assert list(tmp_path.glob(f"*{rewriting._WAITING}")) == []


def test_a_file_that_others_compress_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But not for ever; one that others have open is known from one that nobody has."""
    monkeypatch.setattr(rewriting, "_PATIENCE_S", 0.03)
    path = tmp_path / "log.jsonl"
    path.touch()
    with Descriptor(str(path), os.O_RDWR) as other, Descriptor(str(path), os.O_RDWR) as own:
        other.lock()
        with pytest.raises(SinkError, match="another program is compressing it; try again"):
            rewriting._lock(own)
        other.lock(shared=True)
        assert rewriting._lock(own) is False
    with Descriptor(str(path), os.O_RDWR) as alone:
        assert rewriting._lock(alone) is True


def test_an_event_is_appended_to_what_there_is(tmp_path: Path) -> None:
    """To a log, a compressed one, and one that is not there yet; a folder is none."""
    plain, packed, none = (tmp_path / name for name in ("a.jsonl", "b.jsonl.gz", "c.jsonl"))
    plain.write_bytes(b"{}\n")
    packed.write_bytes(gzip.compress(b"{}\n"))
    for path in (plain, packed, none):
        append_event(path, b'{"a":1}\n')

    assert plain.read_bytes() == gzip.decompress(packed.read_bytes()) == b'{}\n{"a":1}\n'
    assert none.read_bytes() == b'{"a":1}\n'
    with pytest.raises(SinkError) as error:
        append_event(tmp_path, b"{}\n")
    assert str(error.value) == f"{tmp_path}: cannot be written: Is a directory"


def test_a_file_that_another_program_has_compressed_forbids_a_change(tmp_path: Path) -> None:
    """Else a person would be said to be erased who is in it; nor is it passed over when read."""
    path = tmp_path / "log.jsonl"
    path.write_bytes(b'{"id":"ann"}\n')
    packed = tmp_path / f"{ROTATED}.xz"
    packed.write_bytes(lzma.compress(b'{"id":"ann"}\n'))

    with pytest.raises(SinkError, match=r"\.xz: is compressed by another program than gzip"):
        change_log(path, _without_ann)
    with pytest.raises(ReadError, match=r"\.xz: cannot be read .*compressed with xz"):
        _lines(path)
    assert path.read_bytes() == b'{"id":"ann"}\n'
