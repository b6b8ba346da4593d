"""``hilt convert``."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import pytest

from hilt.cli import convert as command
from hilt.core.event import Event
from tests.analysis.conftest import LogWriter
from tests.cli.conftest import make_event


def test_to_stdout(hilt, log):
    """Without an output file the table goes to stdout."""
    path = log(make_event(1, text="=1+1"), make_event(2, text="é"))

    assert hilt("convert", path, "--to", "csv", "--fields", "message, actor.id") == (
        0,
        "message,actor.id\r\n'=1+1,user\r\né,user\r\n",
        "",
    )


def test_to_a_file(hilt, log, tmp_path):
    """An output file is made, and its rows are counted on stderr."""
    path = log(*(make_event(number) for number in range(1234)))

    code, out, err = hilt("convert", path, "--to", "csv", "-o", tmp_path / "app.csv")

    assert (code, out) == (0, "")
    assert err == f"Wrote 1,234 rows to {tmp_path / 'app.csv'}\n"
    assert (tmp_path / "app.csv").read_bytes().count(b"\r\n") == 1235


def test_wrong_fields_are_wrong_usage(hilt, log):
    """An unknown field or format ends with 2 and says what there is."""
    path = log(make_event(1))

    code, out, err = hilt("convert", path, "--to", "csv", "--fields", "nothing")

    assert (code, out) == (2, "")
    assert "'nothing'" in err
    assert hilt("convert", path, "--to", "xls")[2] == (
        "hilt: --to: no format 'xls'; there are csv, jsonl, markdown, html, sqlite, parquet, otlp, perfetto, openai-finetune\n"
    )


def test_progress_on_long_logs(hilt, log, monkeypatch):
    """A long log on a terminal shows a bar, which leaves nothing behind on stdout."""
    monkeypatch.setattr(command, "_PROGRESS_FROM_BYTES", 1)
    monkeypatch.setattr(command.errors, "_force_terminal", True)
    monkeypatch.setattr(command.errors, "is_interactive", True)
    path = log(make_event(1))

    code, out, err = hilt("convert", path, "--to", "csv", "--fields", "message")

    assert (code, out) == (0, "message\r\nHi\r\n")
    assert "Converting app.jsonl" in err


HOSTILE = "<script>alert(1)</script>\x1b[2J\u202e```\n# user"


def write_call(log, text="Hi", answer="Hello", number="", **feedback):
    """A log with one call and feedback on it."""
    base = {"session_id": f"conv_1{number}", "timestamp": "2026-01-01T00:00:00Z"}
    return log(
        Event(**base, event_id=f"evt_p{number}", actor={"type": "human", "id": "ann"}, action="prompt",
              content={"text": text}),
        Event(**base, event_id=f"evt_k{number}", actor={"type": "agent", "id": "openai"},
              action="completion_chunk", content={"text": answer},
              extensions={"reply_to": f"evt_p{number}", "chunk_index": 0}),
        Event(**base, event_id=f"evt_c{number}", actor={"type": "agent", "id": "openai"},
              action="completion", content={"text": answer},
              metrics={"tokens": {"prompt": 1, "completion": 2}, "cost_usd": 0.5},
              extensions={"reply_to": f"evt_p{number}", "outcome": "completed", "model": "gpt-5"}),
        Event(**base, event_id=f"evt_f{number}", actor={"type": "human", "id": "bob"}, action="feedback",
              extensions={"reply_to": f"evt_c{number}", **feedback}),
    )  # fmt: skip


def test_jsonl_has_the_events_that_fit(hilt, log, tmp_path):
    """All of them where no filter is given; the format may follow from the ending."""
    path = write_call(log, rating=5)
    out = tmp_path / "out.jsonl"

    assert hilt("convert", path, "-o", out) == (0, "", f"Wrote 4 events to {out}\n")
    assert out.read_bytes() == path.read_bytes()
    lines = hilt("convert", path, "--to", "jsonl", "--action", "prompt")[1].splitlines()
    assert [json.loads(line)["event_id"] for line in lines] == ["evt_p"]


def test_csv_has_the_events_that_fit(hilt, log):
    """Filters are those of all commands."""
    path = write_call(log, rating=5)

    out = hilt("convert", path, "--to", "csv", "--fields", "event_id", "--user", "ann")[1]

    assert out.split() == ["event_id", "evt_p", "evt_c", "evt_f"]


def test_lines_that_are_no_events_are_counted(hilt, log):
    """On stderr, with the first of them."""
    path = log(make_event(1))
    with path.open("a") as file:
        file.write("torn\n")

    code, out, err = hilt("convert", path, "--to", "csv", "--fields", "message")

    assert (code, out) == (0, "message\r\nHi\r\n")
    assert err.startswith("1 line skipped; the first is ")


def test_names_in_markdown_are_no_markup(hilt, tmp_path):
    """Whoever chose them: the ids of people and of conversations stand in headings."""
    name = "<img src=x onerror=alert(1)> *a* [b](c) &lt; `d` \\"
    path = tmp_path / "app.jsonl"
    LogWriter(path).call(session_id=name, user=name)

    headings = [
        line
        for line in hilt("convert", path, "--to", "markdown")[1].splitlines()
        if line[:1] == "#"
    ]

    escaped = "\\<img src=x onerror=alert(1)\\> \\*a\\* \\[b\\](c) \\&lt; \\`d\\` \\\\"
    assert headings[0] == f"# Conversation {escaped}"
    assert headings[1].startswith(f"## {escaped} (")


def test_markdown_shows_markup_as_text(hilt, log):
    """Texts stand between fences that are longer than any of theirs."""
    path = write_call(log, text=HOSTILE, rating=5)

    out = hilt("convert", path, "--to", "markdown", "--utc")[1]

    assert out == (
        "# Conversation conv_1\n\n## ann (2026-01-01 00:00:00)\n\n````text\n"
        "<script>alert(1)</script>\ufffd[2J\ufffd```\n# user\n````\n\n"
        "## gpt-5 (2026-01-01 00:00:00 1 in, 2 out $0.50)\n\n```text\nHello\n```\n\n"
        "## bob (2026-01-01 00:00:00)\n\n```text\nrating: 5\n```\n"
    )


def test_sqlite_has_views_and_search(hilt, log, tmp_path):
    """Events, calls, conversations, feedback, and texts in any script."""
    path = write_call(log, text="退款 refund استرداد " + HOSTILE, rating="good", comment="x")
    out = tmp_path / "log.sqlite"

    assert hilt("convert", path, "-o", out) == (0, "", f"Wrote 4 events to {out}\n")
    with closing(sqlite3.connect(out)) as database:
        views = database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'view' ORDER BY name"
        ).fetchall()
        assert views == [("calls",), ("conversations",), ("events",), ("feedback",)]
        assert database.execute("SELECT id, calls, cost_usd FROM conversations").fetchall() == [
            ("conv_1", 1, 0.5)
        ]
        assert database.execute("SELECT user_id, rating, comment FROM feedback").fetchall() == [
            ("bob", "good", "x")
        ]
        assert database.execute(
            'SELECT id, "user", model, failed, rating, "day" FROM calls'
        ).fetchall() == [("evt_c", "ann", "gpt-5", 0, "good", "2026-01-01")]
        for word in ("efun", "استرداد", "<script>"):
            assert database.execute(
                "SELECT e.event_id FROM search JOIN _events e ON e.rowid = search.rowid "
                "WHERE search MATCH ?", (f'"{word}"',)
            ).fetchall() == [("evt_p",)]  # fmt: skip
        assert database.execute(
            "SELECT event_id FROM events WHERE text LIKE '%退款%'"
        ).fetchall() == [("evt_p",)]


def test_parquet_has_a_row_for_each_event(hilt, log, tmp_path):
    """The ending of the file names the format; an error leaves nothing."""
    duckdb = pytest.importorskip("duckdb", reason='pip install "hilt[sql]"')
    path = write_call(log, rating=5)
    out = tmp_path / "log.parquet"

    assert hilt("convert", path, "-o", out) == (0, "", f"Wrote 4 events to {out}\n")
    with duckdb.connect() as database:
        assert database.execute(f"SELECT action, rating FROM '{out}'").fetchall() == [
            ("prompt", None), ("completion_chunk", None), ("completion", None), ("feedback", "5"),
        ]  # fmt: skip
    assert "parquet needs a file" in hilt("convert", path, "--to", "parquet")[2]


def test_examples_come_from_good_and_corrected_answers(hilt, log):
    """A correction takes the answer's place, and a bad rating leaves a call out."""

    def examples(**feedback):
        path = write_call(log, **feedback)
        out = hilt("convert", path, "--to", "openai-finetune")[1]
        path.unlink()
        return [json.loads(line) for line in out.splitlines()]

    asked = {"role": "user", "content": "Hi"}
    assert examples(rating="good") == [
        {"messages": [asked, {"role": "assistant", "content": "Hello"}]}
    ]
    assert examples(rating=0, correction="Hey") == [
        {"messages": [asked, {"role": "assistant", "content": "Hey"}]}
    ]
    assert examples(rating=-1) == []


def test_examples_have_their_provenance_and_sets_beside_them(hilt, log, tmp_path):
    """A line for each; conversations for validation are in a file of their own."""
    for number in range(20):
        path = write_call(log, number=number, rating=5)
    out = tmp_path / "set.jsonl"

    code, _, err = hilt("convert", path, "--to", "openai-finetune", "-o", out, "--validation", ".5")

    sets = [
        [json.loads(line) for line in file.read_text().splitlines()]
        for file in (out, tmp_path / "set.validation.jsonl", tmp_path / "set.provenance.jsonl")
    ]
    counts = [len(lines) for lines in sets]
    assert 0 < counts[0] < 20 == counts[0] + counts[1] == counts[2]
    assert all(example["messages"] for example in sets[0] + sets[1])
    assert (code, err.splitlines()) == (
        0,
        [
            f"Wrote {counts[1]} examples to {tmp_path}/set.validation.jsonl",
            f"Wrote {counts[0]} examples to {out}",
        ],
    )
    assert {(line["rating"], line["corrected"]) for line in sets[2]} == {(5, False)}
    assert [line["set"] for line in sets[2]].count("validation") == counts[1]
    assert all(line["call"].startswith("evt_") for line in sets[2])


def test_a_set_without_examples_gets_no_file(hilt, log, tmp_path):
    """Of one conversation, a small share is nothing, and nearly all of it is all."""
    path = write_call(log, rating=5)
    out = tmp_path / "set.jsonl"

    nearly_all = hilt(
        "convert", path, "--to", "openai-finetune", "-o", out, "--validation", ".9999"
    )
    assert nearly_all == (
        1, "", "hilt: --validation: 0.9999 takes all of it, 1 example; give a smaller share\n",
    )  # fmt: skip
    assert not [*tmp_path.glob("*set*")]

    (tmp_path / "set.validation.jsonl").write_text("of another day")
    code, _, err = hilt(
        "convert", path, "--to", "openai-finetune", "-o", out, "--validation", "1e-9"
    )
    assert (code, err.splitlines()[-1]) == (0, f"Wrote 1 example to {out}")
    assert err.startswith(f"No example is in {tmp_path}/set.validation.jsonl: ")
    assert sorted(each.name for each in tmp_path.glob("*set*")) == [
        "set.jsonl",
        "set.provenance.jsonl",
    ]


@pytest.mark.parametrize("to_file", [True, False])
def test_no_examples_are_explained(hilt, log, tmp_path, to_file):
    """A log that nobody has rated gives none: what makes an example is said, on stderr alone."""
    path = write_call(log, comment="Hm")
    output = ("-o", tmp_path / "set.jsonl") if to_file else ()

    code, out, err = hilt("convert", path, "--to", "openai-finetune", *output)

    assert (code, out) == (1, "")
    assert err.startswith("hilt: no call makes an example: one is a call that was rated as good, ")
    assert not [*tmp_path.glob("*set*")]


def test_no_set_is_left_where_there_are_no_examples(hilt, log, tmp_path):
    """Neither the examples nor what stands beside them."""
    path = write_call(log, rating=5)

    code, _, _ = hilt(
        "convert", path, "--to", "openai-finetune", "-o", tmp_path / "set.jsonl",
        "--validation", "0.5", "--model", "nope",
    )  # fmt: skip

    assert code == 1
    assert not [*tmp_path.glob("*set*")]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--to", "csv"), "csv has no such set; openai-finetune has"),
        (("--to", "openai-finetune"), "needs the name of a file: -o examples.jsonl"),
        (
            ("--to", "openai-finetune", "-o", "set.jsonl", "--validation", "7"),
            "7.0 is not between 0 and 1, such as 0.1",
        ),
        *(
            (
                ("--to", "openai-finetune", "-o", "set.jsonl", "--validation", share),
                f"{float(share)} is not between 0 and 1, such as 0.1",
            )
            for share in ("0", "1")
        ),
    ],
)
def test_a_wrong_set_for_validation_is_refused(hilt, log, arguments, message):
    """In one line that says what is expected."""
    path = write_call(log, rating=5)

    answer = hilt("convert", path, "--validation", "0.5", *arguments)

    assert answer == (2, "", f"hilt: --validation: {message}\n")


def test_provenance_never_takes_the_place_of_the_log(hilt, tmp_path):
    """A log of that name stays."""
    path = tmp_path / "set.provenance.jsonl"
    path.write_bytes(make_event(1).encode() + b"\n")

    code, _, err = hilt("convert", path, "--to", "openai-finetune", "-o", tmp_path / "set.jsonl")

    assert (code, path.read_bytes()) == (2, make_event(1).encode() + b"\n")
    assert "is the log itself" in err
    assert not (tmp_path / "set.jsonl").exists()


def test_nothing_half_written_stays(hilt, log, tmp_path, monkeypatch):
    """Neither under the final name, whose old file stays, nor beside it."""
    path = write_call(log, rating=5)
    out = tmp_path / "out" / "log.sqlite"
    out.parent.mkdir()
    out.write_text("old")

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("hilt.analysis.sqlite_files.row_of_call", interrupt)

    assert hilt("convert", path, "-o", out)[0] == 130
    assert [each.name for each in out.parent.iterdir()] == ["log.sqlite"]
    assert out.read_text() == "old"


@pytest.mark.parametrize(
    "arguments",
    [
        ("stats",),
        ("stats", "--engine", "duckdb"),
        ("tail", "--events"),
        ("sql", "SELECT event_id FROM events"),
        ("convert", "--to", "jsonl"),
        ("convert", "--to", "csv"),
        ("convert", "-o", "log.sqlite"),
        ("convert", "-o", "log.parquet"),
        ("archive", "--to", "archive"),
        ("reprice", "--as-of", "2026-01-01"),
    ],
)
def test_an_event_behind_nuls_is_read(hilt, log, arguments):
    """A crash leaves them where data was not on the disk yet; what is written next is whole."""
    if {"sql", "duckdb", "log.parquet", "archive"} & {*arguments}:
        pytest.importorskip("duckdb", reason='pip install "hilt[sql]"')
    path = write_call(log)
    expected = hilt(*arguments, path)
    first, second, third, *rest = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join((first, second, b"\0" * 5000, third, *rest)))
    if arguments[0] == "archive":
        arguments = ("archive", "--to", "other")
        expected = (*expected[:2], expected[2].replace("in archive", "in other"))

    assert hilt(*arguments, path) == expected


def test_wrong_usage_says_the_way_out(hilt, log):
    """No format, columns of another format, a database on stdout, the log as the output."""
    path = log(make_event(1))

    assert "give a format" in hilt("convert", path)[2]
    assert "csv has" in hilt("convert", path, "--to", "jsonl", "--fields", "message")[2]
    assert "sqlite needs a file" in hilt("convert", path, "--to", "sqlite")[2]
    assert "is the log itself" in hilt("convert", path, "-o", path)[2]


def test_spans_and_timelines(hilt, log, tmp_path):
    """Each line of otlp is a request; perfetto is one JSON object."""
    path = write_call(log, rating=5)

    code, out, _ = hilt("convert", path, "--to", "otlp")
    assert code == 0
    (request,) = (json.loads(line) for line in out.splitlines())
    assert len(request["resourceSpans"][0]["scopeSpans"][0]["spans"]) == 1

    code, _, err = hilt("convert", path, "--to", "perfetto", "-o", tmp_path / "trace.json")
    assert (code, err) == (0, f"Wrote 1 slice to {tmp_path / 'trace.json'}\n")
    events = json.loads((tmp_path / "trace.json").read_text("utf-8"))["traceEvents"]
    assert [each["ph"] for each in events] == ["M", "M", "X"]
