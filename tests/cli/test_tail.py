"""``hilt tail``."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest

from hilt.core.event import ACTIONS, Event
from hilt.io.session import Session
from tests.cli.conftest import make_event


def test_shows_the_last_events(hilt, log):
    """The newest come last, as many as requested."""
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

    shown = [int(json.loads(line)["event_id"][4:], 16) for line in out.splitlines()]
    assert shown == numbers


def test_unknown_action_is_named(hilt, log):
    """An action that does not exist is wrong usage."""
    assert hilt("tail", log(make_event(1)), "-a", "answer") == (
        2,
        "",
        f"hilt: --action: no action 'answer'; expected one of {', '.join(ACTIONS)}\n",
    )


def test_fields_of_any_type(hilt, log):
    """A log of another program may have any JSON in an event's extensions and provenance."""
    event = make_event(1, status_code="429", latency_ms="slow", model=["m"], error_code={"a": 1})
    event.provenance = {"request_model": {"name": "m"}}
    path = log(event)

    shown = [hilt("tail", path, *options)[0] for options in ([], ["-e"], ["-m", "m"])]

    assert shown == [0, 0, 0]


def test_waits_for_a_log_that_does_not_exist_yet(hilt, monkeypatch):
    """With -f a missing log is no error: it may be created later."""
    monkeypatch.setattr("hilt.io.read.following.follow_events", lambda _path, start: iter(()))

    assert hilt("tail", "-f", "later.jsonl") == (
        0,
        "",
        "later.jsonl does not exist yet; waiting for it\n",
    )


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
