"""Which files DuckDB is given."""

from __future__ import annotations

import json

import pytest

from hilt.analysis.filters import Filters
from hilt.analysis.line_files import LineFiles, readable_lines


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
    ("text", "expected"),
    [
        ("\ud83d", "\\ud83d"),
        ("\ude00\ud83d", "\\ude00\\ud83d"),
        ("a\\\ud83d", "a\\\\ud83d"),
        ("\\ud83d", "\\ud83d"),
        ("😀\ud83dx", "😀\\ud83dx"),
        ("\ud83d\ud83d\ude00", "\\ud83d😀"),
    ],
)
def test_half_pairs_become_text(text, expected):
    """Whole pairs, and backslashes that were text before, stay what they are."""
    line = json.dumps({"text": text}).encode()

    assert json.loads(readable_lines(line)) == {"text": expected}
    assert readable_lines(readable_lines(line)) == readable_lines(line)
