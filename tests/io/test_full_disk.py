"""A disk that gets full: the program goes on, and so does the log when there is room."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hilt.core.event import Event
from hilt.core.exceptions import EventError

pytestmark = pytest.mark.skipif(os.name == "nt", reason="there are no limits to set")

PROGRAMS = Path(__file__).parent / "programs"


def fill(kind: str, folder: Path, backlog_bytes: int) -> dict:
    """Run the program that fills a disk, and return its output."""
    return run("fill_disk", kind, folder, backlog_bytes, disk=folder if kind == "tmpfs" else None)


def run(name: str, *arguments: object, disk: Path | None = None) -> dict:
    """Run a program, with a disk of one megabyte in a namespace of its own, if it wants one."""
    command = [sys.executable, str(PROGRAMS / f"{name}.py"), *map(str, arguments)]
    if disk is not None:
        mounted = 'mount -t tmpfs -o size=1m tmpfs "$0" && exec "$@"'
        command = ["unshare", "-rm", "sh", "-c", mounted, str(disk), *command]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def can_mount() -> bool:
    """Whether this machine lets us make a small disk in a namespace of our own."""
    if shutil.which("unshare") is None:
        return False
    command = ["unshare", "-rm", "mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", "/mnt"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def events_of(log: str) -> tuple[list[Event], int]:
    """The events of a log, and how many of its lines are none."""
    events, torn = [], 0
    for line in log.splitlines():
        try:
            events.append(Event.from_json(line))
        except EventError:
            torn += 1
    return events, torn


@pytest.fixture(params=["limit", "tmpfs"])
def kind(request):
    """A limit on the size of files, and a real disk of one megabyte."""
    if request.param == "tmpfs" and not can_mount():
        pytest.skip("namespaces with mounts are not allowed here; the limit is tested instead")
    return request.param


def test_what_was_logged_on_a_full_disk_is_written_when_there_is_room(kind, tmp_path):
    """Events wait in memory, in order, after one warning; a torn line spoils nothing."""
    result = fill(kind, tmp_path, 0)

    events, torn = events_of(result["log"])
    assert [event.extensions["number"] for event in events] == list(range(600))
    assert torn <= 1
    assert result["dropped"] == 0
    assert len(result["while_full"]) == 1
    assert "cannot be written" in result["while_full"][0]
    assert len(result["warnings"]) == 2
    assert "can be written again; nothing was lost" in result["warnings"][1]


def test_what_does_not_fit_in_memory_either_is_counted_and_said(kind, tmp_path):
    """Beyond the bound the newest events are lost; the log itself has their number."""
    result = fill(kind, tmp_path, 20_000)

    events, torn = events_of(result["log"])
    (notice,) = [event for event in events if event.action == "system"]
    numbers = [event.extensions["number"] for event in events if event.action == "prompt"]
    lost = notice.extensions["lost_events"]
    assert lost == result["dropped"] == 600 - len(numbers) > 100
    assert numbers == sorted(set(numbers))
    assert numbers[-100:] == list(range(500, 600))
    assert notice.extensions["error_code"] == "events_lost"
    assert f"lost meanwhile: {lost} events" in result["warnings"][-1]
    assert torn <= 1


@pytest.mark.skipif(not can_mount(), reason="namespaces with mounts are not allowed here")
def test_a_file_system_that_can_only_be_read_is_an_outage_too(tmp_path):
    """When it can be written again, what was logged meanwhile is there."""
    result = run("lose_disk", tmp_path, disk=tmp_path)

    events, torn = events_of(result["log"])
    assert [event.extensions["number"] for event in events] == list(range(30))
    assert torn == 0
    assert "cannot be written: Read-only file system" in result["warnings"][0]
    assert len(result["warnings"]) == 2
