"""``hilt replay``."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import openai
import pytest

from hilt.core.event import Event
from hilt.io.session import Session
from tests.cli.conftest import make_event

ASK = """
from openai import OpenAI
answer = OpenAI().chat.completions.create(
    model="gpt-4o-mini", messages=[{"role": "user", "content": "Hi"}]
)
print(answer.choices[0].message.content)
raise SystemExit(7)
"""


@pytest.fixture
def recorded(log):
    """A log of one chat call."""
    common = {"session_id": "s", "provenance": {"provider": "openai", "operation": "chat"}}
    prompt = Event(
        actor={"type": "human", "id": "user"}, action="prompt", content={"text": "Hi"}, **common
    )
    completion = Event(
        actor={"type": "agent", "id": "openai"},
        action="completion",
        content={"text": "Hello from the log."},
        extensions={"reply_to": prompt.event_id, "model": "gpt-4o-mini", "outcome": "completed"},
        **common,
    )
    return log(prompt, completion)


def test_serves_until_it_is_stopped(recorded):
    """It prints its address first, serves the answers, and ends with 0."""
    command = [sys.executable, "-m", "hilt", "replay", str(recorded), "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        printed = json.loads(server.stdout.readline())
        with openai.OpenAI(
            base_url=printed["environment"]["OPENAI_BASE_URL"], api_key="test"
        ) as client:
            answer = client.chat.completions.create(
                model="gpt-4o-mini", messages=[{"role": "user", "content": "Hi"}]
            )
        server.send_signal(signal.SIGTERM)

    assert server.returncode == 0
    assert answer.choices[0].message.content == "Hello from the log."
    assert (printed["answers"], printed["models"], printed["skipped"]) == (
        1,
        {"gpt-4o-mini": 1},
        {},
    )


def test_prints_where_it_serves(hilt, recorded, monkeypatch):
    """The variables of the SDKs are printed for a shell, and on stderr what is served."""
    monkeypatch.setattr("hilt.cli.replay._wait", lambda: None)

    code, out, err = hilt("replay", recorded)

    lines = [line.rpartition(":")[0] for line in out.splitlines()]
    assert code == 0
    assert lines == [
        "export OPENAI_BASE_URL=http://127.0.0.1",
        "export ANTHROPIC_BASE_URL=http://127.0.0.1",
        "export GOOGLE_GEMINI_BASE_URL=http://127.0.0.1",
        "export CO_API_URL=http://127.0.0.1",
    ]
    assert err == "Serving 1 answer:\n  1 from gpt-4o-mini\nPress Ctrl-C to stop.\n"


def test_calls_that_cannot_be_served_are_counted(hilt, recorded, monkeypatch):
    """What the log cannot answer is counted by reason."""
    monkeypatch.setattr("hilt.cli.replay._wait", lambda: None)
    with Session(recorded) as session:
        session.append(make_event(1, "completion", outcome="completed"))

    err = hilt("replay", recorded)[2]

    assert err.splitlines()[2] == "Skipped 1 call: logged without its prompt"


def test_log_without_answers_is_not_served(hilt, log):
    """Nobody waits for a server that can answer nothing."""
    path = log(make_event(1, "completion", outcome="completed"))

    assert hilt("replay", path) == (
        1,
        "",
        f"hilt: {path}: has no answers to serve; 1 call skipped: logged without its prompt\n",
    )


def test_runs_a_command_on_the_log(recorded):
    """A command after -- finds the replay through its environment; its exit code is given back."""
    command = [sys.executable, "-m", "hilt", "replay", str(recorded), "--", sys.executable, "-c"]

    done = subprocess.run([*command, ASK], capture_output=True, text=True)

    assert (done.returncode, done.stdout) == (7, "Hello from the log.\n")


def test_command_that_is_not_there(hilt, recorded):
    """A command that cannot be run is named."""
    assert hilt("replay", recorded, "--", "no-such-command") == (
        2,
        "",
        "hilt: no-such-command: No such file or directory\n",
    )


def test_missing_log(hilt):
    """A log that is not there is wrong usage."""
    assert hilt("replay", "no.jsonl") == (2, "", "hilt: no.jsonl: there is no such log\n")
