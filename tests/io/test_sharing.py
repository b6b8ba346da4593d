"""One file, many writers: threads, forked children and unrelated processes."""

from __future__ import annotations

import os
from collections import Counter

import pytest

from hilt.io.jsonl.rotation import rotated_files
from hilt.io.read.events import read_events
from hilt.io.read.lines import chunks_of

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")

THREADS = 4
PATIENCE_S = 600


def share_and_check(program, path, steps: int, rotate_bytes: int, kind: str = "events") -> None:
    """Let four forked and four unrelated processes, and a forking parent, write; then read."""
    forking = program("share_by_fork", path, 4, steps, rotate_bytes, kind)
    others = [program("share", path, f"other{n}", steps, rotate_bytes, kind) for n in range(4)]
    assert [process.wait(PATIENCE_S) for process in (forking, *others)] == [0] * 5

    writers = [
        f"{kind}{n}-{t}" for kind in ("child", "other") for n in range(4) for t in range(THREADS)
    ]
    expected = Counter(
        f"{writer} {step}" for writer in (*writers, "parent") for step in range(steps)
    )
    if kind == "calls":
        expected["first 0"] = 5
    reader = read_events(path, include_rotated=True)
    prompts, endings = {}, Counter()
    for event in reader:
        if event.action == "prompt":
            prompts[event.event_id] = event.content.text.strip()
        else:
            assert event.action == "completion"
            endings[event.extensions["reply_to"]] += 1

    assert reader.errors == []
    assert Counter(prompts.values()) == expected
    assert endings == Counter(list(prompts))
    assert not any(has_blank_lines(file) for file in (path, *rotated_files(path)))


def has_blank_lines(path) -> bool:
    """Whether a writer took a line that was being written for a torn one."""
    with path.open("rb") as file:
        return b"\n\n" in b"".join(chunks_of(file))


def steps_are_together(path) -> bool:
    """Whether each step's two lines stand side by side."""
    events = list(read_events(path, include_rotated=True))
    pairs = zip(events[::2], events[1::2], strict=True)
    return all(b.extensions["reply_to"] == a.event_id for a, b in pairs)


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


@pytest.mark.slow
def test_fifty_thousand_calls_of_eight_processes(program, tmp_path):
    """The same with calls of a real OpenAI client: each has its prompt and its completion, once."""
    share_and_check(program, tmp_path / "log.jsonl", 1563, 2_000_000, kind="calls")

    assert len(rotated_files(tmp_path / "log.jsonl")) > 5


@pytest.mark.slow
def test_calls_of_eight_processes(program, tmp_path):
    """A small version of the same, forked after `hilt.instrument` and not."""
    share_and_check(program, tmp_path / "log.jsonl", 5, 50_000, kind="calls")
