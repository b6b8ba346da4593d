"""The views in DuckDB; skipped where it is not installed."""

from __future__ import annotations

import pytest

from hilt.analysis import duckdb_views
from hilt.analysis.duckdb_views import run_sql
from hilt.core.exceptions import SinkError

duckdb = pytest.importorskip("duckdb", reason='pip install "hilt[sql]"')


def test_only_what_a_query_names_is_read(log):
    """Reading a log takes time."""

    def unread():
        raise AssertionError
        yield

    log.call("Hi", "Hello")

    with run_sql("SELECT cost_usd FROM calls", unread(), log.open().calls()) as (columns, rows):
        assert (columns, list(rows)) == (["cost_usd"], [(0.5,)])


def test_costs_and_latencies_equal_those_of_the_reader(log):
    """To the cent and the call."""
    for number in range(20):
        log.call("Hi", "Hello", cost=number / 7, latency_ms=number * 100.0)
    log.failure(log.prompt("Hi"))
    total = log.open().stats().total

    query = (
        "SELECT count(*), sum(failed), sum(cost_usd), percentile_cont(0.95) WITHIN GROUP "
        "(ORDER BY latency_ms) FILTER (outcome = 'completed') FROM calls"
    )
    with run_sql(query, (), log.open().calls()) as (_, rows):
        (row,) = rows

    assert row[:2] == (total.calls, total.failed)
    assert row[2:] == pytest.approx((total.cost_usd, total.latency_ms(0.95)))


@pytest.mark.parametrize("what", [(duckdb, "connect"), (duckdb_views, "_load")])
def test_a_folder_for_temporary_files_that_is_full_is_named(what, log, monkeypatch):
    """It may be on another disk than the log and the output."""
    log.call()

    def full(*_):
        raise duckdb.IOException('Could not write file "log.duckdb": No space left on device')

    monkeypatch.setattr(*what, full)

    said = "cannot hold the temporary files: Could not write .* left on device; TMPDIR can name"
    with pytest.raises(SinkError, match=said), run_sql("SELECT 1", (), log.open().calls()):
        pass
