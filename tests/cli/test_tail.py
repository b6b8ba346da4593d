"""``hilt tail``."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest

from hilt.core.event import Event
from hilt.io.session import Session
from tests.cli.conftest import make_event


def test_shows_the_last_events(hilt, log):
    """The newest come last, as many as are asked for."""
    path = log(*(make_event(number, text=f"text {number}") for number in range(30)))

    code, out, err = hilt("tail", path, "-n", 3)

    assert (code, err) == (0, "")
    assert [line.rsplit(" ", 1)[1] for line in out.splitlines()] == ["27", "28", "29"]


def test_default_log(hilt, log, monkeypatch):
    """Without a log, it is that of HILT_FILEPATH, else logs/hilt.jsonl."""
    path = log(make_event(1))

    assert hilt("tail")[2] == "hilt: logs/hilt.jsonl: there is no such log\n"
    monkeypatch.setenv("HILT_FILEPATH", str(path))
    assert hilt("tail")[0] == 0


def test_json_is_the_line(hilt, log):
    """With --json the events come as they stand in the log."""
    path = log(make_event(1), make_event(2))

    _, out, _ = hilt("tail", path, "--json")

    assert out == path.read_text()


@pytest.mark.parametrize(
    ("options", "numbers"),
    [
        ([], [1, 3, 4, 5]),
        (["--chunks"], [1, 2, 3, 4, 5]),
        (["-a", "completion_chunk"], [2]),
        (["-a", "prompt", "-a", "system"], [1, 4]),
        (["-s", "conv_1"], [1, 4]),
        (["-m", "gpt-4o"], [3]),
        (["-m", "gpt-4o-2024"], [3]),
        (["--errors"], [4, 5]),
        (["--errors", "-n", 1], [5]),
    ],
)
def test_filters(hilt, log, options, numbers):
    """Filters choose by action, conversation, model and failure, before events are counted."""
    answer = make_event(3, "completion", model="gpt-4o")
    answer.provenance = {"response_model": "gpt-4o-2024"}
    path = log(
        make_event(1),
        make_event(2, "completion_chunk"),
        answer,
        make_event(4, "system", error_code="timeout"),
        make_event(5, "completion", status_code=500),
    )

    _, out, _ = hilt("tail", path, "--json", *options)

    found = [int(json.loads(line)["event_id"][4:], 16) for line in out.splitlines()]
    assert found == numbers


def test_unknown_action_is_named(hilt, log):
    """An action that does not exist is wrong usage."""
    code, _, err = hilt("tail", log(make_event(1)), "-a", "answer")

    assert code == 2
    assert "no action 'answer'; there are prompt, completion" in err


# A suite that a shell runs in the background ignores interrupts, and so would the command.
INTERRUPTIBLE = """
import runpy, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
runpy.run_module("hilt", run_name="__main__", alter_sys=True)
"""


def test_follows(log):
    """With -f it shows what is added, until it is interrupted."""
    path = log(make_event(1))
    command = [sys.executable, "-c", INTERRUPTIBLE, "tail", "-f", "--json", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as tail:
        first = Event.from_json(tail.stdout.readline())
        with Session(path) as session:
            session.append(make_event(2))
        second = Event.from_json(tail.stdout.readline())
        os.kill(tail.pid, signal.SIGINT)
        rest = tail.stdout.read()

    assert [first.event_id[-1], second.event_id[-1]] == ["1", "2"]
    assert (rest, tail.returncode) == ("", 0)
