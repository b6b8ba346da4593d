"""Ctrl-C ends every command with 130, without a traceback, and leaves nothing half-written."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hilt.cli.commands import COMMANDS, load

READING = {
    "tail": ("tail", "LOG"),
    "tail --events": ("tail", "LOG", "--events"),
    "show": ("show", "--last", "LOG"),
    "search": ("search", "Paris", "LOG"),
    "stats": ("stats", "LOG"),
    "cost": ("cost", "LOG"),
    "reprice": ("reprice", "LOG"),
    "reprice -o": ("reprice", "LOG", "-o", "out.jsonl"),
    "watch": ("watch", "LOG", "--once", "--limit", "total=1/day"),
    "diff": ("diff", "LOG", "empty.jsonl"),
    "sql": ("sql", "SELECT count(*) FROM events", "LOG"),
    "validate": ("validate", "LOG"),
    "report": ("report", "LOG", "-o", "out.html"),
    "convert": ("convert", "LOG", "-o", "out.csv"),
    "convert --to sqlite": ("convert", "LOG", "-o", "out.db", "--to", "sqlite"),
    "convert --to parquet": ("convert", "LOG", "-o", "out.parquet", "--to", "parquet"),
    "archive": ("archive", "LOG", "--to", "archive"),
    "privacy check": ("privacy", "check", "LOG"),
    "redact": ("redact", "LOG"),
    "subject find": ("subject", "find", "ann", "LOG"),
    "subject export": ("subject", "export", "ann", "LOG", "-o", "out.jsonl"),
    "subject erase": ("subject", "erase", "ann", "LOG"),
    "retain": ("retain", "LOG", "--older-than", "1d"),
    "unseal": ("unseal", "LOG", "-o", "out.jsonl"),
}
"""Commands that read a log; here it is a pipe that nobody has finished writing."""

NEEDS = {"sql": "duckdb", "convert --to parquet": "duckdb", "archive": "duckdb",
         "unseal": "cryptography"}  # fmt: skip

WORKING = {
    "import": (("import", "spans.json", "-o", "out.jsonl"), "hilt.io.session.Session.__init__"),
    "demo": (("demo",), "hilt.testing.provider.provider.Provider.start"),
    "doctor": (("doctor",), "hilt.cli.diagnosis.diagnose"),
    "sheets setup": (("sheets", "setup", "--sheet-id", "x"), "hilt.io.sheets.sink.SheetsSink.__init__"),
    "sheets pull": (("sheets", "pull", "--sheet-id", "x"), "hilt.io.sheets.sink.SheetsSink.__init__"),
    "sheets check": (("sheets", "check", "--sheet-id", "x"), "hilt.io.sheets.sink.SheetsSink.__init__"),
    "sheets status": (("sheets", "status"), "hilt.io.sheets.outbox_status.outbox_status"),
}  # fmt: skip
"""Other commands, and what they call when they are at work."""

SERVING = {"view", "replay"}
"""Commands that run until they are interrupted, which is no failure: tested with the others of theirs."""

RUN = """
import signal
from hilt.cli.main import main
signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
main()
"""


def names_of_commands() -> Iterator[str]:
    """Every command of the registry; those of a group by two words."""
    for row in COMMANDS:
        command: Any = load(row)
        if hasattr(command, "commands"):
            yield from (f"{row.name} {name}" for name in command.commands)
        else:
            yield row.name


def test_no_command_is_left_out():
    """A new one has a row here."""
    tested = {name.partition(" -")[0] for name in (*READING, *WORKING)}

    assert sorted(tested | SERVING) == sorted(names_of_commands())


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
@pytest.mark.parametrize("command", READING)
@pytest.mark.slow_after(2)
def test_while_a_log_is_read(tmp_path: Path, command: str) -> None:
    """Nothing is printed, and there is no output, whole or in part."""
    if command in NEEDS:
        pytest.importorskip(NEEDS[command])
    os.mkfifo(tmp_path / "LOG")
    (tmp_path / "empty.jsonl").touch()
    running = subprocess.Popen(
        [sys.executable, "-c", RUN, *READING[command]],
        cwd=tmp_path,
        env={**os.environ, "XDG_STATE_HOME": str(tmp_path / "state")},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    with running:
        try:
            pipe = os.open(tmp_path / "LOG", os.O_WRONLY)  # waits until the command has opened it
            running.send_signal(signal.SIGINT)
            out, err = running.communicate(timeout=60)
        finally:
            running.kill()
        os.close(pipe)

    assert (running.returncode, out, err) == (130, b"", b"")
    left = {each.name for each in tmp_path.iterdir()}
    assert left - {"state", "LOG.lock"} == {"LOG", "empty.jsonl"}


@pytest.mark.parametrize("command", WORKING)
def test_while_a_command_works(hilt, tmp_path, monkeypatch, command):
    """Nothing is left behind either, but the log that the demo is about."""
    (tmp_path / "spans.json").write_text("[]", encoding="utf-8")
    arguments, inner = WORKING[command]
    pytest.importorskip("gspread" if command.startswith("sheets") else "hilt")

    def interrupted(*_args: object, **_options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(inner, interrupted)
    before = sorted(each.name for each in tmp_path.iterdir())

    code, _, err = hilt(*arguments)

    assert code == 130
    assert "Traceback" not in err
    left = sorted(each.name for each in tmp_path.iterdir() if each.name != "logs")
    assert left == before
