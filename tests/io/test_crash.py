"""``kill -9`` of a program that logs, or makes calls, in a loop."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections import Counter

import pytest

from hilt.io.read.events import read_events

pytestmark = pytest.mark.skipif(os.name == "nt", reason="there is no kill -9")


def kill_and_check(program, path, kills: int, *, rotate_bytes: int, neighbour: bool) -> None:
    """Kill writers of one log at random moments, and compare their output with the log."""
    printed: list[int] = []
    beside = None
    if neighbour:  # It logs all the time that others take to start, so it pauses to spare the disk.
        beside = program("log_in_loop", path, 10**9, rotate_bytes, 0.05, stdout=subprocess.DEVNULL)
    for kill in range(kills):
        writer = program(
            "log_in_loop", path, kill * 10**6, rotate_bytes, 0, stdout=subprocess.PIPE, bufsize=0
        )
        printed.append(int(writer.stdout.readline()))
        time.sleep(random.random() * 0.03)
        os.kill(writer.pid, signal.SIGKILL)
        printed.extend(map(int, writer.stdout.read().split()))
        writer.wait()
    if beside is not None:
        os.kill(beside.pid, signal.SIGKILL)
        beside.wait()

    reader = read_events(path, include_rotated=True)
    counts = Counter(event.extensions["number"] for event in reader)

    assert [number for number in printed if counts[number] == 0] == []
    assert [number for number, times in counts.items() if times > 1] == []
    # A line that its writer did not live to end is all that may be unreadable.
    assert reader.skipped <= kills + 1
    beside_them = sorted(number for number in counts if number >= 10**9)
    assert beside_them == list(range(10**9, 10**9 + len(beside_them)))
    unprinted = [number for number in counts if number < 10**9 and number not in set(printed)]
    assert len(unprinted) <= kills


@pytest.mark.parametrize("rotate_bytes", [0, 2_000_000])
def test_a_killed_program_loses_no_event_whose_append_returned(program, tmp_path, rotate_bytes):
    """What was appended before ``kill -9`` is in the file, and later lines are whole."""
    kill_and_check(
        program, tmp_path / "log.jsonl", 3, rotate_bytes=rotate_bytes, neighbour=bool(rotate_bytes)
    )


@pytest.mark.slow
@pytest.mark.parametrize("neighbour", [False, True])
@pytest.mark.parametrize("rotate_bytes", [0, 5_000_000])
def test_a_hundred_killed_programs_lose_no_event(program, tmp_path, rotate_bytes, neighbour):
    """One hundred random kills, with and without rotation, alone and beside another writer."""
    kill_and_check(
        program, tmp_path / "log.jsonl", 100, rotate_bytes=rotate_bytes, neighbour=neighbour
    )


def kill_callers_and_check(program, path, kills: int, rotate_bytes: int) -> None:
    """Kill callers of an OpenAI client, and compare their output with the log."""
    killing = program("call_in_loop", path, kills, rotate_bytes, stdout=subprocess.PIPE)
    printed = killing.communicate(timeout=600)[0].decode().splitlines()
    assert killing.returncode == 0
    sent = {line.split()[1] for line in printed if line.startswith("sent ")}
    done = {line.split()[1] for line in printed if line.startswith("done ")}
    reader = read_events(path, include_rotated=True)
    prompts, ended = {}, set()
    for event in reader:
        if event.action == "prompt":
            prompts[event.event_id] = event.content.text
        else:
            ended.add(event.extensions["reply_to"])
    open_calls = {text for event_id, text in prompts.items() if event_id not in ended}

    assert len(prompts) == len(set(prompts.values()))
    # Every call that returned is there with its answer; each request was logged before it left.
    assert done <= {text for event_id, text in prompts.items() if event_id in ended}
    assert sent <= set(prompts.values())
    # What has no ending had not returned, and there is one such call for a kill at the most.
    assert open_calls.isdisjoint(done)
    assert len({int(text) // 10_000 for text in open_calls}) == len(open_calls) <= kills
    assert reader.skipped <= kills
    assert len(done) >= kills
    if kills >= 100:
        assert open_calls


@pytest.mark.parametrize("rotate_bytes", [0, 20_000])
@pytest.mark.slow_after(1)
def test_a_killed_caller_loses_no_call_that_returned(program, tmp_path, rotate_bytes):
    """Prompts without an ending are the calls that were in flight."""
    kill_callers_and_check(program, tmp_path / "log.jsonl", 5, rotate_bytes)


@pytest.mark.slow
@pytest.mark.parametrize("rotate_bytes", [0, 100_000])
def test_two_hundred_killed_callers_lose_no_call_that_returned(program, tmp_path, rotate_bytes):
    """The same at 200 random moments, with and without rotation."""
    kill_callers_and_check(program, tmp_path / "log.jsonl", 200, rotate_bytes)
