"""Ctrl-C ends every command with 130, with no traceback, and leaves nothing that is half-written."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hilt.cli.commands import COMMANDS, load
from hilt.testing.sheets import Limits, SheetsEmulator
from tests.analysis.conftest import LogWriter
from tests.hilt_otel_exporters.conftest import chat

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT for one process")

CHILD = Path(__file__).with_name("interrupted.py")
READS = ("open", "app.jsonl")
WRITES = ("os.rename", "out.")

AT_WORK: dict[str, list[tuple[tuple[str, str], list[str]]]] = {
    "tail": [(READS, []), (READS, ["--follow"])],
    "show": [(READS, ["--last"])],
    "search": [(READS, ["Paris"])],
    "stats": [(READS, [])],
    "cost": [(READS, [])],
    "reprice": [
        (READS, []),
        (WRITES, ["-o", "out.jsonl"]),
        (("os.rename", "app.jsonl"), ["--in-place", "--as-of", "now"]),
    ],
    "watch": [
        (READS, ["--limit", "total=1/day"]),
        (("subprocess.Popen", "sleep"),
         ["--limit", "total=1call/day", "--since", "2000-01-01", "--run", "sleep 60"]),
    ],
    "diff": [(READS, ["app.jsonl"])],
    "sql": [(READS, ["SELECT count(*) FROM events"])],
    "validate": [(READS, [])],
    "view": [(READS, ["--no-browser"])],
    "report": [(READS, ["-o", "out.html"]), (WRITES, ["-o", "out.html"])],
    "convert": [
        (READS, ["--to", "csv"]),
        (WRITES, ["-o", "out.csv"]),
        (WRITES, ["-o", "out.sqlite"]),
        (WRITES, ["-o", "out.md"]),
    ],
    "archive": [
        (READS, ["--to", "archive"]),
        (("os.mkdir", "archive"), ["--to", "archive"]),
        (("os.rename", "archive"), ["--to", "archive"]),
    ],
    "import": [(("open", "spans.jsonl"), ["-o", "out.jsonl"])],
    "sheets setup": [(("socket.connect", "127.0.0.1"), [])],
    "sheets check": [(("socket.connect", "127.0.0.1"), [])],
    "sheets pull": [(("socket.connect", "127.0.0.1"), ["--into", "out.jsonl"])],
    "sheets status": [(("os.scandir", "outbox"), ["--outbox", "outbox"])],
    "privacy check": [(READS, [])],
    "redact": [(READS, []), (("os.rename", ".erasing.tmp"), [])],
    "subject find": [(READS, ["ann"])],
    "subject export": [
        (READS, ["ann", "-o", "out.jsonl"]),
        (WRITES, ["ann", "-o", "out.jsonl"]),
        (WRITES, ["ann", "-o", "out.html"]),
    ],
    "subject erase": [
        (READS, ["ann", "--yes"]),
        (("os.rename", ".erasing.tmp"), ["ann", "--yes"]),
    ],
    "retain": [
        (READS, ["--older-than", "0h"]),
        (("os.rename", ".erasing.tmp"), ["--older-than", "0h"]),
    ],
    "unseal": [(READS, ["-o", "out.jsonl"]), (WRITES, ["-o", "out.jsonl"])],
    "demo": [(("socket.connect", "127.0.0.1"), ["--embedded", "--log", "demo.jsonl"])],
    "doctor": [(("open", "METADATA"), [])],
    "replay": [(READS, []), (("subprocess.Popen", "sleep"), ["--", "sleep", "60"])],
}  # fmt: skip
"""Each command: the audit event at which it is interrupted, and the arguments."""

NEEDS = {
    "sql": "duckdb", "archive": "duckdb", "view": "starlette", "demo": "openai",
    "sheets setup": "gspread", "sheets check": "gspread", "sheets pull": "gspread",
}  # fmt: skip
NO_LOG = ("demo", "doctor", "import", "sheets setup", "sheets check", "sheets pull",
          "sheets status")  # fmt: skip
# What the log is told of a run that has begun to change it, or to read what was sealed.
RECEIPTS = {
    "redact": {"tool": "redact", "interrupted": True},
    "subject erase": {"tool": "erase", "interrupted": True},
    "retain": {"tool": "retain", "interrupted": True},
    "unseal": {"tool": "unseal", "events": 0},
}
LOG_SECOND = ("search", "sql", "subject find", "subject export", "subject erase")


def commands() -> Iterator[str]:
    """The names of all commands, those of groups with their group's."""
    for row in COMMANDS:
        below: dict[str, Any] = getattr(load(row), "commands", {})
        yield from (f"{row.name} {name}" for name in below) if below else (row.name,)


def words(command: str, arguments: list[str]) -> list[str]:
    """The command line, the log in its place."""
    if command == "import":
        return [command, "spans.jsonl", *arguments]
    if command in NO_LOG:
        return [*command.split(), *arguments]
    place = 1 if command in LOG_SECOND else 0
    return [*command.split(), *arguments[:place], "app.jsonl", *arguments[place:]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a log of two calls, spans, and an outbox."""
    log = LogWriter(tmp_path / "app.jsonl")
    log.call("Is it raining in Paris? Write to ann@example.org.", "Yes", user="ann")
    log.failure(log.prompt("And tomorrow?", user="bob"))
    span = {"name": "chat", "context": {"trace_id": "0x1", "span_id": "0x2"}}
    moment = "2026-11-21T10:00:00.500000Z"
    times = {"start_time": moment, "end_time": moment}
    (tmp_path / "spans.jsonl").write_text(
        json.dumps({**span, **times, "attributes": chat()}) + "\n"
    )
    (tmp_path / "outbox" / "one").mkdir(parents=True)
    return tmp_path


@pytest.fixture
def environment(folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A user's environment, whose state is in the folder."""
    for name in [name for name in os.environ if name.startswith(("HILT_", "GOOGLE_"))]:
        monkeypatch.delenv(name)
    root = str(Path(__file__).parents[2])
    return {**os.environ, "XDG_STATE_HOME": str(folder / "state"), "PYTHONPATH": root}


@pytest.fixture
def sheet(folder: Path, environment: dict[str, str]) -> Iterator[None]:
    """A spreadsheet that the commands find through the environment."""
    with SheetsEmulator(limits=Limits(None, None, None, None)) as emulator:
        emulator.add_book("book")
        (folder / "key.json").write_text(json.dumps(emulator.service_account()))
        environment.update(
            HILT_SHEETS_API_ROOT=emulator.api_root,
            GOOGLE_SHEET_ID="book",
            GOOGLE_CREDENTIALS_PATH="key.json",
        )
        yield


def contents(folder: Path) -> dict[str, bytes]:
    """The files of a folder, without locks, keys and the state of HILT."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".lock" and "state" not in path.parts
    }


def test_every_command_is_in_the_table() -> None:
    """A new one cannot be left out."""
    assert sorted(AT_WORK) == sorted(commands())


@pytest.mark.slow
@pytest.mark.usefixtures("sheet")
@pytest.mark.parametrize(
    ("command", "event", "arguments"),
    [
        pytest.param(command, event, arguments, id=" ".join([command, *arguments, "at", event[0]]))
        for command, cases in AT_WORK.items()
        for event, arguments in cases
    ],
)
def test_ctrl_c_leaves_things_as_they_were(
    folder: Path,
    environment: dict[str, str],
    command: str,
    event: tuple[str, str],
    arguments: list[str],
) -> None:
    """While it reads its input, before what it wrote gets its name, and while a program runs.

    What changes a log adds a receipt to it.
    """
    needed = NEEDS.get(command)
    if needed is not None and importlib.util.find_spec(needed) is None:
        pytest.skip(f"needs {needed}")
    before = contents(folder)

    done = subprocess.run(
        [sys.executable, str(CHILD), *event, *words(command, arguments)],
        cwd=folder, env=environment, capture_output=True, text=True, timeout=60,
    )  # fmt: skip

    after = contents(folder)
    assert done.returncode == 130, done.stderr
    assert "Traceback" not in done.stderr
    if command == "demo":  # a log has the prompt before the request leaves
        assert after.pop("demo.jsonl").endswith(b"}\n")
    if command in RECEIPTS and event[0] == "os.rename":
        size = len(before["app.jsonl"])
        added, after["app.jsonl"] = after["app.jsonl"][size:], after["app.jsonl"][:size]
        receipt = json.loads(added)["extensions"]["receipt"]
        assert {name: receipt[name] for name in receipt if name != "by"} == RECEIPTS[command]
    assert after == before


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "needed"),
    [(["view", "app.jsonl", "--no-browser"], "starlette"), (["replay", "app.jsonl"], None)],
    ids=["view", "replay"],
)
def test_ctrl_c_ends_a_server(
    folder: Path, environment: dict[str, str], arguments: list[str], needed: str | None
) -> None:
    """After it has answered, and while a client still holds a connection."""
    if needed is not None:
        pytest.importorskip(needed)
    command = [sys.executable, str(CHILD), "never", "", *arguments]
    with subprocess.Popen(
        command, cwd=folder, env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as server:  # fmt: skip
        assert server.stdout is not None
        address = server.stdout.readline().strip().rpartition("=http")
        url = f"http{address[2]}" if address[1] else address[2]
        try:
            answer = urllib.request.urlopen(url)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            server.send_signal(signal.SIGINT)
            _, err = server.communicate(timeout=60)

    assert server.returncode == 130
    assert "Traceback" not in err
