"""A log as a table."""

from __future__ import annotations

import csv
import io
import stat
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hilt.core.columns import COLUMNS
from hilt.core.event import Event
from hilt.core.exceptions import ConfigurationError, ReadError, SinkError
from hilt.io.read.convert import FORMATS, convert, escaped
from hilt.io.session import Session


def event(text="Hi", **more):
    """A completion with the text."""
    return Event(
        session_id="s1",
        actor={"type": "agent", "id": "openai"},
        action="completion",
        content={"text": text},
        metrics={"tokens": {"prompt": 5, "completion": 7, "cached": 2}, "cost_usd": 0.5},
        extensions={"outcome": "completed", "latency_ms": 12.5, "tags": ["a", "b"]},
        **more,
    )


def rows(events, **options):
    """The rows of the CSV of some events, header first."""
    file = io.StringIO(newline="")
    convert(events, file, **options)
    return list(csv.reader(io.StringIO(file.getvalue(), newline="")))


def test_all_columns_by_default():
    """Without a choice there are all columns, in their order."""
    made = event()

    header, row = rows([made])

    assert tuple(header) == COLUMNS
    assert dict(zip(header, row, strict=True)) == {
        "timestamp": made.timestamp,
        "conversation_id": "s1",
        "event_id": made.event_id,
        "reply_to": "",
        "status_code": "",
        "session": "s1",
        "speaker": "agent:openai",
        "action": "completion",
        "message": "Hi",
        "tokens_in": "5",
        "tokens_out": "7",
        "cost_usd": "0.5",
        "latency_ms": "12.5",
        "model": "",
        "relevance_score": "",
    }


def test_chosen_columns_and_fields():
    """Columns and dotted fields may stand in any order; lists and objects become JSON."""
    wanted = [
        "message",
        "metrics.tokens.cached",
        "extensions.tags",
        "extensions.tags.1",
        "actor.id",
    ]

    result = rows([event(extra={"own": True})], columns=wanted)

    assert result == [wanted, ["Hi", "2", '["a","b"]', "b", "openai"]]


def test_missing_field_is_empty():
    """A field that an event does not have is an empty cell, however deep its path."""
    wanted = ["privacy.consent.given.by", "extensions.tags.9", "content.text.x"]

    assert rows([event()], columns=wanted)[1] == ["", "", ""]


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1+1", "\uff1d1"],
)
def test_formulas_are_escaped(text):
    """Text that a spreadsheet would run begins with an apostrophe."""
    assert rows([event(text)], columns=["message"])[1] == [f"'{text}"]


@pytest.mark.parametrize("text", ["a=b", 'say "hi", twice', "two\nlines", "é 漢 🙂", "1-2"])
def test_other_text_stays_as_it_is(text):
    """Quotes, commas, line ends and any letters come back as they were."""
    assert rows([event(text)], columns=["message"])[1] == [text]


CELLS = st.one_of(
    st.none(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(st.sampled_from("aZ0 ,;=+-@'\"\r\n\t\0\uff1dé漢"), max_size=5),
    st.sampled_from(["evt_1", "2026-11-28T10:00:00.000000Z", " word", "", "a,=b", "a;=b"]),
)


@given(table=st.lists(st.lists(CELLS, min_size=3, max_size=3), max_size=4))
def test_a_row_is_what_the_csv_module_writes(table):
    """Of cells that are escaped one by one, also where most of them need no look."""
    expected, written = io.StringIO(newline=""), io.StringIO(newline="")
    csv.writer(expected).writerows([["a", "b", "c"], *[map(escaped, row) for row in table]])
    FORMATS["csv"](["a", "b", "c"], table, written)

    assert written.getvalue() == expected.getvalue()


def test_nul_becomes_its_picture():
    """A NUL, which no table can hold, is shown."""
    assert rows([event("a\0b")], columns=["message"])[1] == ["a\u2400b"]


def test_negative_numbers_stay_numbers():
    """A number is never escaped."""
    made = event()
    made.extensions = {"score": -0.5}

    assert rows([made], columns=["relevance_score"])[1] == ["-0.5"]


def test_session_in_one_call(tmp_path):
    """`Session.to_csv` writes all events of the session."""
    with Session(tmp_path / "log.jsonl") as session:
        session.append_all([event("one"), event("two")])
        count = session.to_csv(tmp_path / "log.csv", columns=["message"])

    assert count == 2
    assert (tmp_path / "log.csv").read_bytes() == b"message\r\none\r\ntwo\r\n"


def test_file_is_private(tmp_path):
    """What was in a private log is in a private file."""
    convert([event()], tmp_path / "log.csv")

    assert stat.S_IMODE((tmp_path / "log.csv").stat().st_mode) == 0o600


def test_half_a_surrogate_pair_is_written(tmp_path):
    """Text that has no form in UTF-8 is shown escaped."""
    convert([event("a\ud800b")], tmp_path / "log.csv", columns=["message"])

    assert (tmp_path / "log.csv").read_bytes() == b"message\r\na\\ud800b\r\n"


def test_bad_lines_are_passed_over(tmp_path):
    """A torn line costs one row."""
    log = tmp_path / "log.jsonl"
    log.write_bytes(event("a").encode() + b'\n{"torn": \n' + event("b").encode() + b"\n")
    lines = []

    count = convert(log, tmp_path / "log.csv", progress=lines.append)

    assert count == 2
    assert lines == [1, 3]


def test_memory_is_constant(tmp_path):
    """Ten times the events take no more memory."""
    peaks = []
    for count in (500, 5_000):
        with Session(tmp_path / f"{count}.jsonl") as session:
            session.append_all([event("x" * 200) for _ in range(count)])
        tracemalloc.start()
        convert(tmp_path / f"{count}.jsonl", tmp_path / f"{count}.csv")
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()

    assert peaks[1] < peaks[0] * 1.5 + 300_000


def test_further_formats(monkeypatch):
    """A format is a function that takes a header and rows."""
    monkeypatch.setitem(FORMATS, "lines", lambda _, rows, file: file.writelines(map(str, rows)))
    file = io.StringIO()

    convert([event()], file, to="lines", columns=["message"])

    assert file.getvalue() == "['Hi']"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"to": "xls"}, "to: no format 'xls'; there are csv"),
        ({"columns": ["messages"]}, "columns: no column or field 'messages'"),
        ({"columns": "message"}, "columns: 'message' is not a list of names"),
        ({"columns": []}, r"columns: \[\] is not a list of names"),
    ],
)
def test_wrong_arguments_are_refused(options, message):
    """A format or a column that does not exist is named."""
    with pytest.raises(ConfigurationError, match=message):
        convert([], io.StringIO(), **options)


def test_log_is_not_overwritten(tmp_path):
    """A destination that is the log, even by another name, is refused."""
    log = tmp_path / "log.jsonl"
    log.write_bytes(event().encode() + b"\n")
    (tmp_path / "link").symlink_to(log)

    with pytest.raises(SinkError, match="is the log itself"):
        convert(log, tmp_path / "link")
    assert log.stat().st_size > 100


def test_missing_log_and_folder_are_named(tmp_path):
    """What cannot be read or made is named."""
    with pytest.raises(ReadError, match=r"no\.jsonl: there is no such log"):
        convert(tmp_path / "no.jsonl", tmp_path / "log.csv")
    assert not list(tmp_path.iterdir())
    with pytest.raises(SinkError, match=r"cannot be made: No such file"):
        convert([], tmp_path / "no" / "log.csv")


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a;=1+1", "a;'=1+1"), ("a; @b;c", "a; '@b;c"), (";;\uff1dx", ";;'\uff1dx"), ("a; b", "a; b")],
)
def test_formulas_after_a_semicolon_are_escaped(text, expected):
    """Many languages write their tables with semicolons: another cell would begin there."""
    assert rows([event(text)], columns=["message"])[1] == [expected]
