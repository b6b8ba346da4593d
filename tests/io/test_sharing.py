"""One file, many writers: threads, forked children and unrelated processes."""

from __future__ import annotations

import os
from collections import Counter

import pytest

from hilt.io.reading import read_events
from hilt.io.rotation import rotated_files

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")

THREADS = 4


def share_and_check(program, path, steps: int, rotate_bytes: int) -> None:
    """Let four forked and four unrelated processes, and a forking parent, write; then read."""
    forking = program("share_by_fork", path, 4, steps, rotate_bytes)
    others = [program("share", path, f"other{n}", steps, rotate_bytes) for n in range(4)]
    assert [process.wait() for process in (forking, *others)] == [0] * 5

    writers = [
        f"{kind}{n}-{t}" for kind in ("child", "other") for n in range(4) for t in range(THREADS)
    ]
    expected = {
        (writer, step, action)
        for writer in (*writers, "parent")
        for step in range(steps)
        for action in ("prompt", "completion")
    }
    reader = read_events(path, include_rotated=True)
    found = Counter((e.session_id, e.extensions["step"], e.action) for e in reader)
    assert reader.errors == []
    assert set(found) == expected
    assert found.total() == len(expected)


def steps_are_together(path) -> bool:
    """Whether each step's two lines stand side by side."""
    events = list(read_events(path, include_rotated=True))
    pairs = zip(events[::2], events[1::2], strict=True)
    return all((a.session_id, a.extensions) == (b.session_id, b.extensions) for a, b in pairs)


def test_processes_share_one_file(program, tmp_path):
    """Threads, forked children and other processes lose and tear nothing, and keep steps whole."""
    share_and_check(program, tmp_path / "log.jsonl", steps=20, rotate_bytes=0)

    assert steps_are_together(tmp_path / "log.jsonl")


def test_processes_share_one_file_while_it_is_rotated(program, tmp_path):
    """Rotation and compression by several processes lose and double nothing."""
    share_and_check(program, tmp_path / "log.jsonl", steps=20, rotate_bytes=50_000)

    rotated = rotated_files(tmp_path / "log.jsonl")
    assert len(rotated) > 2
    assert {file.suffix for file in rotated} == {".gz"}


@pytest.mark.slow
def test_fifty_thousand_steps_of_eight_processes(program, tmp_path):
    """Eight processes of four threads write 50,000 steps with rotation: all there, once, whole."""
    share_and_check(program, tmp_path / "log.jsonl", steps=1563, rotate_bytes=2_000_000)

    assert steps_are_together(tmp_path / "log.jsonl")
    assert {file.suffix for file in rotated_files(tmp_path / "log.jsonl")} == {".gz"}
