"""Running the command in this process, and logs for it to read."""

from __future__ import annotations

import pytest

from hilt.cli.main import run
from hilt.core.event import Event
from hilt.io.session import Session


@pytest.fixture
def hilt(capsys, monkeypatch, tmp_path):
    """Runs the command in a folder of its own; gives its exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    for name in ("HILT_FILEPATH", "HILT_PROVIDERS", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HILT_OUTBOX", str(tmp_path / "outbox"))

    def command(*arguments):
        capsys.readouterr()
        code = run([str(each) for each in arguments])
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return command


def make_event(number, action="prompt", text="Hi", **extensions):
    """An event with a number for an id."""
    return Event(
        event_id=f"evt_{number:032x}",
        timestamp=f"2026-01-01T00:00:{number % 60:02}Z",
        session_id=f"conv_{number % 3}",
        actor={"type": "human", "id": "user"},
        action=action,
        content={"text": text},
        extensions=extensions or None,
    )


@pytest.fixture
def log(tmp_path):
    """Writes events to a log, and gives its path."""

    def write(*events, name="app.jsonl"):
        with Session(tmp_path / name) as session:
            session.append_all(events)
        return tmp_path / name

    return write
