"""The reader, DuckDB and Spark give the same answers; skipped where an engine is not installed.

Those of Spark are marked, and run by .ci/run where Java is.
"""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest

from hilt.analysis.archive_folder import ArchiveFolder
from hilt.analysis.archiving import archive_logs
from hilt.analysis.call_sql import KEYS, SHARES
from hilt.analysis.engine_statistics import search_lines, summarize_with
from hilt.analysis.engines import open_engine
from hilt.analysis.filters import Filters
from hilt.core.exceptions import ConfigurationError, ReadError

ENGINES = [
    "duckdb",
    pytest.param(
        "spark",
        marks=[
            pytest.mark.spark,
            pytest.mark.filterwarnings("ignore::ResourceWarning"),
            pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
        ],
    ),
]
# Starting a query takes Spark a second, so that each asks for several things at once.
GROUPS = [
    (), ("model", "provider"), ("month", "day", "hour"), ("tool", "user"),
    ("session", "outcome", "operation", "error"),
]  # fmt: skip
FILTERS = [
    {"since": "2026-11-28 10:00:09", "until": "2026-11-28 10:00:30", "provider": "openai"},
    {"session": "t", "user": "BO*"},
    {"model": "text?embedding"},
    {"outcome": "unanswered"},
    {"errors": True, "model": "gpt-5*"},
    {"tool": "get_*"},
    {"slower_than": 1.5, "costlier_than": 0.2},
]


@pytest.fixture
def busy(log):
    """A log with every kind of call."""
    first = log.call("Hi", "Hello", user="ann", cost=1 / 3)
    log.call("So", "Well", user="ann", context=first, cost=None, cost_unknown="no price")
    for number in range(7):
        log.call(
            "Zürich 我的订单", "ﬁne", session_id="t", user=f"bob{number % 2}", cost=0.1 * number,
            latency_ms=100.0 * number, time_to_first_chunk_ms=10.0 * number,
            model="gpt-5" if number % 3 else "100%_sure",
        )  # fmt: skip
    log.failure(log.prompt(user="ann"))
    log.failure(log.prompt(user="eve"), outcome="timeout", code="timeout")
    log.prompt("Is anybody there?", user="ann")
    asked = log.answer(log.prompt("Rain?", user="ann"), "", finish_reason="tool_calls")
    called = log.tool_call(asked)
    log.answer(log.tool_result(called, asked), "Rain")
    both = log.call("And?", "", user="bob")
    for name, call_id in (("search", "c2"), ("search", "c3"), ("get_weather", "c4")):
        log.tool_call(both, name=name, call_id=call_id)
    prompt = log.prompt("vector", session_id="e")
    log.write(
        "e", ("agent", "openai"), "embedding", metrics={"tokens": {"prompt": 3}, "latency_ms": 7},
        extensions={"reply_to": prompt, "model": "text-embedding", "outcome": "completed"},
    )  # fmt: skip
    log.write("s", ("agent", "graph"), "system", extensions={"step": "node", "outcome": "failed"})
    log.write("s", ("system", "hilt"), "system", content={"text": "A notice of zebraquokka"})
    log.answer("evt_lost", "zebra\N{FULLWIDTH LATIN SMALL LETTER Q}uokka")
    odd = "2026-11-30T23:31:00.000000Z"
    for moment in ("2026-11-30T23:30:00.000000Z", odd):
        log.write(
            "s", ("agent", "openai"), "completion", timestamp=moment, content={"text": "late"},
            extensions={"reply_to": log.prompt("late", user="late"), "outcome": "completed"},
        )  # fmt: skip
    log.call("", model="", outcome=None)
    log.call("Busy?", "Yes", user="eve", status_code=503)
    log.write(action="feedback", extensions={"reply_to": first, "rating": 5})
    log.path.write_bytes(log.path.read_bytes().replace(odd.encode(), b"never"))
    return log


@pytest.fixture(scope="module")
def spark():
    """Spark, which takes its time to start."""
    sql = pytest.importorskip("pyspark.sql", reason='pip install "hilt[spark]"')
    session = sql.SparkSession.builder.master("local[2]").getOrCreate()
    yield session
    session.stop()


@pytest.fixture(params=ENGINES)
def engine(request, busy, tmp_path):
    """Opens an engine on an archive of the log."""
    pytest.importorskip("duckdb", reason='pip install "hilt[sql]"')
    if request.param == "spark":
        request.getfixturevalue("spark")
    with ArchiveFolder.open(tmp_path / "archive", "a test") as folder:
        list(archive_logs([busy.path], folder))
    with open_engine(request.param, [tmp_path / "archive"], utc=True) as opened:
        yield opened


def figures(statistics):
    """All that an engine is asked for, without the last digits of sums."""
    groups = {**statistics.groups, "total": statistics.total}
    return {
        name: {
            key: round(value, 9) if isinstance(value, float) else value
            for key, value in group.to_dict().items()
        }
        for name, group in groups.items()
    }


def test_figures_equal_those_of_the_reader(engine, busy):
    """To the cent and the call, by every key and with every filter."""
    log = busy.open()
    assert {key for keys in GROUPS for key in keys} == {*KEYS}
    for keys in GROUPS:
        filters = Filters(utc=True)
        assert figures(summarize_with(engine, keys, filters)) == figures(
            log.stats(*keys, filters=filters)
        ), keys
    for given in FILTERS:
        filters = Filters(**given, utc=True)
        expected = log.stats("outcome", filters=filters)
        assert expected.total.calls, given
        assert figures(summarize_with(engine, ["outcome"], filters)) == figures(expected), given


def test_lines_that_are_there_twice_are_not_multiplied(busy):
    """A log that was joined with a copy of itself has each call twice, for the reader too."""
    pytest.importorskip("duckdb", reason='pip install "hilt[sql]"')
    once = busy.open().stats(outcome="completed").total
    busy.path.write_bytes(busy.path.read_bytes() * 2)
    filters = Filters(outcome="completed", utc=True)

    with open_engine("duckdb", [busy.path], utc=True) as engine:
        twice = summarize_with(engine, [], filters).total
        assert (twice.calls, round(twice.cost_usd - once.cost_usd * 2, 9)) == (once.calls * 2, 0)
        by_tool = summarize_with(engine, ["tool"], filters)
    assert figures(by_tool) == figures(busy.open().stats("tool", filters=filters))


def test_no_calls_are_no_groups(engine):
    """As the reader has it."""
    statistics = summarize_with(engine, ["model"], Filters(user="nobody"))

    assert (statistics.groups, statistics.total.calls, statistics.total.latency_ms(0.5)) == (
        {}, 0, None,
    )  # fmt: skip


def test_search_finds_what_the_reader_finds(engine, busy):
    """In any case and script."""
    log = busy.open()
    found = {}
    for words in ("zebraquokka", "zebra quokka", "我的订单", "FINE", "\\"):
        filters = Filters(text=words, utc=True)
        scan = log.scan(filters, lone_events=True)
        found[words] = [line.event_id for line in log.event_lines(filters, scan)]

        assert found[words] == [
            line.event_id for line in search_lines(engine, filters)
            if filters.query.matches([line.content.get("text", "")])
        ]  # fmt: skip
    assert [len(each) for each in found.values()] == [2, 2, 7, 7, 0]


def test_conversations_are_a_view(engine, busy):
    """So are events, calls and feedback."""
    columns, rows = engine.query(
        "SELECT id, calls, failed, tokens_in, cost_usd FROM conversations ORDER BY id"
    )
    expected = {each.id: each.to_dict() for each in busy.open().conversations()}
    assert [(row[0], row[1], row[2], row[3]) for row in rows] == [
        (name, each["calls"], each["failed"], each["tokens_in"])
        for name, each in sorted(expected.items())
    ]
    assert columns == ["id", "calls", "failed", "tokens_in", "cost_usd"]
    assert [list(row) for row in engine.query("SELECT user_id, rating FROM feedback")[1]] == [
        ["user", "5"]
    ]
    asked = "SELECT id FROM calls WHERE user = 'ann' AND user_id = user"
    assert sorted(row[0] for row in engine.query(asked)[1]) == sorted(
        call.id for call in busy.open().calls() if call.user == "ann"
    )
    same = "SELECT count(*) FROM {} WHERE coalesce(user, '') <> coalesce(user_id, '')"
    for view in ("calls", "conversations", "feedback"):
        assert [list(row) for row in engine.query(same.format(view))[1]] == [[0]]
    count = len(busy.path.read_bytes().splitlines())
    assert [list(row) for row in engine.query("SELECT count(*) FROM events")[1]] == [[count]]


def test_wrong_queries_are_refused(engine):
    """Also keys and filters that there are not."""
    with pytest.raises(ConfigurationError, match="nothing"):
        list(engine.query("SELECT nothing FROM calls")[1])
    with pytest.raises(ConfigurationError, match="no key 'x'"):
        summarize_with(engine, ["x"], Filters())
    for filters in (Filters(text="x"), Filters(action="prompt"), Filters(model="gpt-[45]")):
        with pytest.raises(ConfigurationError):
            summarize_with(engine, [], filters)


@pytest.mark.spark
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_spark_of_the_program_is_used_and_left(spark, log, tmp_path):
    """With its own time zone, and without views of HILT's."""
    log.call()
    with ArchiveFolder.open(tmp_path / "archive", "a test") as folder:
        list(archive_logs([log.path], folder))
    zone = spark.conf.get("spark.sql.session.timeZone")

    with open_engine("spark", [tmp_path / "archive"], utc=True) as engine:
        assert [row[0] for row in engine.query("SELECT count(*) FROM calls")[1]] == [1]

    assert spark.sql("SELECT 1").collect()[0][0] == 1
    assert spark.conf.get("spark.sql.session.timeZone") == zone
    assert not spark.catalog.tableExists("calls")


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="Windows has no TZ")
def test_days_and_hours_are_local(busy, monkeypatch):
    """As those of the reader, also from a log itself."""
    pytest.importorskip("duckdb", reason='pip install "hilt[sql]"')
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    time.tzset()
    try:
        with open_engine("duckdb", [busy.path]) as engine:
            for key in ("month", "day", "hour"):
                assert figures(summarize_with(engine, [key], Filters())) == figures(
                    busy.open().stats(key)
                )
    finally:
        monkeypatch.undo()
        time.tzset()


def test_what_an_engine_cannot_read(tmp_path, busy):
    """The message says what to do."""
    pytest.importorskip("duckdb", reason='pip install "hilt[sql]"')
    (tmp_path / "empty").mkdir()

    with pytest.raises(ConfigurationError, match="hilt archive"):
        open_engine("spark", [busy.path])
    with pytest.raises(ConfigurationError, match="is read alone"):
        open_engine("duckdb", [busy.path, tmp_path])
    with (
        pytest.raises(ReadError, match="there is no archive"),
        open_engine("duckdb", [tmp_path / "empty"]),
    ):
        pass


def test_shares_are_those_that_commands_show():
    """Another one has no value."""
    assert SHARES == (0.5, 0.95, 0.99)


def test_search_passes_over_what_is_no_event():
    """An archive has what the log had."""
    lines = ['{"event_id": "evt_x", "action": null}', "[]"]
    odd = SimpleNamespace(query=lambda *_: (["event"], [(line,) for line in lines]))

    assert list(search_lines(odd, Filters(text="zebra"))) == []
