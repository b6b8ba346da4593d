"""Tests for ``hilt import``."""

from __future__ import annotations

import json
from pathlib import Path

import typer
from typer.testing import CliRunner

from hilt.cli.import_ import import_command
from tests.hilt_otel_exporters.conftest import chat

app = typer.Typer()
app.command()(import_command)


def spans(folder: Path) -> Path:
    """A file with one span."""
    path = folder / "spans.jsonl"
    span = {"name": "chat", "context": {"trace_id": "0x1", "span_id": "0x2"}}
    moment = "2026-11-21T10:00:00.500000Z"
    times = {"start_time": moment, "end_time": moment}
    path.write_text(json.dumps({**span, **times, "attributes": chat()}) + "\n")
    return path


def test_spans_become_events_of_the_log(tmp_path: Path) -> None:
    """The log has the events, and stdout says how many."""
    log = tmp_path / "log.jsonl"

    result = CliRunner().invoke(app, [str(spans(tmp_path)), "-o", str(log)])

    assert result.exit_code == 0
    assert "2 events" in result.stdout
    assert log.read_text().count("\n") == 2


def test_result_as_json(tmp_path: Path) -> None:
    """With ``--json`` a program can read what was done."""
    arguments = [str(spans(tmp_path)), "-o", str(tmp_path / "log.jsonl"), "--json"]

    result = CliRunner().invoke(app, arguments)

    assert json.loads(result.stdout)["events"] == 2


def test_content_can_be_left_out(tmp_path: Path) -> None:
    """With ``--no-content`` nothing that was said is in the log."""
    log = tmp_path / "log.jsonl"

    CliRunner().invoke(app, [str(spans(tmp_path)), "-o", str(log), "--no-content"])

    assert "Hello" not in log.read_text()


def test_unreadable_piece_is_a_finding(tmp_path: Path) -> None:
    """A torn line is said on stderr, and the exit code is 1."""
    path = spans(tmp_path)
    path.write_text(path.read_text() + '{"name": "ch\n')

    result = CliRunner().invoke(app, [str(path), "-o", str(tmp_path / "log.jsonl")])

    assert result.exit_code == 1
    assert "1 pieces" in result.stderr


def test_missing_file_is_wrong_usage(tmp_path: Path) -> None:
    """A file that is not there ends with code 2 and its name."""
    result = CliRunner().invoke(app, ["/gone.json", "-o", str(tmp_path / "log.jsonl")])

    assert result.exit_code == 2
    assert "/gone.json" in result.stderr
