"""The options ``--engine`` and ``--master``, and archives in the place of logs."""

from __future__ import annotations

import json
import sys

import pytest

from hilt.core.event import Event


@pytest.fixture
def place(hilt, log):
    """A log with one call, and its archive."""
    base = {"session_id": "conv_1", "timestamp": "2026-01-01T00:00:00Z"}
    path = log(
        Event(**base, event_id="p", actor={"type": "human", "id": "ann"}, action="prompt",
              content={"text": "Wo ist es?"}),
        Event(**base, event_id="c", actor={"type": "agent", "id": "openai"}, action="completion",
              content={"text": "Hier"}, metrics={"tokens": {"prompt": 3, "completion": 1},
              "cost_usd": 0.5}, extensions={"reply_to": "p", "model": "m", "latency_ms": 100}),
    )  # fmt: skip
    pytest.importorskip("duckdb", reason='pip install "hilt[sql]"')
    assert hilt("archive", path, "--to", "archive")[0] == 0
    return path


@pytest.mark.parametrize(
    "command",
    [("stats", "--by", "model,user"), ("cost",), ("search", "IST"), ("search", "ist", "--json")],
)
def test_an_archive_answers_as_its_log(hilt, place, command):
    """And so does DuckDB on the log, which only the reader searches."""
    expected = hilt(*command, place)

    assert hilt(*command, "archive") == expected
    assert hilt(*command, place, "--engine", "reader") == expected
    assert hilt(*command, place, "--engine", "duckdb")[:2] == (
        expected[:2] if command[0] != "search" else (2, "")
    )


def test_sql_on_an_archive(hilt, place):
    """Rows are JSON, times in it as text."""
    code, out, err = hilt("sql", "SELECT id, day, failed, answer FROM calls", "archive", "--json")

    assert (code, err) == (0, "")
    assert json.loads(out) == {
        "id": "c", "day": "2026-01-01", "failed": False, "answer": "Hier",
    }  # fmt: skip
    assert "an engine takes no filters" in hilt("sql", "SELECT 1", "archive", "--user", "ann")[2]


@pytest.mark.parametrize("option", [("--text", "ist"), ("--action", "prompt")])
def test_what_an_engine_cannot_look_for_is_said(hilt, place, option):
    """Of a log and of its archive alike."""
    message = f"hilt: {option[0]}: only the reader can look for that, in logs\n"

    assert hilt("stats", *option, "archive") == (2, "", message)
    assert hilt("stats", *option, place, "--engine", "duckdb") == (2, "", message)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--engine", "presto"), "--engine: no engine 'presto'; there are reader, duckdb, spark"),
        (("--engine", "reader"), "is an archive; duckdb and spark read it"),
        (("--text", "x"), "text: only the reader"),
    ],
)
def test_wrong_usage_says_what_is_right(hilt, place, arguments, message):
    """Exit code 2."""
    code, out, err = hilt("stats", "archive", *arguments)

    assert (code, out) == (2, "")
    assert message in err
    assert "standard input" in hilt("stats", "-", "--engine", "duckdb")[2]


def test_missing_pyspark_says_what_to_install(hilt, place, monkeypatch):
    """Exit code 2."""
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)

    assert hilt("stats", "archive", "--engine", "spark") == (
        2, "", 'hilt: --engine spark needs the package pyspark: pip install "hilt[spark]"\n',
    )  # fmt: skip
