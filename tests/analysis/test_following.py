"""Sums over the calls of a log that grows, is rotated, and has several writers."""

from __future__ import annotations

import queue
import subprocess
import sys
import threading
from contextlib import contextmanager
from datetime import datetime, timezone

import pytest

import hilt
from hilt.analysis import following
from hilt.analysis.filters import Filters
from hilt.analysis.following import new_calls
from hilt.core.exceptions import ConfigurationError
from hilt.io.read.following import LogFollower
from hilt.io.session import Session

WRITER = """
import sys
from datetime import datetime, timezone
from hilt import Event, Session

with Session(sys.argv[1]) as session:
    for number in range(int(sys.argv[2])):
        prompt = Event(session_id="s", actor={"type": "human", "id": "alice"}, action="prompt")
        session.append(prompt)
        session.append(Event(session_id="s", actor={"type": "agent", "id": "a"},
                             action="completion", metrics={"cost_usd": 1.0},
                             extensions={"reply_to": prompt.event_id}))
"""


def call(session, cost=1.0, user="alice", prompt=None):
    """Log a call that ends now."""
    prompt = prompt or begin(session, user)
    session.append(
        hilt.Event(
            session_id="s", actor={"type": "agent", "id": "a"}, action="completion",
            metrics={"cost_usd": cost}, extensions={"reply_to": prompt.event_id},
        )
    )  # fmt: skip


def begin(session, user="alice"):
    """Log a prompt."""
    prompt = hilt.Event(session_id="s", actor={"type": "human", "id": user}, action="prompt")
    session.append(prompt)
    return prompt


@contextmanager
def watching(path, *limits):
    """A queue of what passes, filled by a thread that follows the log."""
    stop, passed = threading.Event(), queue.Queue()
    excesses = hilt.open_log(path).watch(*limits, stop=stop)

    def run():
        for excess in excesses:
            passed.put((excess.name, excess.sum))
        passed.put(None)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield passed
    finally:
        stop.set()
        thread.join(30)


def test_what_is_in_the_log_and_what_comes(tmp_path):
    """A call in progress keeps its user, and each call counts once."""
    with Session(tmp_path / "app.jsonl") as session:
        call(session, 3.0)
        prompt = begin(session)
        with watching(session.path, "user=5/day", "user=3.5/day") as passed:
            call(session, 1.0, prompt=prompt)
            assert passed.get(timeout=30) == ("alice", 4.0)
            call(session, 2.0, "bob")
            call(session, 2.0)
            assert passed.get(timeout=30) == ("alice", 6.0)


def test_a_log_that_is_rotated(tmp_path):
    """The sums go on in the new file."""
    with Session(tmp_path / "app.jsonl", rotate_bytes=1500) as session:
        call(session)
        with watching(session.path, "total=19.5/day") as passed:
            for _ in range(19):
                call(session)
            assert passed.get(timeout=30) == ("all", 20.0)

    assert len(list(tmp_path.glob("app*.jsonl*"))) > 1


def test_a_log_that_is_being_rotated(tmp_path):
    """For a moment there are rotated files only, and they count."""
    with Session(tmp_path / "app.jsonl", rotate_bytes=10**9) as session:
        call(session, 3.0)
    session.path.rename(tmp_path / "app.20260101T000000000000Z.jsonl")
    with watching(session.path, "total=3.5/day") as passed:
        with Session(session.path) as session:
            call(session, 1.0)
        assert passed.get(timeout=30) == ("all", 4.0)


def test_several_writers(tmp_path):
    """What all processes log counts."""
    with Session(tmp_path / "app.jsonl") as session:
        call(session)
        with watching(session.path, "user=20.5/day") as passed:
            arguments = [sys.executable, "-c", WRITER, str(session.path), "10"]
            writers = [subprocess.Popen(arguments) for _ in range(2)]
            assert [writer.wait(60) for writer in writers] == [0, 0]
            assert passed.get(timeout=30) == ("alice", 21.0)


def test_the_log_alone(tmp_path):
    """Without following, it ends with the log; filters choose the calls."""
    with Session(tmp_path / "app.jsonl") as session:
        call(session, 6.0)
        call(session, 7.0, "bob")

    excesses = list(hilt.open_log(session.path).watch("user=5/day", follow=False, user="bob"))

    assert [(each.name, each.sum) for each in excesses] == [("bob", 7.0)]
    assert excesses[0].to_dict() == {
        "limit": "user=5/day", "key": "user", "name": "bob", "measure": "usd", "amount": 5.0,
        "sum": 7.0, "period": f"{datetime.now(timezone.utc).astimezone():%Y-%m-%d}",
        "call_id": excesses[0].call_id,
    }  # fmt: skip


def test_a_wrong_filter(tmp_path):
    """It is named, with the nearest one, before anything is read."""
    path = tmp_path / "log.jsonl"
    path.touch()
    with pytest.raises(ConfigurationError, match=r"no filter 'modle' \(did you mean model\?\)"):
        hilt.open_log(path).watch("user=5/day", modle="gpt-5")


def test_a_wrong_limit(tmp_path):
    """It is refused before anything is read."""
    with Session(tmp_path / "app.jsonl") as session:
        call(session)

    with pytest.raises(ConfigurationError, match="limit: 'user' is not a limit"):
        hilt.open_log(session.path).watch("user")


def test_call_that_ended_while_the_log_was_read_counts_once(tmp_path):
    """The end of the log is where following begins, and reading may go beyond it."""
    path = tmp_path / "app.jsonl"
    follower = LogFollower(path, from_end=True)
    with Session(path) as session:
        prompt = begin(session)
        call(session)
        before = list(hilt.open_log(path).calls())
        call(session, prompt=prompt)
        call(session, user="bob")
    stop = threading.Event()
    stop.set()

    new = list(new_calls(follower, Filters(), before, stop))

    assert len(before) == 2
    assert [each.user for each in new] == ["alice", "bob"]


def test_the_prompt_of_a_call_that_began_long_ago_is_looked_up(log):
    """Other calls, more than are kept, have ended since."""
    prompt = log.prompt("long", user="alice")
    log.call("other")
    follower, stop = LogFollower(log.path, from_end=True), threading.Event()
    log.answer(prompt, "at last")
    log.answer("evt_gone")
    stop.set()

    calls = [*new_calls(follower, Filters(), [], stop)]
    assert [(call.user, call.prompt_text) for call in calls] == [("alice", "long"), (None, None)]


def test_the_end_of_a_step_needs_no_search(log, monkeypatch):
    """An agent's log has many, each about its step's start, and a search reads 64 MB."""
    searches = []
    monkeypatch.setattr(following, "event_by_id", lambda _, event_id: searches.append(event_id))
    follower, stop = LogFollower(log.path, from_end=True), threading.Event()
    for phase in ("start", "end"):
        log.write(
            action="system", extensions={"step": "chain", "phase": phase, "reply_to": "evt_start"}
        )
    log.answer("evt_gone")
    stop.set()

    assert len([*new_calls(follower, Filters(), [], stop)]) == 1
    assert searches == ["evt_gone"]
