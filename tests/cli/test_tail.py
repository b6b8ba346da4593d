"""``hilt tail``."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys

import pytest

from hilt.analysis.from_end import FromEnd
from hilt.cli.call_lines import call_line
from hilt.core.event import ACTIONS, Event
from hilt.io.session import Session
from tests.analysis.conftest import LogWriter
from tests.cli.conftest import make_event


def test_shows_the_last_calls(hilt, tmp_path):
    """One line a call, the newest last, the date where the day changes, and failures loud."""
    log = LogWriter(tmp_path / "app.jsonl")
    for number in range(5):
        answer = log.call(f"question {number}", "Hello", "conv_0123456789abcdef")
    log.write(action="feedback", extensions={"reply_to": answer, "rating": 5})
    log.failure(log.prompt("Why?", "order-42"), "order-42")

    code, out, err = hilt("tail", log.path, "-n", 2, "--utc")

    assert (code, err) == (0, "Times are UTC.\n")
    assert out.splitlines() == [
        "Saturday, 2026-11-28",
        (
            "10:00:10 0123456789abcdef gpt-5-2026         question 4 → Hello   "
            "rated 5  10+4 tokens  $0.50  2.0 s"
        ),
        "10:00:13 order-42 gpt-5              Why? → Too many requests   429 rate_limit  100 ms",
    ]


def test_calls_as_json(hilt, tmp_path):
    """The call as flat JSON."""
    log = LogWriter(tmp_path / "app.jsonl")
    answer = log.call()

    assert json.loads(hilt("tail", log.path, "--json")[1])["id"] == answer


@pytest.mark.parametrize("width", [40, 80, 200])
def test_lines_fit_the_terminal(tmp_path, width):
    """At any width, with both texts if there is room."""
    log = LogWriter(tmp_path / "app.jsonl")
    log.call("q" * 300, "a" * 300, "conv_0123456789abcdef")

    line = call_line(log.open().calls().first(), "10:00:02", width).plain

    assert len(line) == width
    assert "qqqq" in line
    assert "aaaa" in line


def test_shows_the_last_events(hilt, log):
    """With --events the newest events come last, as many as requested."""
    path = log(*(make_event(number, text=f"text {number}") for number in range(30)))

    code, out, err = hilt("tail", path, "--events", "-n", 3)

    assert (code, err) == (0, "")
    assert [line.rsplit(" ", 1)[1] for line in out.splitlines()] == ["27", "28", "29"]


def test_default_log(hilt, log, monkeypatch):
    """Without a log, it is that of HILT_FILEPATH, else logs/hilt.jsonl."""
    path = log(make_event(1))

    assert hilt("tail")[2] == (
        "hilt: logs/hilt.jsonl: there is no such log; name a log, or set HILT_FILEPATH\n"
    )
    monkeypatch.setenv("HILT_FILEPATH", str(path))
    assert hilt("tail")[0] == 0


def test_json_is_the_line(hilt, log):
    """With --events --json the events come as they stand in the log."""
    path = log(make_event(1), make_event(2))

    _, out, _ = hilt("tail", path, "--events", "--json")

    assert out == path.read_text()


@pytest.mark.parametrize(
    ("options", "numbers"),
    [
        ([], [1, 3, 4, 5]),
        (["--chunks"], [1, 2, 3, 4, 5]),
        (["-a", "completion_chunk"], [2]),
        (["-a", "system"], [4]),
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

    _, out, _ = hilt("tail", path, "--events", "--json", *options)

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

    shown = [
        hilt("tail", path, *options)[0]
        for options in ([], ["-e"], ["--events", "-e"], ["--events", "-m", "m"])
    ]

    assert shown == [0, 0, 0, 1]  # no model of that name


def test_waits_for_a_log_that_does_not_exist_yet(hilt, monkeypatch):
    """With -f a missing log is no error: it may be created later."""
    monkeypatch.setattr("hilt.io.read.following.LogFollower.batches", lambda _self, **_: iter(()))

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
    command = [sys.executable, "-c", INTERRUPTIBLE, "tail", "-f", "--events", "--json"]
    command.append(str(path))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as tail:
        first = Event.from_json(tail.stdout.readline())
        with Session(path) as session:
            session.append(make_event(2))
        second = Event.from_json(tail.stdout.readline())
        os.kill(tail.pid, signal.SIGINT)
        rest = tail.stdout.read()

    assert [first.event_id[-1], second.event_id[-1]] == ["1", "2"]
    assert (rest, tail.returncode) == ("", 130)


def test_what_was_shown_is_not_shown_again_when_it_is_followed(log, hilt, monkeypatch):
    """An event that is written in between is among both."""
    events = [make_event(1), make_event(2)]
    monkeypatch.setattr(
        "hilt.io.read.following.LogFollower.batches", lambda *_, **__: iter([events])
    )

    _, out, _ = hilt("tail", "-f", "--events", "--json", log(events[0]))

    assert [json.loads(line)["event_id"][-1] for line in out.splitlines()] == ["1", "2"]


def answer_later(log, prompt, monkeypatch):
    """Answer a call when the log is followed, and not before."""
    before = log.path.stat().st_size
    log.answer(prompt, "Because")
    follow_from(log, before, monkeypatch)


def follow_from(log, offset, monkeypatch):
    """Let what stands behind an offset be written when the log is followed, and at once."""
    new = [Event.from_json(line) for line in log.path.read_bytes()[offset:].splitlines()]
    with log.path.open("r+b") as file:
        file.truncate(offset)
    monkeypatch.setattr("hilt.io.read.following.LogFollower.batches", lambda *_, **__: iter([new]))


def test_follows_calls(tmp_path, hilt, monkeypatch):
    """A call that was in progress is shown when it ends, with its question."""
    log = LogWriter(tmp_path / "app.jsonl")
    prompt = log.prompt("Why?")
    answer_later(log, prompt, monkeypatch)

    _, out, _ = hilt("tail", "-f", log.path, "--utc")

    first, second = out.splitlines()[1:]
    assert first.endswith("Why? →    unanswered")
    assert "Why? → Because" in second


def test_follows_calls_that_began_before_those_that_are_shown(tmp_path, hilt, monkeypatch):
    """A call that takes long is not forgotten, whatever has ended since it began."""
    log = LogWriter(tmp_path / "app.jsonl")
    prompt = log.prompt("Why?")
    log.call("Quick", "Done")
    answer_later(log, prompt, monkeypatch)

    _, out, _ = hilt("tail", "-f", "-n", 1, log.path, "--utc")

    first, second = out.splitlines()[1:]
    assert "Quick → Done" in first
    assert "Why? → Because" in second


def test_nothing_of_a_log_reaches_the_terminal_raw(tmp_path, capsysbinary):
    """Escape sequences in any field that a line of a call shows are made visible."""
    from hilt.cli.main import run

    evil = "\x1b]0;PWNED\x07\x1b[31m"
    log = tmp_path / "log.jsonl"
    fields = {"event_id": "evt_1", "timestamp": "2026-01-01T00:00:00Z", "session_id": evil}
    event = {
        **fields,
        "actor": {"type": "system", "id": evil},
        "action": "system",
        "content": {"text": evil},
        "provenance": {"provider": evil, "request_model": evil},
        "extensions": {"status_code": 500, "error_code": evil, "outcome": "failed", "model": evil},
    }
    log.write_text(json.dumps(event) + "\n", encoding="utf-8")
    for command in (["tail"], ["tail", "--events"], ["stats", "--by", "model"], ["cost"]):
        run([*command, str(log)])
    assert b"\x1b]0" not in capsysbinary.readouterr().out


@pytest.mark.parametrize("events", [[], ["--events"]])
def test_no_calls_are_asked_for(hilt, tmp_path, events):
    """None are shown, and that is no failure of the filters."""
    log = LogWriter(tmp_path / "app.jsonl")
    log.call(user="ann")

    assert hilt("tail", log.path, "-n", 0, "--user", "ann", *events)[:2] == (0, "")
    assert hilt("tail", log.path, "-n", 1, "--user", "bob", *events)[0] == 1


def test_events_of_rotated_files_come_first(hilt, tmp_path):
    """As with calls, also in the moment in which there are only rotated files."""
    log = LogWriter(tmp_path / "app.jsonl")
    for number in range(3):
        log.prompt(f"question {number}", user=f"user-{number}")
        rotated = tmp_path / f"app.2026112{number}T000000000000Z.jsonl"
        if number < 2:
            log.path.rename(rotated)
    compressed = tmp_path / "app.20261120T000000000000Z.jsonl.gz"
    compressed.write_bytes(gzip.compress((tmp_path / compressed.stem).read_bytes()))
    (tmp_path / compressed.stem).unlink()

    def shown(*options):
        lines = hilt("tail", log.path, "--events", "--json", *options)[1].splitlines()
        return [json.loads(line)["content"]["text"][-1] for line in lines]

    assert shown() == ["0", "1", "2"]
    assert shown("-n", 2) == ["1", "2"]
    assert shown("--action", "prompt") == ["0", "1", "2"]
    assert shown("--user", "user-1") == ["1"]
    log.path.unlink()
    assert shown() == ["0", "1"]
    assert shown("--action", "prompt", "-n", 1) == ["1"]


def test_a_skipped_line_has_its_number_in_the_file(hilt, tmp_path, monkeypatch):
    """Though only the end of the log is read."""
    monkeypatch.setattr(FromEnd, "_window_sizes", lambda *_: iter((3000, None)))
    log = LogWriter(tmp_path / "app.jsonl")
    for number in range(20):
        log.call(f"question {number}")
    with log.path.open("ab") as file:
        file.write(b'{"torn\n')
    log.call()

    err = hilt("tail", log.path, "-n", 1)[2]

    assert f"1 line skipped; the first is {log.path}:41: " in err


def test_follows_what_only_a_whole_call_tells(tmp_path, hilt, monkeypatch):
    """Who asked, and which tools were called, also by the last answer."""
    log = LogWriter(tmp_path / "app.jsonl")
    log.call("before", user="bob")
    before = log.path.stat().st_size
    log.call("Who?", user="alice")
    log.tool_call(log.call("Rain?", "", user="bob"))
    follow_from(log, before, monkeypatch)

    def shown(*options):
        out = hilt("tail", "-f", log.path, "--json", *options)[1]
        return [json.loads(line) for line in out.splitlines()]

    events = [each["action"] for each in shown("--events", "--tool", "get_weather")]
    assert events == ["prompt", "completion", "tool_call"]
    assert [each["actor"]["id"] for each in shown("--events", "-u", "alice")] == ["alice", "openai"]
    assert [each["prompt"] for each in shown("--tool", "get_weather")] == ["Rain?"]


@pytest.mark.parametrize("options", [[], ["--events"]])
def test_follows_a_log_that_was_rotated_just_now(tmp_path, hilt, monkeypatch, options):
    """Until the next event there are only its rotated files."""
    log = LogWriter(tmp_path / "app.jsonl")
    log.call("before")
    log.path.rename(tmp_path / "app.20261101T000000000000Z.jsonl")
    monkeypatch.setattr("hilt.io.read.following.LogFollower.batches", lambda *_, **__: iter(()))

    _, out, err = hilt("tail", "-f", log.path, *options)

    assert "before" in out
    assert "does not exist" not in err
