"""A log is rewritten while others write to it, rotate it and compress what was rotated."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from hilt.io.jsonl.cleanup import clean_up
from hilt.io.jsonl.log_file import LogFile, open_log
from hilt.io.jsonl.rotation import Rotation
from hilt.privacy.tools import rewriting
from hilt.privacy.tools.rewriting import change_log, log_lines

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
