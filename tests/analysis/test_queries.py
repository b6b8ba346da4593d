"""What a question gives, as tables."""

from __future__ import annotations

import importlib.util
import re
import sys
from datetime import datetime, timezone

import pytest

from hilt.analysis import queries
from hilt.analysis.calls import CALL_COLUMNS
from hilt.analysis.conversations import CONVERSATION_COLUMNS
from hilt.core.exceptions import MissingDependencyError
from hilt.core.ids_and_times import parse_timestamp


def test_dicts(log):
    """Flat JSON, one row each."""
    log.call()

    assert [row["answer"] for row in log.open().calls().to_dicts()] == ["Hello"]
    assert [row["action"] for row in log.open().events().to_dicts()] == ["prompt", "completion"]


@pytest.fixture
def odd_times(log):
    """A log with a call and a failure, and an event whose time is none."""
    log.call()
    log.failure(log.prompt())
    wrong = [b"never", b"2026-13-28T10:00:00Z", b"0001-01-01T00:00:00+14:00"]
    lines = log.path.read_bytes().splitlines(keepends=True)
    stamp = re.compile(rb'"timestamp":"[^"]*"')
    lines += [
        stamp.sub(b'"timestamp":"%b"' % time, lines[0]).replace(
            b'"session_id":"', b'"session_id":"odd-%d' % number
        )
        for number, time in enumerate(wrong)
    ]
    log.path.write_bytes(b"".join(lines))
    return log


def test_pandas(odd_times):
    """A data frame, where pandas is installed, whose times are timestamps of UTC."""
    pandas = pytest.importorskip("pandas")
    log = odd_times.open()

    frame = log.calls().to_pandas()
    events = log.events().to_pandas()
    conversations = log.conversations().to_pandas()

    assert list(frame["outcome"])[:2] == ["completed", "failed"]
    for times in (
        frame["timestamp"], frame["started"], events["timestamp"], conversations["started"],
        conversations["ended"],
    ):  # fmt: skip
        assert str(times.dtype).startswith("datetime64[")
        assert str(times.dtype).endswith(", UTC]")
        assert times.notna().any()
    assert frame["started"][0] == pandas.Timestamp(log.calls().first().started)
    assert list(events["timestamp"].notna()) == [True] * 4 + [False]  # others are not read
    assert log.calls(model="nope").to_pandas().empty


def test_arrow(odd_times):
    """A table, where pyarrow is installed, whose times are timestamps of UTC."""
    pyarrow = pytest.importorskip("pyarrow")
    log = odd_times.open()

    table = log.calls().to_arrow()

    assert table.num_rows >= 2
    for name in ("timestamp", "started"):
        assert table.schema.field(name).type == pyarrow.timestamp("us", tz="UTC")
    assert table["started"][0].as_py() == parse_timestamp(log.calls().first().started)
    assert log.events().to_arrow()["timestamp"].null_count == 1


def test_arrow_has_the_columns_of_every_row(log, monkeypatch):
    """Also those that the first row of a batch lacks, and values that have no type in common."""
    pyarrow = pytest.importorskip("pyarrow")
    monkeypatch.setattr(queries, "_BATCH", 2)
    answers = [log.call(), log.call(), log.call()]
    log.failure(log.prompt())
    for answer, rating in zip(answers, (5, "good", 4), strict=True):
        log.write(action="feedback", extensions={"reply_to": answer, "rating": rating})

    calls, events = log.open().calls().to_arrow(), log.open().events().to_arrow()

    assert calls["error_code"].to_pylist() == [None, None, None, "rate_limit"]
    assert calls["rating"].to_pylist() == ["5", "good", "4", None]
    assert calls["cost_usd"].type == pyarrow.float64()
    names = {name for row in log.open().calls().to_dicts() for name in row}
    assert names < set(calls.column_names)
    costs = [(each or {}).get("cost_usd") for each in events["metrics"].to_pylist()]
    assert [cost for cost in costs if cost] == [0.5, 0.5, 0.5]


COLUMNS = {
    "events": "event_id timestamp action content metrics extensions",
    "calls": "id timestamp started user model error_code cost_usd latency_ms rating tools",
    "conversations": "id started ended calls failed users models title cost_usd",
}


@pytest.mark.parametrize("kind", COLUMNS)
@pytest.mark.parametrize("filters", [{}, {"model": "nope"}])
def test_tables_have_the_same_columns_whatever_was_found(log, kind, filters):
    """A notebook that asks for errors goes on where there are none."""
    log.call()
    query = getattr(log.open(), kind)(**filters)
    rows = len(query.to_dicts())

    for name, method in (("pandas", query.to_pandas), ("pyarrow", query.to_arrow)):
        if importlib.util.find_spec(name):
            table = method()
            columns = list(getattr(table, "column_names", table.columns))
            assert len(table) == rows
            assert {*COLUMNS[kind].split()} <= {*columns}
            assert columns[: len(query._columns)] == list(query._columns)
            assert len(columns) == len({*columns})


def test_calls_and_conversations_have_no_other_columns(log):
    """The names of all of their values."""
    log.call()
    log.failure(log.prompt())
    opened = log.open()

    assert tuple(opened.conversations().to_dicts()[0]) == CONVERSATION_COLUMNS
    assert tuple(opened.calls().first()._values()) == CALL_COLUMNS


@pytest.mark.parametrize("name", ["pandas", "pyarrow"])
def test_what_is_not_installed_is_named(log, monkeypatch, name):
    """With how to install it."""
    monkeypatch.setitem(sys.modules, name, None)
    calls = log.open().calls()

    with pytest.raises(MissingDependencyError, match=f"pip install {name}"):
        calls.to_pandas() if name == "pandas" else calls.to_arrow()


def test_rows_come_in_batches_with_times_as_times(odd_times, monkeypatch):
    """Without the packages, too; a last batch that is not full has the rest."""
    monkeypatch.setattr("hilt.analysis.queries._BATCH", 2)

    batches = list(odd_times.open().events()._batches())

    assert [len(batch) for batch in batches] == [2, 2, 1]
    rows = [row for batch in batches for row in batch]
    assert [row["action"] for row in rows] == ["prompt", "completion", "prompt", "system", "prompt"]
    assert [row["timestamp"] for row in rows] == [
        *(datetime(2026, 11, 28, 10, 0, second, tzinfo=timezone.utc) for second in range(1, 5)),
        None,
    ]
    assert all(row["event_id"] for row in rows)
