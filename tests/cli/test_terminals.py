"""Every command on a terminal of any width, without colours, in ASCII, and into a pipe that closes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from rich.cells import cell_len

from tests.analysis.conftest import LogWriter
from tests.hilt_otel_exporters.conftest import chat

pty = pytest.importorskip("pty")
fcntl = pytest.importorskip("fcntl")

COMMANDS = {
    "tail": ("tail", "app.jsonl"),
    "tail events": ("tail", "app.jsonl", "--events"),
    "show": ("show", "--last", "app.jsonl"),
    "search": ("search", "Paris", "app.jsonl"),
    "stats": ("stats", "app.jsonl"),
    "cost": ("cost", "app.jsonl"),
    "reprice": ("reprice", "app.jsonl"),
    "diff": ("diff", "app.jsonl", "app.jsonl"),
    "validate": ("validate", "app.jsonl"),
    "watch": ("watch", "app.jsonl", "--once", "--limit", "total=1/day"),
    "privacy check": ("privacy", "check", "app.jsonl"),
    "subject find": ("subject", "find", "ann", "app.jsonl"),
    "retain": ("retain", "app.jsonl", "--older-than", "90d", "--dry-run"),
    "redact": ("redact", "app.jsonl", "--dry-run"),
    "unseal": ("unseal", "app.jsonl", "-o", "open.jsonl"),
    "archive": ("archive", "app.jsonl", "--to", "archive"),
    "import": ("import", "spans.jsonl", "-o", "new.jsonl"),
    "sql": ("sql", "SELECT model, outcome, prompt FROM calls", "app.jsonl"),
    "subject export": ("subject", "export", "ann", "app.jsonl", "-o", "ann.html"),
    "report": ("report", "app.jsonl", "-o", "page.html"),
    "replay": ("replay", "app.jsonl", "--", sys.executable, "--version"),
    "sheets status": ("sheets", "status"),
    "doctor": ("doctor",),
    "help": ("--help",),
    "markdown": ("convert", "app.jsonl", "--to", "markdown"),
    "csv": ("convert", "app.jsonl", "--to", "csv"),
}
"""Commands that end by themselves."""

TABLES = ("stats", "cost", "reprice", "diff", "tail", "tail events", "help", "doctor", "sql")
"""Those that fit their tables to the terminal."""

NEED_50 = ("tail events", "help")
"""Those that are no narrower than 50 columns."""

pytestmark = pytest.mark.slow


NEEDS = {"archive": "duckdb", "sql": "duckdb"}


@pytest.fixture
def folder(tmp_path: Path, command: str) -> Path:
    """A folder with a log of two calls, in several scripts, and with spans."""
    if command in NEEDS:
        pytest.importorskip(NEEDS[command])
    span = {"name": "chat", "context": {"trace_id": "0x1", "span_id": "0x2"}}
    moment = "2026-11-21T10:00:00.500000Z"
    times = {"start_time": moment, "end_time": moment}
    (tmp_path / "spans.jsonl").write_text(
        json.dumps({**span, **times, "attributes": chat()}) + "\n"
    )
    log = LogWriter(tmp_path / "app.jsonl")
    log.call(
        "Is it raining in Paris? 我 ünïcode", "Yes, take an umbrella: it rains. ☔", user="ann"
    )
    log.failure(log.prompt("And tomorrow?"))
    return tmp_path


def surroundings(folder: Path, **more: str) -> dict[str, str]:
    """A user's environment, whose state is in the folder."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HILT_")}
    return {**kept, "XDG_STATE_HOME": str(folder / "state"), "TERM": "xterm-256color", **more}


def on_terminal(folder: Path, arguments: tuple[str, ...], columns: int, **more: str) -> str:
    """What a command shows on a terminal of some columns."""
    import struct
    import termios

    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    environment = surroundings(folder, **more)
    environment.pop("COLUMNS", None)
    running = subprocess.Popen(
        [sys.executable, "-m", "hilt", *arguments],
        cwd=folder,
        env=environment,
        stdin=its,
        stdout=its,
        stderr=its,
    )
    os.close(its)
    shown = b""
    while True:
        try:
            part = os.read(ours, 65_536)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        shown += part
    os.close(ours)
    running.wait()
    return shown.decode()


@pytest.mark.parametrize(
    ("command", "columns"),
    [
        (command, columns)
        for command in TABLES
        for columns in (40, 80, 200)
        if columns > 40 or command not in NEED_50
    ],
)
def test_tables_fit_the_terminal(folder: Path, command: str, columns: int) -> None:
    """No row is wider; sentences are left to the terminal, so that they can be copied whole."""
    shown = re.sub(r"\x1b\[[0-9;]*m", "", on_terminal(folder, COMMANDS[command], columns))

    rows = [line.rstrip() for line in shown.splitlines() if "  " in line.strip()]

    assert "Traceback" not in shown
    assert rows
    assert [row for row in rows if cell_len(row) > columns] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_no_color_is_respected(folder: Path, command: str) -> None:
    """https://no-color.org: nothing is coloured, on a terminal either."""
    shown = on_terminal(folder, COMMANDS[command], 80, NO_COLOR="1")

    assert re.findall(r"\x1b\[(?:3|4|9|10)\d[;m]", shown) == []
    assert "Traceback" not in shown


@pytest.mark.parametrize("command", COMMANDS)
def test_ascii_is_no_error(folder: Path, command: str) -> None:
    """What has no form in ASCII is written another way."""
    done = subprocess.run(
        [sys.executable, "-m", "hilt", *COMMANDS[command]],
        cwd=folder,
        env=surroundings(folder, PYTHONIOENCODING="ascii", LC_ALL="C"),
        capture_output=True,
    )

    assert done.returncode in (0, 1)
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_pipe_that_closes_is_no_error(folder: Path, command: str) -> None:
    """As ``head`` does: nothing is said of it."""
    running = subprocess.Popen(
        [sys.executable, "-m", "hilt", *COMMANDS[command]],
        cwd=folder,
        env=surroundings(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert running.stdout is not None
    running.stdout.close()
    said = running.stderr.read() if running.stderr else b""
    running.wait()
    if running.stderr:
        running.stderr.close()

    assert b"Traceback" not in said
    assert b"BrokenPipe" not in said


def test_no_columns_are_as_none_given(tmp_path):
    """Some machines set COLUMNS=0 where there is no terminal."""
    LogWriter(tmp_path / "app.jsonl").call()
    command = [sys.executable, "-m", "hilt", "stats", "app.jsonl"]

    done = subprocess.run(
        command, cwd=tmp_path, env={**os.environ, "COLUMNS": "0"}, capture_output=True, text=True
    )

    assert "1 call" in done.stdout
