"""Which files DuckDB is given."""

from __future__ import annotations

import contextlib
import json

import pytest

from hilt.analysis.filters import Filters
from hilt.analysis.line_files import LineFiles, is_readable
from hilt.core.decoding import decode_event
from hilt.core.exceptions import EventError


def test_sound_files_are_not_copied(log, tmp_path):
    """They are read where they are; a torn line makes a copy without it."""
    log.call()
    files = LineFiles(tmp_path)
    files.add(log.open(), Filters())

    assert (files.paths, files.lines, files.skipped) == ([log.path], 2, 0)

    with log.path.open("ab") as file:
        file.write(b'{"torn')
    files = LineFiles(tmp_path)
    files.add(log.open(), Filters())

    assert (files.paths, files.lines, files.skipped) == ([tmp_path / "lines-0.jsonl"], 2, 1)
    assert log.path.read_bytes() == files.paths[0].read_bytes() + b'{"torn'


@pytest.mark.parametrize(
    ("text", "readable"),
    [
        ("\ud83d", False),
        ("\ude00\ud83d", False),
        ("a\\\ud83d", False),
        ("\\ud83d", True),
        ("😀\ud83dx", False),
        ("\ud83d\ud83d\ude00", False),
        ("\ud83d\ude00", True),
    ],
)
def test_half_pairs_are_not_readable(text, readable):
    """Whole pairs are, and backslashes before letters."""
    line = json.dumps({"text": text}).encode()

    assert is_readable(line) == readable
    with contextlib.suppress(EventError):
        decode_event(
            b'{"action":"prompt","actor":{"type":"human","id":"ann"},"session_id":"s",'
            b'"content":' + line + b"}"
        )
        assert readable


@pytest.mark.parametrize("filters", [Filters(), Filters(action="prompt")])
def test_lines_that_are_no_json_are_left_out(log, tmp_path, filters):
    """Half of a surrogate pair, and what is no UTF-8; each is counted, and named if all are read.

    DuckDB reads files with whole pairs where they are.
    """
    log.call("\U0001f600", user="ann")
    sound = log.path.read_bytes()
    prompt, ending = sound.splitlines(keepends=True)
    escaped = prompt.replace("😀".encode(), rb"\ud83d\ude00")
    log.path.write_bytes(escaped + ending)
    files = LineFiles(tmp_path)
    files.add(log.open(), Filters())
    assert (files.paths, files.lines, files.skipped) == ([log.path], 2, 0)

    half = prompt.replace("😀".encode(), rb"\ud83d")
    broken = prompt.replace("😀".encode(), b"\xff")
    log.path.write_bytes(half + prompt + broken + ending)
    files = LineFiles(tmp_path)
    files.add(log.open(), filters)

    assert files.skipped == 2
    (copy,) = files.paths
    assert sound.startswith(copy.read_bytes())
    if filters.is_empty:
        assert [(line.number, "not JSON" in line.message) for line in files.errors] == [
            (1, True), (3, True),
        ]  # fmt: skip
