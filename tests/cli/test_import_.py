"""``hilt import``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hilt.cli.import_ import _summed_up
from hilt.io.read.bad_line import BadLine
from hilt.io.session import Session
from tests.cli.conftest import make_event
from tests.hilt_otel_exporters.conftest import chat
from tests.imports.histories import entry, piece, write_lines


@pytest.fixture
def spans(tmp_path: Path) -> Path:
    """A file with one span."""
    path = tmp_path / "spans.jsonl"
    span = {"name": "chat", "context": {"trace_id": "0x1", "span_id": "0x2"}}
    moment = "2026-11-21T10:00:00.500000Z"
    times = {"start_time": moment, "end_time": moment}
    path.write_text(json.dumps({**span, **times, "attributes": chat()}) + "\n")
    return path


def test_spans_become_events_of_the_log(hilt, spans, tmp_path):
    """The log has the events, and stdout says how many."""
    log = tmp_path / "log.jsonl"

    code, out, err = hilt("import", spans, "-o", log)

    assert (code, err) == (0, "")
    assert out == f"Wrote 2 events to {log}, from 1 GenAI span (1 span in total)\n"
    assert log.read_text().count("\n") == 2


def test_result_as_json(hilt, spans, tmp_path):
    """With ``--json`` a program can read what was done."""
    _, out, _ = hilt("import", spans, "-o", tmp_path / "log.jsonl", "--json")

    assert json.loads(out) == {
        "spans": 1,
        "genai_spans": 1,
        "log_records": 0,
        "events": 2,
        "unreadable": 0,
        "errors": [],
    }


def test_log_records_alone_are_no_calls(hilt, tmp_path):
    """As of a program that exports no traces; stderr says so."""
    path, log = tmp_path / "logs.jsonl", tmp_path / "log.jsonl"
    record = {"body": "claude_code.api_request", "span_id": "0x2", "trace_id": "0x1"}
    path.write_text(json.dumps({**record, "attributes": {}}) + "\n")

    code, out, err = hilt("import", path, "-o", log)

    assert (code, out) == (0, f"Wrote 0 events to {log}, from 0 GenAI spans (0 spans in total)\n")
    assert (
        err
        == "log records only say what was said in a call, which is a span: import the traces, too\n"
    )


def test_content_can_be_left_out(hilt, spans, tmp_path):
    """With ``--no-content`` the log has no content."""
    log = tmp_path / "log.jsonl"

    hilt("import", spans, "-o", log, "--no-content")

    assert "Hello" not in log.read_text()


def test_unreadable_piece_is_a_finding(hilt, spans, tmp_path):
    """A torn line is named on stderr, and the exit code is 1."""
    spans.write_text(spans.read_text() + '{"name": "ch\n')

    code, out, err = hilt("import", spans, "-o", tmp_path / "log.jsonl")

    assert code == 1
    assert err.replace("\n", "") == f"{spans}:2: not JSON1 record could not be read"
    assert out.startswith("Wrote 2 events to ")


def test_what_is_wrong_in_the_same_way_is_said_once(hilt, tmp_path):
    """Of a whole file of something else, one line is enough."""
    log = tmp_path / "app.jsonl"
    log.write_bytes(b"".join(make_event(number).encode() + b"\n" for number in range(30)))

    code, _, err = hilt("import", log.name, "-o", "new.jsonl")

    assert code == 1
    assert err.replace("\n", " ") == (
        "app.jsonl:1: an event of HILT's: a log needs no import; to copy one, hilt convert "
        "(and 29 more) 30 records could not be read "
    )


@pytest.mark.parametrize("source", [(), ("--from", "otel"), ("--from", "chatgpt")])
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            '[{"a": 1}]'.encode("utf-16"),
            "is UTF-16; UTF-8 is read: iconv -f UTF-16 -t UTF-8 converts it",
        ),
        (bytes(range(256)) * 20, "is a binary file, not JSON"),
        (b"\x1f\x8bxxxx", "is not a gzip file that can be read: "),
    ],
    ids=["utf-16", "binary", "gzip"],
)
def test_what_is_no_text_is_refused(hilt, tmp_path, content, message, source):
    """In one line, and nothing is written."""
    (tmp_path / "spans.jsonl").write_bytes(content)

    code, out, err = hilt("import", "spans.jsonl", "-o", "new.jsonl", *source)

    assert (code, out) == (2, "")
    assert err.startswith(f"hilt: spans.jsonl: {message}")
    assert err.count("\n") == 1
    assert not (tmp_path / "new.jsonl").exists()


def test_missing_file_is_wrong_usage(hilt, tmp_path):
    """A file that is not there ends with code 2 and its name."""
    code, _, err = hilt("import", "/gone.json", "-o", tmp_path / "log.jsonl")

    assert (code, err) == (2, "hilt: import: there is no file '/gone.json'\n")
    assert list(tmp_path.iterdir()) == []


def test_second_import_writes_nothing(hilt, spans, tmp_path):
    """The log is as it was, and stdout says so."""
    log = tmp_path / "log.jsonl"
    hilt("import", spans, "-o", log)
    before = log.read_bytes()

    code, out, _ = hilt("import", spans, "-o", log)

    assert code == 0
    assert out == f"Wrote 0 events to {log}, from 1 GenAI span (1 span in total)\n"
    assert log.read_bytes() == before


@pytest.fixture
def history(tmp_path: Path) -> Path:
    """A session of Claude Code with one call."""
    return write_lines(
        tmp_path / "session.jsonl",
        entry("user", "u1", None, 1, "Hello"),
        piece("a1", "u1", 2, {"type": "text", "text": "Hi"}),
    )


def test_history_is_recognised_and_imported(hilt, history, tmp_path):
    """Beside spans, each file is read as what it is."""
    log = tmp_path / "log.jsonl"

    code, out, err = hilt("import", history, "-o", log)

    assert (code, err) == (0, "")
    assert out == f"Wrote 2 events to {log}, from 1 call in 1 conversation\n"


def test_histories_and_spans_are_imported_together(hilt, history, spans, tmp_path):
    """The counts of both are added up."""
    _, out, _ = hilt("import", history, spans, "-o", tmp_path / "log.jsonl", "--json")

    assert json.loads(out) == {
        "conversations": 1,
        "calls": 1,
        "spans": 1,
        "genai_spans": 1,
        "log_records": 0,
        "events": 4,
        "unreadable": 0,
        "errors": [],
    }


def test_format_can_be_given(hilt, history, tmp_path):
    """``--from otel`` reads a file as spans; an unknown name is wrong usage."""
    log = tmp_path / "log.jsonl"

    code, out, _ = hilt("import", history, "-o", log, "--from", "otel")
    unknown, _, err = hilt("import", history, "-o", log, "--from", "gpt")

    assert (code, out) == (1, f"Wrote 0 events to {log}, from 0 GenAI spans (0 spans in total)\n")
    assert unknown == 2
    assert err.startswith(
        "hilt: import: no format 'gpt'; expected otel, langfuse, langsmith, chatgpt, claude,"
    )


def test_what_is_wrong_in_several_ways_is_said_of_each(tmp_path):
    """In the order in which it was found, with how often it was found again."""
    path, other = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    bad = [
        BadLine(path, 1, "not JSON"),
        BadLine(path, 2, "no span"),
        BadLine(path, 3, "not JSON"),
        BadLine(other, 1, "not JSON"),
        BadLine(path, 4, "not JSON"),
    ]

    assert _summed_up(bad) == [
        f"{path}:1: not JSON (and 2 more)",
        f"{path}:2: no span",
        f"{other}:1: not JSON",
    ]


@pytest.mark.parametrize("fails", [False, True])
def test_log_is_closed_however_an_import_ends(hilt, spans, tmp_path, monkeypatch, fails):
    """Its lock and its file are free again."""
    closed = []
    close = Session.close
    monkeypatch.setattr(Session, "close", lambda self: (closed.append(self.path), close(self)))
    if fails:
        monkeypatch.setattr("hilt.cli.import_._import_spans", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            hilt("import", spans, "-o", "new.jsonl")
    else:
        assert hilt("import", spans, "-o", "new.jsonl")[0] == 0

    assert [path.name for path in closed] == ["new.jsonl"]
