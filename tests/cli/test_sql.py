"""``hilt sql``. Without DuckDB, all but the error that says so are skipped."""

from __future__ import annotations

import io
import json
import sys

import pytest

from hilt.core.event import Event

HOSTILE = "<b>\x1b[2J\x00\u202e [red]'; DROP TABLE _calls; --"


@pytest.fixture
def calls(log):
    """A log with two calls in a conversation, and feedback."""
    base = {"session_id": "conv_1", "timestamp": "2026-01-01T00:00:00Z"}
    events = []
    for number, cost in ((1, 0.5), (2, 0.25)):
        events += [
            Event(**base, event_id=f"p{number}", actor={"type": "human", "id": "ann"},
                  action="prompt", content={"text": HOSTILE}),
            Event(**base, event_id=f"c{number}", actor={"type": "agent", "id": "openai"},
                  action="completion", content={"text": "Hello"}, metrics={"cost_usd": cost},
                  extensions={"reply_to": f"p{number}", "outcome": "completed", "model": "m"}),
        ]  # fmt: skip
    feedback = Event(**base, actor={"type": "human", "id": "bob"}, action="feedback",
                     extensions={"reply_to": "c1", "rating": 5})  # fmt: skip
    return log(*events, feedback)


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("SELECT model, sum(cost_usd) AS cost FROM calls GROUP BY ALL",
         [{"model": "m", "cost": 0.75}]),
        ("SELECT id, calls, failed FROM conversations",
         [{"id": "conv_1", "calls": 2, "failed": 0}]),
        ('SELECT user_id, user, "user" AS third FROM conversations',
         [{"user_id": "ann", "user": "ann", "third": "ann"}]),
        ("SELECT count(*) AS n FROM calls WHERE user = user_id", [{"n": 2}]),
        ("SELECT user, rating FROM feedback", [{"user": "bob", "rating": "5"}]),
        ("SELECT user_id, rating FROM feedback", [{"user_id": "bob", "rating": "5"}]),
        ("SELECT count(*) AS n FROM events JOIN calls ON events.event_id = calls.id", [{"n": 2}]),
        ("SELECT text FROM events WHERE event_id = 'p1'", [{"text": HOSTILE}]),
    ],
)  # fmt: skip
def test_views_answer(hilt, calls, query, rows):
    """Each as JSON."""
    pytest.importorskip("duckdb", reason='pip install "hilt[sql]"')

    code, out, err = hilt("sql", query, calls, "--json")

    assert (code, err) == (0, "")
    assert [json.loads(line) for line in out.splitlines()] == rows


def test_table_shows_text_as_text(hilt, calls):
    """Without what could control a terminal; filters choose what is in the views."""
    pytest.importorskip("duckdb", reason='pip install "hilt[sql]"')

    code, out, err = hilt("sql", "SELECT prompt FROM calls LIMIT 1", calls, "--user", "ann")

    assert (code, err) == (0, "")
    assert "<b>\ufffd[2J\ufffd\ufffd [red]" in out
    assert "\x1b" not in out
    query = "SELECT id FROM calls"
    assert hilt("sql", query, calls, "--since", "2030-01-01")[1].split() == ["id"]
    assert hilt("sql", query, calls, "--user", "x") == (1, "", "hilt: no event matches --user x\n")


def test_wrong_query_is_wrong_usage(hilt, calls):
    """The message is DuckDB's."""
    pytest.importorskip("duckdb", reason='pip install "hilt[sql]"')

    code, out, err = hilt("sql", "SELECT nothing FROM calls", calls)

    assert (code, out) == (2, "")
    assert err.startswith("hilt: sql: Binder Error")


WRONG = {
    "SELECT cost_us FROM calls": ('column "cost_us" not found', '"cost_usd"'),
    "SELECT\n  model,\n  nope\nFROM calls": (
        '"nope" not found in FROM clause! (line 3)',
        "Candidate",
    ),
    "SELEC 1": ('syntax error at or near "SELEC"', None),
    "SELECT * FROM calls WHERE": ("syntax error at", None),
    "SELECT sum(model) FROM calls": ("'sum(VARCHAR)'. You might need to add explicit", None),
    "SELECT timestamp - [5] FROM calls": ("explicit type casts.", None),
    "SELECT nofunc(model) FROM calls": ("name nofunc does not exist!", 'Did you mean "'),
    "SELECT * FROM call": ("Table with name call does", 'Did you mean "calls"? The views of a log'),
    "SELECT model FROM calls GROUP BY id": ('column "model" must appear in', "Either add it"),
    "SELECT CAST(model AS INT) FROM calls": ("Could not convert string 'm'", None),
    "SELECT (SELECT id FROM calls)": ("More than one row returned by a subquery", 'Use "SET'),
    "SELECT * FROM read_csv('none.csv')": ('No files found that match the pattern "none', None),
}
"""Wrong queries: what is wrong, and what helps."""


@pytest.mark.parametrize("query", WRONG)
@pytest.mark.parametrize("engine", [(), ("--engine", "duckdb")])
def test_a_wrong_query_is_answered_in_two_lines(hilt, calls, query, engine):
    """What is wrong, with its line in a longer query; then what DuckDB suggests."""
    pytest.importorskip("duckdb", reason='pip install "hilt[sql]"')

    code, _, err = hilt("sql", query, calls, *engine)

    wrong, suggestion = WRONG[query]
    first, *rest = err.splitlines()
    assert code == 2
    assert first.startswith("hilt: sql: ")
    assert wrong in first
    assert len(rest) == (suggestion is not None)
    assert suggestion is None or suggestion in rest[0]


@pytest.mark.parametrize("engine", [(), ("--engine", "duckdb")])
def test_a_table_that_is_not_there_is_told_from_those_that_are(hilt, calls, engine):
    """DuckDB itself suggests tables of its own."""
    pytest.importorskip("duckdb", reason='pip install "hilt[sql]"')

    code, out, err = hilt("sql", "SELECT * FROM logs", calls, *engine)

    assert (code, out) == (2, "")
    assert "The views of a log are " in err.splitlines()[-1]
    assert "calls" in err.splitlines()[-1]


def test_missing_duckdb_says_what_to_install(hilt, calls, monkeypatch):
    """Exit code 2."""
    monkeypatch.setitem(sys.modules, "duckdb", None)

    assert hilt("sql", "SELECT 1", calls) == (
        2, "", 'hilt: hilt sql needs the package duckdb: pip install "hilt[sql]"\n',
    )  # fmt: skip


def test_a_long_table_is_cut_and_json_is_not(hilt, calls, monkeypatch):
    """Exactly as many rows as there may be are no cut."""
    pytest.importorskip("duckdb", reason='pip install "hilt[sql]"')
    monkeypatch.setattr("hilt.cli.sql._MOST_ROWS", 2)

    said = {}
    for count in (2, 3):
        query = f"SELECT range FROM range({count})"
        _, out, said[count] = hilt("sql", query, calls)
        assert [line.strip() for line in out.splitlines()] == ["range", "0", "1"]
        assert len(hilt("sql", query, calls, "--json")[1].splitlines()) == count

    assert said == {2: "", 3: "Only the first 2 rows are shown; --json prints all.\n"}


def test_a_cell_without_a_value_is_empty(hilt, calls):
    """In a table; JSON has null."""
    pytest.importorskip("duckdb", reason='pip install "hilt[sql]"')
    query = "SELECT NULL AS none, 0 AS zero"

    assert hilt("sql", query, calls)[1].splitlines()[1].split() == ["0"]
    assert json.loads(hilt("sql", query, calls, "--json")[1]) == {"none": None, "zero": 0}


def test_standard_input(hilt, calls, monkeypatch):
    """Though events and calls are read one after the other."""
    pytest.importorskip("duckdb", reason='pip install "hilt[sql]"')
    query = "SELECT (SELECT count(*) FROM events) AS e, (SELECT count(*) FROM calls) AS c"
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(calls.read_bytes())))

    assert hilt("sql", query, "-", "--json") == hilt("sql", query, calls, "--json")


def test_columns_of_the_same_name_are_told_apart_in_json(hilt, calls):
    """As those of a join: none takes the place of another."""
    pytest.importorskip("duckdb", reason='pip install "hilt[sql]"')
    query = "SELECT 1 AS id, 2 AS id_1, 3 AS id, 4 AS id"

    out = hilt("sql", query, calls, "--json")[1]

    assert json.loads(out) == {"id": 1, "id_1": 2, "id_2": 3, "id_3": 4}
