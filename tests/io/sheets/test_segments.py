"""Segments are read in order, by whole lines, within limits."""

from __future__ import annotations

import json
import os

from hilt.io.sheets.outbox_edits import lines_of
from hilt.io.sheets.segments import chains, read_spans


def line(time: int) -> bytes:
    """A line with a time."""
    return json.dumps({"timestamp": f"2026-01-01T00:00:{time:02d}Z"}).encode() + b"\n"


def test_chain_is_what_one_process_has_written(tmp_path):
    """Its segments follow each other; other files are none."""
    for name in ("a.000002.jsonl", "a.000001.jsonl", "b.000001.jsonl", "state.json", "c.new"):
        (tmp_path / name).write_bytes(b"x")

    assert chains(tmp_path) == {
        "a": [("a.000001.jsonl", 1), ("a.000002.jsonl", 1)],
        "b": [("b.000001.jsonl", 1)],
    }


def test_what_is_no_file_is_no_segment(tmp_path):
    """It would be opened in vain again and again, and nothing behind it be sent."""
    (tmp_path / "a.000001.jsonl").write_bytes(line(1))
    (tmp_path / "copy.jsonl").mkdir()
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.jsonl")

    assert [*chains(tmp_path)] == ["a"]
    assert [text for _, text in read_spans(tmp_path, {}, 10_000, 10)] == [line(1)]
    assert [text for _, text in lines_of(tmp_path)] == [line(1)[:-1]]


def test_lines_are_merged_by_time_from_their_positions(tmp_path):
    """What is sent already is passed over."""
    (tmp_path / "a.1.jsonl").write_bytes(line(1) + line(4))
    (tmp_path / "b.1.jsonl").write_bytes(line(2) + line(3))
    size = len(line(1))

    found = read_spans(tmp_path, {"a.1.jsonl": size}, 10_000, 10)
    assert found == [
        (("b.1.jsonl", 0, size), line(2)),
        (("b.1.jsonl", size, 2 * size), line(3)),
        (("a.1.jsonl", size, 2 * size), line(4)),
    ]


def test_no_line_overtakes_an_earlier_one_that_is_far_behind(tmp_path):
    """An answer that another process has fetched comes behind its question, however long that is."""
    long = json.dumps({"timestamp": "2026-01-01T00:00:01Z", "text": "x" * 5000}).encode() + b"\n"
    (tmp_path / "a.1.jsonl").write_bytes(long * 3 + line(2))
    (tmp_path / "b.1.jsonl").write_bytes(line(3))

    positions, read = {}, []
    while found := read_spans(tmp_path, positions, 6000, 10):
        positions |= {name: end for (name, _, end), _ in found}
        read += [text for _, text in found]
    assert read == [long] * 3 + [line(2), line(3)]


def test_limits_hold(tmp_path):
    """As many lines, bytes and chains as asked for, and one line at least."""
    for name in "abc":
        (tmp_path / f"{name}.1.jsonl").write_bytes(line(1) + line(2) + line(3))

    assert len(read_spans(tmp_path, {}, 10_000, 2)) == 2
    assert len(read_spans(tmp_path, {}, 1, 10)) == 1
    assert len(read_spans(tmp_path, {}, len(line(1)) + 1, 10)) == 2
    assert len(read_spans(tmp_path, {}, 10_000, 10, 2)) == 6


def test_line_without_an_end_is_not_read(tmp_path):
    """It is still being written, or was torn; the process's next segment goes on."""
    (tmp_path / "a.1.jsonl").write_bytes(line(1) + b'{"half')
    (tmp_path / "a.2.jsonl").write_bytes(line(2))

    assert [text for _, text in read_spans(tmp_path, {}, 10_000, 10)] == [line(1), line(2)]


def test_folder_that_is_not_there_holds_nothing(tmp_path):
    """Whoever only reads a log has no outbox."""
    assert chains(tmp_path / "missing") == {}
    assert read_spans(tmp_path / "missing", {}, 10_000, 10) == []
