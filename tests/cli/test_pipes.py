"""Logs that another program writes as a command reads them: pipes, and standard input."""

from __future__ import annotations

import gzip
import io
import os
import threading
from contextlib import contextmanager

import pytest

from hilt.core.event import Event

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")


@pytest.fixture
def calls(log):
    """A conversation of two calls; the last is rated."""
    base = {"session_id": "conv_a", "timestamp": "2026-01-01T00:00:00Z"}
    events = []
    for number in (1, 2):
        prompt, model = f"evt_p{number}", {"model": "gpt-5"}
        events += [
            Event(**base, event_id=prompt, actor={"type": "human", "id": "ann"}, action="prompt",
                  content={"text": f"Question {number}"}, extensions=model),
            Event(**base, event_id=f"evt_c{number}", actor={"type": "agent", "id": "openai"},
                  action="completion", content={"text": f"Answer {number}"},
                  metrics={"tokens": {"prompt": 3, "completion": 4}, "cost_usd": 0.5},
                  extensions={**model, "reply_to": prompt, "outcome": "completed"}),
        ]  # fmt: skip
    rated = {"reply_to": "evt_c2", "rating": "good"}
    human = {"type": "human", "id": "bob"}
    return log(*events, Event(**base, event_id="evt_f", actor=human, action="feedback",
                              extensions=rated))  # fmt: skip


@contextmanager
def piped(data, folder):
    """A pipe that some data comes out of, once."""
    fifo = folder / "fifo"
    os.mkfifo(fifo)
    writer = threading.Thread(target=fifo.write_bytes, args=(data,))
    writer.start()
    yield fifo
    writer.join()
    fifo.unlink()


@pytest.mark.parametrize(
    "arguments",
    [
        ("tail",),
        ("tail", "--json"),
        ("tail", "--events", "-n", "2"),
        ("tail", "--events", "--user", "ann"),
        ("show", "--last"),
        ("show", "evt_c2"),
        ("show", "conv_a"),
        ("reprice",),
        ("stats",),
        ("search", "answer"),
        ("convert", "--to", "csv"),
        ("convert", "--to", "markdown"),
        ("convert", "--to", "otlp"),
        ("convert", "--to", "openai-finetune"),
        ("diff", "--day", "2026-01-01", "--day", "2026-01-01"),
        ("watch", "--once", "--limit", "user=0.1/day", "--user", "ann"),
    ],
)
def test_the_answer_is_that_of_the_file(hilt, calls, tmp_path, monkeypatch, arguments):
    """Whatever a command reads more than once."""
    if arguments[0] == "watch":
        arguments = (*arguments, "--since", "2026-01-01")
    expected = hilt(*arguments, calls)
    assert expected[1]

    with piped(calls.read_bytes(), tmp_path) as fifo:
        assert hilt(*arguments, fifo) == expected
    if arguments[0] != "watch":
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(calls.read_bytes())))
        assert hilt(*arguments, "-") == expected


@pytest.mark.parametrize("name", ["page.html", "log.sqlite", "log.parquet", "priced.jsonl"])
def test_what_is_written_is_that_of_the_file(hilt, calls, tmp_path, name):
    """A page has the ratings, a database events and calls."""
    if name.endswith(".parquet"):
        pytest.importorskip("duckdb", reason='pip install "hilt[sql]"')
    command = {"page.html": "report", "priced.jsonl": "reprice"}.get(name, "convert")
    assert hilt(command, calls, "-o", name)[0] == 0
    expected = (tmp_path / name).read_bytes()

    with piped(calls.read_bytes(), tmp_path) as fifo:
        assert hilt(command, fifo, "-o", name)[0] == 0

    assert (tmp_path / name).read_bytes() == expected


def test_a_compressed_pipe(hilt, calls, tmp_path):
    """It is read as a compressed file is."""
    with piped(gzip.compress(calls.read_bytes()), tmp_path) as fifo:
        assert hilt("show", "--last", fifo) == hilt("show", "--last", calls)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("archive", "--to", "archive"), "archive: it reads a log again and again, so it needs"),
        (("view",), "view: fifo can be read once; give a file"),
        (("reprice", "--in-place"), "--in-place: fifo can be read once; give a file"),
        (("stats", "--engine", "duckdb"), "--engine: only the reader reads standard input and"),
        (("validate", "--user", "ann"), "fifo: a filter on calls reads the log twice, so it needs"),
    ],
)
def test_what_needs_a_file_says_so(hilt, tmp_path, arguments, said):
    """Before anything is read: nobody writes to this pipe."""
    os.mkfifo(tmp_path / "fifo")

    code, out, err = hilt(*arguments, "fifo")

    assert (code, out) == (2, "")
    assert err.startswith(f"hilt: {said}")
