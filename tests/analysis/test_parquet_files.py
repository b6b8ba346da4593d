"""Parquet files; skipped where DuckDB is not installed."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

from hilt.analysis.event_columns import COLUMNS
from hilt.analysis.filters import Filters
from hilt.analysis.parquet_files import write_parquet

duckdb = pytest.importorskip("duckdb", reason='pip install "hilt[sql]"')


def written(log, tmp_path, **filters):
    """The rows of the file, as dicts without what is NULL, and what was skipped."""
    path = tmp_path / "log.parquet"
    count, skipped, _ = write_parquet(log.open(), Filters(**filters), path)
    with duckdb.connect() as database:
        database.execute("SET TimeZone = 'UTC'")
        rows = database.execute(  # as a text, for which no version of DuckDB needs pytz
            "SELECT * REPLACE (CAST(timestamp AS VARCHAR) AS timestamp) FROM read_parquet(?)",
            [str(path)],
        )
        names = [each[0] for each in rows.description]
        values = [dict(zip(names, row, strict=True)) for row in rows.fetchall()]
    assert len(values) == count
    return [{k: v for k, v in each.items() if v is not None} for each in values], skipped


def test_events_have_the_columns_that_are_promised(log, tmp_path):
    """In their order, numbers as numbers and times as times."""
    prompt = log.prompt("Wo? 我", user="ann")
    log.answer(prompt, "Da\x00", cost=0.1)

    rows, skipped = written(log, tmp_path)

    assert rows[0] == {
        "timestamp": "2026-11-28 10:00:01+00", "event_id": prompt, "session_id": "s", "actor_type": "human", "actor_id": "ann",
        "action": "prompt", "text": "Wo? 我",
    }  # fmt: skip
    assert rows[1] == {
        "timestamp": "2026-11-28 10:00:02+00",
        "event_id": f"evt_{2:032x}", "session_id": "s", "actor_type": "agent",
        "actor_id": "openai", "action": "completion", "text": "Da\x00", "reply_to": prompt,
        "provider": "openai", "model": "gpt-5", "response_model": "gpt-5-2026",
        "outcome": "completed", "status_code": 200, "tokens_in": 10, "tokens_out": 4,
        "tokens_cached": 5, "cost_usd": 0.1, "latency_ms": 2000.0,
    }  # fmt: skip
    assert skipped == 0


def test_names_and_types_are_those_of_the_table(log, tmp_path):
    """A file with no row has them too."""
    log.prompt()
    path = tmp_path / "log.parquet"
    write_parquet(log.open(), Filters(user="nobody"), path)

    with duckdb.connect() as database:
        rows = database.execute("DESCRIBE SELECT * FROM read_parquet(?)", [str(path)]).fetchall()

    zone = "TIMESTAMP WITH TIME ZONE"
    assert [(row[0], row[1].replace(zone, "TIMESTAMPTZ")) for row in rows] == [
        (name, column.kind) for name, column in COLUMNS.items()
    ]


def test_filters_choose_what_is_written(log, tmp_path):
    """As in every command."""
    log.call("Hi", user="ann")
    log.call("Ho", user="bob")

    rows, _ = written(log, tmp_path, user="bob")

    assert [row["action"] for row in rows] == ["prompt", "completion"]
    assert rows[0]["actor_id"] == "bob"


def test_rotated_parts_and_lines_that_are_no_events(log, tmp_path):
    """Compressed parts come first; what is torn, or no JSON, is counted."""
    first = log.prompt("1")
    data = log.path.read_bytes()
    with gzip.open(tmp_path / "app.20261128T100000000000Z.jsonl.gz", "wb") as file:
        file.write(data + b'{"torn\n{"event_id": }\n')
    log.path.write_bytes(b"")
    second = log.prompt("2")

    rows, skipped = written(log, tmp_path)

    assert [row["event_id"] for row in rows] == [first, second]
    assert skipped == 2


@pytest.mark.parametrize("sound", [True, False])
def test_odd_values_cost_themselves_only(log, tmp_path, sound):
    """A value of another type is NULL; a line with half of a surrogate pair is no event."""
    log.write(extensions={"latency_ms": "slow", "model": ["a"]})
    with log.path.open("ab") as file:
        file.write(
            rb'{"event_id":"e","timestamp":"never","session_id":"s","actor":7,"action":"prompt",'
            rb'"content":{"text":"' + (b"" if sound else rb"\ud83d \ud83d\ude00 \\ud83d") + b'"}}\n'
        )

    rows, skipped = written(log, tmp_path)

    assert rows[0]["model"] == '["a"]'
    assert "latency_ms" not in rows[0]
    odd = {"event_id": "e", "session_id": "s", "action": "prompt", "text": ""}
    assert (rows[1:], skipped) == (([odd], 0) if sound else ([], 1))


def test_the_page_has_the_columns():
    """And what type each has."""
    page = (Path(__file__).parents[2] / "docs" / "beyond_one_machine.md").read_text("utf-8")
    rows = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \| (\w+)", page, re.MULTILINE)
    names = [(name, kind) for row, kind in rows for name in re.findall(r"\w+", row)]
    kinds = {"VARCHAR": "text", "BIGINT": "integer", "DOUBLE": "double", "TIMESTAMPTZ": "timestamp"}

    assert sorted(names) == sorted(
        [(name, kinds[column.kind]) for name, column in COLUMNS.items()]
        + [("event", "text"), ("day", "date")]
    )
