"""CPU seconds and peak memory of each question to a log, each in a process of its own.

    python benchmarks/log_tools.py LOG.jsonl

DuckDB answers two of the questions beside it, where it is installed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

_HILT = (sys.executable, "-m", "hilt")
_DUCKDB = "import duckdb, sys; duckdb.sql(sys.argv[1].format(sys.argv[2])).fetchall()"
_FROM = "FROM read_json('{}', format='newline_delimited', ignore_errors=true) "
_SQL = {
    "stats": "SELECT extensions->>'model', count(*), sum(CAST(metrics->>'cost_usd' AS DOUBLE)) "
    f"{_FROM} WHERE action IN ('completion', 'system') GROUP BY 1",
    "search": f"SELECT event_id {_FROM} WHERE content->>'text' ILIKE '%zebraquokka%'",
}


def main() -> None:
    """Print what each question costs on one log."""
    with tempfile.TemporaryDirectory() as folder:
        _measure_all(sys.argv[1], folder)


def _measure_all(log: str, folder: str) -> None:
    gigabytes = Path(log).stat().st_size / 1e9
    last = _last_id(log)
    questions = {
        "help": ("--help",),
        "stats": ("stats", log),
        "cost": ("cost", log, "--by", "day"),
        "search": ("search", "zebraquokka", log),
        "show (an ID near the end)": ("show", last, log),
        "tail -n 20": ("tail", "-n", "20", log),
        "validate": ("validate", log),
        "convert --to csv": ("convert", log, "-o", f"{folder}/log.csv"),
    }
    print(f"{'question':<28}{'CPU s':>8}{'s a GB':>8}{'peak MB':>9}")
    for name, arguments in questions.items():
        _measure(name, (*_HILT, *arguments), gigabytes)
    for name, arguments in _archive_questions(log, folder) if find_spec("duckdb") else ():
        _measure(name, (*_HILT, *arguments), gigabytes)
    for name, sql in _SQL.items() if find_spec("duckdb") else ():
        _measure(f"{name} with DuckDB", (sys.executable, "-c", _DUCKDB, sql, log), gigabytes)


def _archive_questions(log: str, folder: str) -> list[tuple[str, tuple[str, ...]]]:
    """Writing Parquet files, and asking an archive, in a folder that is empty."""
    archive = f"{folder}/archive"
    return [
        ("convert --to parquet", ("convert", log, "-o", f"{folder}/log.parquet")),
        ("archive", ("archive", log, "--to", archive)),
        ("archive, again", ("archive", log, "--to", archive)),
        ("stats of the archive", ("stats", archive)),
        ("cost of the archive", ("cost", archive, "--by", "day")),
        ("search in the archive", ("search", "zebraquokka", archive)),
    ]


def _measure(name: str, command: tuple[str, ...], gigabytes: float) -> None:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, _, usage = os.wait4(process.pid, 0)
    process.returncode = 0
    seconds = usage.ru_utime + usage.ru_stime
    print(f"{name:<28}{seconds:8.2f}{seconds / gigabytes:8.2f}{usage.ru_maxrss / 1024:9.0f}")


def _last_id(log: str) -> str:
    with Path(log).open("rb") as file:
        file.seek(-200_000, os.SEEK_END)
        lines = [line for line in file.read().splitlines() if b'"action":"completion"' in line]
    return lines[-1].split(b'"event_id":"')[1][:36].decode()


if __name__ == "__main__":
    main()
